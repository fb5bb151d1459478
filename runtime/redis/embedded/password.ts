import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { askServer, connectTo, type RedisAddress, type ServerFacts } from '../connection/address.ts';
import { RedisProblem } from '../problem.ts';
import { socketPathOf } from './data-folder.ts';

const BYTES = 32;
const SHORTEST = 16;
const PROBE_TIMEOUT_MS = 1_000;

/** The file with the password of the Redis of a data folder. */
function passwordFileOf(dataFolder: string): string {
  return join(dataFolder, 'redis.password');
}

/** The file with the `REDIS_URL`, password included, by which other programs reach the Redis of a data folder. */
export function urlFileOf(dataFolder: string): string {
  return join(dataFolder, 'redis.url');
}

/** The password of the Redis of a data folder, of 256 random bits; made when there is none. Throws for one that is too short. */
export function passwordOf(dataFolder: string): string {
  const known = knownPassword(dataFolder);
  if (known !== undefined) return known;
  const file = passwordFileOf(dataFolder);
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${randomBytes(BYTES).toString('base64url')}\n`, { mode: 0o600 });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return passwordOf(dataFolder);
}

/** Where the Redis of a data folder is reached by us: its socket, with the password if there is one yet. */
export function ownAddress(dataFolder: string): Extract<RedisAddress, { path: string }> {
  const password = knownPassword(dataFolder);
  return { path: socketPathOf(dataFolder), ...(password !== undefined && { password }) };
}

/** Writes down, as every client reads it, how other programs reach the Redis of a data folder: on this loopback port, or by its socket when it is 0. */
export function writeUrl(dataFolder: string, port: number): void {
  const login = `default:${encodeURIComponent(passwordOf(dataFolder))}`;
  const url = port === 0 ? `unix://${login}@${socketPathOf(dataFolder)}` : `redis://${login}@127.0.0.1:${port}`;
  const draft = `${urlFileOf(dataFolder)}.${process.pid}`;
  writeFileSync(draft, `${url}\n`, { mode: 0o600 });
  renameSync(draft, urlFileOf(dataFolder));
}

/** Whether the server of a data folder answers without a password, as an earlier version started it. */
export async function isOpen(dataFolder: string): Promise<boolean> {
  return askServer({ path: socketPathOf(dataFolder) }, PROBE_TIMEOUT_MS).then(
    () => true,
    () => false,
  );
}

/** Gives a server that has no password the one of its data folder, and cuts off everybody who came without. */
export async function closeServer(dataFolder: string, facts: ServerFacts): Promise<void> {
  const redis = connectTo({ path: socketPathOf(dataFolder) }, { retryStrategy: () => null });
  redis.on('error', () => undefined);
  try {
    await redis.config('SET', 'requirepass', passwordOf(dataFolder));
    for (const type of ['NORMAL', 'PUBSUB']) await redis.call('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes');
    const [, port] = (await redis.config('GET', 'port')) as string[];
    writeUrl(dataFolder, Number(port));
  } finally {
    redis.disconnect();
  }
  await askServer(ownAddress(dataFolder), PROBE_TIMEOUT_MS).catch((error: Error) => {
    throw new RedisProblem(`expected process ${facts.processId} to take its password, got ${error.message}`);
  });
}

/** That the server of a data folder refuses the password of its file. */
export function refusedPassword(dataFolder: string, said: string): RedisProblem {
  return new RedisProblem(
    `expected the Redis at ${socketPathOf(dataFolder)} to take the password in ${passwordFileOf(dataFolder)}, ` +
      `got ${said}. Stop that server, or put its password back`,
  );
}

function knownPassword(dataFolder: string): string | undefined {
  const file = passwordFileOf(dataFolder);
  try {
    const password = readFileSync(file, 'utf8').trim();
    chmodSync(file, 0o600);
    if (password.length >= SHORTEST) return password;
    throw new RedisProblem(
      `${file}: expected a password of ${SHORTEST} characters or more, got ${password.length}. ` +
        'With Portcullis stopped, delete the file: the next start makes another',
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
