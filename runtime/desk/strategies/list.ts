import type { Redis } from 'ioredis';
import { type Exposure, exposureOf } from '../../../handlers/common/exposure.ts';
import { SWITCHES_GATE } from '../../../handlers/common/governor-events.ts';
import { type KnownExposure, knownExposure } from '../../../handlers/common/known-exposure.ts';
import { type Reservations, reservationsAt } from '../../../handlers/common/reservations.ts';
import { ofStrategy, type StrategyUse, shareUsd, strategyUse } from '../../../handlers/common/strategy-use.ts';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { computed } from '../../../handlers/contract/reads.ts';
import type { Strategies, StrategyNow } from '../../../schemas/api/strategy.ts';
import { DEFAULT_STRATEGY } from '../../../schemas/asker.ts';
import { HOUR_MS } from '../../../schemas/duration.ts';
import type { GovernorSettings } from '../../../schemas/governor.ts';
import { keys } from '../../../schemas/keys.ts';
import { round10 } from '../../../schemas/number.ts';
import { limitsUse, strategiesNamed } from '../../../schemas/strategy-limits.ts';
import { limitOf } from '../../../schemas/symbol-setting.ts';
import type { Runtime } from '../../engine/status/types.ts';
import { handlerNamed } from '../../engine/streams/known.ts';
import { portfolioNowMs } from '../../redis/clock.ts';
import { hashFact } from '../../redis/facts-now.ts';
import { isWrongType } from '../../redis/problem.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { viewsNow } from '../positions/views-now.ts';
import { governorSettings, type StrategyDeps } from './pause.ts';

/** What strategies are seen in at one moment. */
interface Seen {
  readonly settings: GovernorSettings;
  readonly reservations: Reservations;
  /** Undefined where nothing that strategies hold is limited. */
  readonly use: StrategyUse | undefined;
  readonly nowMs: number;
}

/** The positions of a portfolio as caps count them, by these settings at this moment (Unix ms). */
export type ExposureNow = (settings: GovernorSettings, nowMs: number) => Promise<Exposure>;

/** Positions that are read once, for a process that keeps none: it walks all keys of the portfolio. */
export function exposureRead(redis: Redis, portfolio: Portfolio): ExposureNow {
  return async (settings, nowMs) => exposureOf(await viewsNow(redis, portfolio), settings, nowMs).value;
}

/** Positions from what a running process keeps of them anyway. */
export function exposureKept(
  runtime: Pick<Runtime, 'look'>,
  portfolio: Portfolio,
  handlers: readonly AnyHandler[],
): ExposureNow {
  const reads = { exposure: computed(exposureOf) };
  return async () => (await runtime.look(portfolio, handlerNamed(handlers, SWITCHES_GATE), reads)).facts.exposure;
}

/** The strategies that limits name, that hold something, or that keep room under the caps, by name, as the governor judges by them. */
export async function strategiesNow(deps: StrategyDeps, exposureNow: ExposureNow): Promise<Strategies> {
  const { redis, portfolio } = deps;
  const settings = await governorSettings(deps);
  const nowMs = await portfolioNowMs(redis, portfolio);
  const factOf = (name: string) => hashFact(redis, portfolio.key(name));
  const exposure = knownExposure(
    await exposureNow(settings, nowMs),
    await factOf(keys.portfolioState),
    settings,
    nowMs,
  );
  const reserved = await factOf(keys.reserved);
  const reservations = reservationsAt(reserved, exposure.reportOf, nowMs);
  const use = limitsUse(settings)
    ? strategyUse(await factOf(keys.strategyUse), reserved, reservations, exposure.reportOf)
    : undefined;
  const seen = { settings, reservations, use, nowMs };
  const names = new Set([
    ...strategiesNamed(settings),
    ...reservations.live.map(({ strategy = DEFAULT_STRATEGY }) => strategy),
    ...(use?.held ?? []).map(({ strategy }) => strategy),
  ]);
  const strategies = await Promise.all([...names].sort().map((name) => strategyNow(deps, name, seen)));
  return { strategies, ...(use && { unattributed_usd: unattributedUsd(use, exposure) }) };
}

async function strategyNow(deps: StrategyDeps, strategy: string, seen: Seen): Promise<StrategyNow> {
  const { settings, reservations, use } = seen;
  const own = ofStrategy(strategy, use ?? { held: [], readable: false }, reservations);
  const rate = settings.GOV_STRATEGY_MAX_PERMITS_PER_HOUR;
  const used = {
    ...(use && {
      symbols: use.readable ? own.symbols : null,
      held_usd: use.readable && own.isPriced ? own.heldUsd : null,
    }),
    ...(rate && { permits_hour: await permitsInHour(deps, strategy, seen.nowMs) }),
  };
  const limits = {
    share_pct: limitOf(settings.GOV_STRATEGY_MAX_SHARE_PCT, strategy),
    max_usd: shareUsd(settings, strategy),
    max_positions: limitOf(settings.GOV_STRATEGY_MAX_POSITIONS, strategy),
    max_permits_hour: limitOf(rate, strategy),
  };
  return {
    strategy,
    state: settings.GOV_STRATEGY_PAUSED?.has(strategy) === true ? 'paused' : 'active',
    reserved: own.reserved,
    reserved_usd: own.reservedUsd,
    ...(Object.keys(used).length > 0 && { used }),
    ...(Object.values(limits).some((limit) => limit !== undefined) && { limits }),
  };
}

/** What is held that is no strategy's: a symbol's position less what strategies have of it; null where that is not known. */
function unattributedUsd({ held, readable }: StrategyUse, exposure: KnownExposure): number | null {
  if (!readable || !exposure.known || exposure.unpriced.length > 0) return null;
  const rest = exposure.held.map(({ symbol, notionalUsd = 0 }) => {
    const own = held.filter((one) => one.symbol === symbol).reduce((sum, { usd = 0 }) => sum + usd, 0);
    return Math.max(0, notionalUsd - own);
  });
  return round10(rest.reduce((sum, usd) => sum + usd, 0));
}

async function permitsInHour({ redis, portfolio }: StrategyDeps, strategy: string, nowMs: number) {
  try {
    return await redis.zcount(portfolio.key(keys.strategyPermits(strategy)), `(${nowMs - HOUR_MS}`, '+inf');
  } catch (error) {
    if (isWrongType(error)) return null;
    throw error;
  }
}
