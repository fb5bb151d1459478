import { exposureOf } from '../../../handlers/common/exposure.ts';
import { knownExposure } from '../../../handlers/common/known-exposure.ts';
import { reservationsAt } from '../../../handlers/common/reservations.ts';
import type { HashFact } from '../../../handlers/contract/reads.ts';
import type { StrategyNow } from '../../../schemas/api/strategy.ts';
import { DEFAULT_STRATEGY } from '../../../schemas/asker.ts';
import { keys } from '../../../schemas/keys.ts';
import { round10 } from '../../../schemas/number.ts';
import { fieldsOf } from '../../../schemas/wire.ts';
import { portfolioNowMs } from '../../redis/clock.ts';
import { viewsNow } from '../positions/views-now.ts';
import { governorSettings, type StrategyDeps } from './pause.ts';

/** The strategies that limits name, and those that keep room under the caps, by name, as the governor judges by them. */
export async function strategiesNow(deps: StrategyDeps): Promise<StrategyNow[]> {
  const { redis, portfolio } = deps;
  const settings = await governorSettings(deps);
  const nowMs = await portfolioNowMs(redis, portfolio);
  const exposure = exposureOf(await viewsNow(redis, portfolio), settings, nowMs).value;
  const { reportOf } = knownExposure(exposure, await hashNow(deps, keys.portfolioState), settings, nowMs);
  const { live } = reservationsAt(await hashNow(deps, keys.reserved), reportOf, nowMs);
  const paused = settings.GOV_STRATEGY_PAUSED ?? new Set<string>();
  const names = new Set([...paused, ...live.map(({ strategy = DEFAULT_STRATEGY }) => strategy)]);
  return [...names].sort().map((strategy) => {
    const own = live.filter((one) => (one.strategy ?? DEFAULT_STRATEGY) === strategy);
    return {
      strategy,
      state: paused.has(strategy) ? 'paused' : 'active',
      reserved: own.length,
      reserved_usd: round10(own.reduce((sum, { notional_usd }) => sum + notional_usd, 0)),
    };
  });
}

/** A hash as a gate is given it. */
async function hashNow({ redis, portfolio }: StrategyDeps, name: string): Promise<HashFact> {
  const key = portfolio.key(name);
  const type = await redis.type(key);
  if (type !== 'hash') return { fields: null, wrongType: type !== 'none' };
  return { fields: fieldsOf(Object.entries(await redis.hgetall(key)).flat()), wrongType: false };
}
