import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { FactsOf, Read } from '../../../handlers/contract/reads.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { type FactViews, readFacts } from '../lane/facts.ts';
import { modeInForce } from '../policy/mode-watch.ts';
import type { SettingsInForce } from '../policy/settings-in-force.ts';
import type { Looked } from '../status/types.ts';

/** What a look is taken with. */
export interface LookDeps {
  readonly redis: Redis;
  readonly portfolio: Portfolio;
  readonly views: FactViews;
  /** The mode of a gate where none that it can be in is stored. */
  readonly modeOf: (gate: string) => string;
  readonly inForceOf: (handler: AnyHandler) => SettingsInForce;
}

/** Reads facts as a handler reads them, without a message and without holding anything. */
export async function look<R extends Readonly<Record<string, Read<unknown>>>>(
  { redis, portfolio, views, modeOf, inForceOf }: LookDeps,
  handler: AnyHandler,
  reads: R,
): Promise<Looked<FactsOf<R>>> {
  const { gate, modes, name } = handler;
  const about = { gate, tokenKey: portfolio.key(runtimeKeys.token(name)), reads: [reads] };
  const found = await readFacts(redis, portfolio, views, about);
  const settings = inForceOf(handler).of(found.policySettings);
  const mode = modeInForce(found.mode, modes?.values, modeOf(gate));
  return { facts: found.of(reads, settings) as FactsOf<R>, settings, mode, nowMs: found.nowMs };
}
