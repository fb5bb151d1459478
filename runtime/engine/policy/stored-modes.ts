import type { Redis } from 'ioredis';
import { keys } from '../../../schemas/keys.ts';
import { keysBeginning, serverOf } from '../../redis/key-sweep.ts';
import { luaScript, runScript } from '../../redis/lua.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import type { ModalGate } from './modal-gates.ts';

const HASHES_AT_ONCE = 1_000;

const REWRITE = luaScript('portcullisBudgetModes', new URL('./stored-modes.lua', import.meta.url));

/**
 * Writes the mode of a gate into every hash that carries it, and answers how many there were (contract §3: back to shadow
 * takes effect at once). A later change of mode, whose policy has another version, ends it.
 */
export async function rewriteStoredModes(
  redis: Redis,
  portfolio: Portfolio,
  { gate, modes: { storedIn } }: ModalGate,
  mode: string,
  version: string,
): Promise<number> {
  if (storedIn === undefined) return 0;
  const policy = portfolio.key(keys.policy(gate));
  const found = await keysBeginning(redis, await serverOf(redis), portfolio.key(storedIn));
  const hashes = [...new Set(found)];
  let count = 0;
  for (let from = 0; from < hashes.length; from += HASHES_AT_ONCE) {
    const some = [policy, ...hashes.slice(from, from + HASHES_AT_ONCE)];
    const rewritten = Number(await runScript(redis, REWRITE, some, [mode, version]));
    if (rewritten < 0) break;
    count += rewritten;
  }
  return count;
}
