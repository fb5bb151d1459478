import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../handlers/common/handler.ts';
import type { FactsOf, Read } from '../../handlers/common/reads.ts';
import { runtimeKeys } from '../../schemas/keys.ts';
import type { Portfolio } from '../portfolio.ts';
import type { Looked } from '../types.ts';
import { type FactViews, readFacts } from './facts.ts';
import { modeInForce } from './mode-watch.ts';
import type { SettingsInForce } from './settings-in-force.ts';

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
