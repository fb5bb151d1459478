import type { Redis } from 'ioredis';
import { keys } from '../../../schemas/keys.ts';
import { keysBeginning, serverOf } from '../../redis/key-sweep.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { runScript } from '../commit/commit.ts';
import type { ModalGate } from './modal-gates.ts';

const HASHES_AT_ONCE = 1_000;

/** Rewrites only while the policy is still the one of this change, and only hashes that have not expired meanwhile. */
const REWRITE = `#!lua flags=allow-oom
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[2] then return -1 end
local rewritten = 0
for i = 2, #KEYS do
  if redis.call('TYPE', KEYS[i]).ok == 'hash' then
    redis.call('HSET', KEYS[i], 'mode', ARGV[1])
    rewritten = rewritten + 1
  end
end
return rewritten
`;

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
    const rewritten = Number(await runScript(redis, 'portcullisBudgetModes', REWRITE, some, [mode, version]));
    if (rewritten < 0) break;
    count += rewritten;
  }
  return count;
}
