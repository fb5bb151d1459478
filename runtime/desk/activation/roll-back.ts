import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { RolledBack } from '../../../schemas/api/activation.ts';
import { type Change, Refusal } from '../../engine/commit/operation.ts';
import { awaitFollowers } from '../../engine/policy/followers.ts';
import { readInForce } from '../../engine/policy/in-force.ts';
import { modeProblem, setMode } from '../../engine/policy/modes.ts';
import { redisNowMs } from '../../redis/clock.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { endActivation } from './end.ts';
import { activatedGate } from './gates.ts';
import { WAITS_MS } from './rehearsal.ts';

/**
 * Puts a gate back into the mode in which it only shows what it would do, by the same operation as a change of mode, and
 * waits until every running worker goes by it. Needs no worker. A watch of an activation ends with it. Throws a `Refusal`
 * for a governor in `dry_run`, whose permits would begin to count.
 */
export async function rollBack(
  redis: Redis,
  portfolio: Portfolio,
  handlers: readonly AnyHandler[],
  name: string,
  change: Change,
): Promise<RolledBack> {
  const about = activatedGate(handlers, name);
  const { gate, resting, enforcing } = about;
  const { mode = '' } = (await readInForce(redis, portfolio, gate)).fields;
  if (mode !== resting && mode !== enforcing && modeProblem(about, mode, {}) === undefined) {
    throw new Refusal(`${gate} is in ${mode}, which has less effect than ${resting}: there is nothing to roll back`);
  }
  const sinceMs = await redisNowMs(redis);
  const changed = await setMode(redis, portfolio, about, resting, change);
  const { actor, reason } = change;
  const ending = { actor, reason: `rolled back by ${actor}: ${reason}` };
  await endActivation(redis, portfolio, about, { state: 'ended', change: ending, decisions: undefined });
  const followers = await awaitFollowers(redis, portfolio, gate, { sinceMs, withinMs: WAITS_MS });
  return { ...changed, ...followers };
}
