import type { Redis } from 'ioredis';
import { keys } from '../../../schemas/keys.ts';
import { keysBeginning, serverOf } from '../../redis/key-sweep.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { runScript } from '../commit/commit.ts';

const BUDGETS_AT_ONCE = 1_000;

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
 * Writes the mode into every stored budget of the portfolio and answers how many there were (contract §3: back to
 * shadow takes effect at once). A later change of mode, whose policy has another version, ends it.
 */
export async function rewriteBudgetModes(
  redis: Redis,
  portfolio: Portfolio,
  mode: string,
  version: string,
): Promise<number> {
  const policy = portfolio.key(keys.policy('risk-governor'));
  const found = await keysBeginning(redis, await serverOf(redis), portfolio.key(keys.budget('')));
  const budgets = [...new Set(found)];
  let count = 0;
  for (let from = 0; from < budgets.length; from += BUDGETS_AT_ONCE) {
    const some = [policy, ...budgets.slice(from, from + BUDGETS_AT_ONCE)];
    const rewritten = Number(await runScript(redis, 'portcullisBudgetModes', REWRITE, some, [mode, version]));
    if (rewritten < 0) break;
    count += rewritten;
  }
  return count;
}
