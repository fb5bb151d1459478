import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { errorText, RedisProblem } from '../problem.ts';

/** A unix socket's path has room for 108 bytes on Linux and 104 on macOS, the closing zero included. */
const LONGEST_SOCKET_PATH = 100;

/** The unix socket of the Redis of a data folder: inside it, or under the temporary folder when that path is too long. */
export function socketPathOf(dataFolder: string): string {
  const inside = join(dataFolder, 'redis.sock');
  if (Buffer.byteLength(inside) <= LONGEST_SOCKET_PATH) return inside;
  const name = createHash('sha256').update(dataFolder).digest('hex').slice(0, 16);
  return join(tmpdir(), `portcullis-${name}`, 'redis.sock');
}

/** Makes the data folder and the folder of its socket, for this user alone; throws when they cannot be trusted. */
export function prepareDataFolder(dataFolder: string): void {
  for (const folder of new Set([dataFolder, dirname(socketPathOf(dataFolder))])) makePrivate(folder);
}

function makePrivate(folder: string): void {
  try {
    makeWithParents(folder);
  } catch (error) {
    throw new RedisProblem(`expected to write to the data folder ${folder}, got ${errorText(error)}. ${WAY_OUT}`);
  }
  const found = lstatSync(folder);
  const isOurs = process.getuid === undefined || found.uid === process.getuid();
  if (!found.isDirectory() || !isOurs) {
    throw new RedisProblem(`expected ${folder} to be a folder of this user, got something else. ${WAY_OUT}`);
  }
  if ((found.mode & 0o077) !== 0) chmodSync(folder, 0o700);
}

/** Node's own `recursive` never returns where a folder takes no new ones and says ENOENT, as /proc does. */
function makeWithParents(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(folder) === folder) throw error;
    makeWithParents(dirname(folder));
    mkdirSync(folder, { mode: 0o700 });
  }
}

const WAY_OUT = 'Set PORTCULLIS_DATA_DIR to another folder';
