import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';

/** A program that acts as a Redis server when it is started under the name `argv0`. */
export interface ServerProgram {
  readonly path: string;
  readonly argv0: string;
}

const SERVER_NAMES = ['redis-server', 'valkey-server'];
/** On Debian the tools alone hold the server too: it goes by the name it is started under. */
const SERVER_BY_ANOTHER_NAME = 'redis-check-rdb';

/** The Redis (or Valkey) server of this machine, or `undefined` when there is none. */
export function findServer(searchPath: readonly string[]): ServerProgram | undefined {
  for (const name of SERVER_NAMES) {
    const path = findProgram(name, searchPath);
    if (path !== undefined) return { path, argv0: name };
  }
  const path = findProgram(SERVER_BY_ANOTHER_NAME, searchPath);
  return path === undefined ? undefined : { path, argv0: 'redis-server' };
}

/** The path of a program in these folders, the first that has it, or `undefined`. */
export function findProgram(name: string, searchPath: readonly string[]): string | undefined {
  return searchPath.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
