import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';

/** Where the operator's token is found: in `ADMIN_TOKEN`, on this terminal, in a file, or nowhere. */
export type TokenPlace =
  | { readonly at: 'environment' }
  | { readonly at: 'terminal'; readonly token: string }
  | { readonly at: 'file'; readonly path: string }
  | { readonly at: 'nowhere' };

interface Process {
  readonly stdout: { readonly isTTY?: boolean };
  readonly stderr: { readonly isTTY?: boolean };
}

/** Whether credentials may be printed: only where a person reads both outputs on a terminal, and no log keeps them. */
export function readsAtTerminal({ stdout, stderr }: Process = process): boolean {
  return stdout.isTTY === true && stderr.isTTY === true;
}

/** What the place of a token rests on. */
export interface Telling {
  readonly atTerminal: boolean;
  readonly dataFolder: string;
  /** `HTTP_PORT`: processes with one data folder have a file each. */
  readonly port: number;
  readonly log: Pick<Logger, 'warn'>;
}

/**
 * Where to look for the token that was made for this process (`undefined`: none was). Without a terminal it goes to
 * `admin-token-PORT` in the data folder, which only the user of the process can read; never to a log.
 */
export async function placeOf(madeToken: string | undefined, telling: Telling): Promise<TokenPlace> {
  if (madeToken === undefined) return { at: 'environment' };
  if (telling.atTerminal) return { at: 'terminal', token: madeToken };
  const path = join(telling.dataFolder, `admin-token-${telling.port}`);
  try {
    await mkdir(telling.dataFolder, { recursive: true, mode: 0o700 });
    // A new file: one that lies there may be a link elsewhere, or open to others.
    await rm(path, { force: true });
    await writeFile(path, `${madeToken}\n`, { mode: 0o600, flag: 'wx' });
    return { at: 'file', path };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    telling.log.warn(`the token made for this process could not be written to ${path} (${code ?? 'unknown error'})`);
    return { at: 'nowhere' };
  }
}
