import { createHmac, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { messageOf } from '../../engine/lane/judging.ts';
import { SettingsError } from '../../settings/load.ts';

/** Characters that a key has at least. */
const SHORTEST_KEY = 32;

/** The key of a file, blanks around it cut off; throws an `Error` that says what was expected. */
function readLedgerKey(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new Error(`LEDGER_KEY_FILE: expected a file that can be read, got ${path}: ${(error as Error).message}`);
  }
  if (text.length >= SHORTEST_KEY) return text;
  throw new Error(
    `LEDGER_KEY_FILE: expected a key of ${SHORTEST_KEY} characters or more in ${path}, got ${text.length}: openssl rand -hex 32 makes one`,
  );
}

/** The key that the settings of a process name, if any; throws a `SettingsError` where it cannot be used. */
export function ledgerKeyOf(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readLedgerKey(path);
  } catch (error) {
    throw new SettingsError([messageOf(error)], []);
  }
}

/** The mark of a key on some values: HMAC-SHA-256 over their JSON text, hexadecimal. */
export function markOf(key: string, values: readonly (string | number)[]): string {
  return createHmac('sha256', key).update(JSON.stringify(values)).digest('hex');
}

/** Whether a mark is the one that the key gives. */
export function isMarked(mark: string, key: string, values: readonly (string | number)[]): boolean {
  const [wanted, found] = [Buffer.from(markOf(key, values)), Buffer.from(mark)];
  return wanted.length === found.length && timingSafeEqual(wanted, found);
}
