import { DAY_HOURS, HOUR_MS } from '../../schemas/duration.ts';
import type { MarketReading, MarketStateSettings as Settings, SigmaGap } from '../../schemas/market-state.ts';
import { formatNumber, round10 } from '../../schemas/number.ts';
import { parsePositive } from '../../schemas/position.ts';
import { type CandleSeries, isStaleSeries } from '../common/statistics/candle-series.ts';
import type { Estimate } from '../common/statistics/estimators.ts';
import { regimeOfHourly } from '../common/vol-regime.ts';
import type { HashFact } from '../contract/reads.ts';

/** What the candles of a symbol say of its volatility: hourly, `kept` where they say none and it is the last one of a symbol that is held; or why there is none. */
export type Sigma =
  | { readonly hourly: number; readonly kept?: SigmaGap; readonly daily?: number | undefined }
  | { readonly gap: SigmaGap };

interface SigmaCtx {
  readonly settings: Settings;
  readonly facts: { readonly before: HashFact };
  readonly nowMs: number;
}

/** What there is to say of the volatility of a symbol, from the estimate by its candles and the state of before. */
export function sigmaOf(reading: MarketReading, series: CandleSeries, estimated: Estimate, ctx: SigmaCtx): Sigma {
  const hourly = hourlyOf(estimated.sigma, series);
  const gap = gapOf(reading, series, estimated, ctx);
  if (gap === undefined) return hourly === undefined ? held(reading, 'no_movement', undefined, ctx) : { hourly };
  const enough = gap === 'not_trading' || estimated.observations >= ctx.settings.SIGMA_MIN_OBSERVATIONS;
  return held(reading, gap, enough ? hourly : undefined, ctx);
}

/** Why the candles of a symbol say no volatility; of several reasons the first. */
function gapOf(
  reading: MarketReading,
  series: CandleSeries,
  { observations }: Estimate,
  { settings, nowMs }: SigmaCtx,
): SigmaGap | undefined {
  if (reading.trading === false) return 'not_trading';
  if (series.candles.length === 0) return 'no_candles';
  if (isStaleSeries(series, settings.MARKET_STALE_CANDLES, nowMs)) return 'candles_stale';
  return observations < settings.SIGMA_MIN_OBSERVATIONS ? 'too_few_observations' : undefined;
}

/** While a symbol is held, the sigma that was printed last, to its digits: without one it would leave the heat. Where nobody remembers it, that of the candles there are. */
function held(reading: MarketReading, gap: SigmaGap, ofCandles: number | undefined, { facts }: SigmaCtx): Sigma {
  if (!reading.held) return { gap };
  const { fields } = facts.before;
  const printed = parsePositive(fields?.sigma);
  const hourly = printed ?? ofCandles;
  if (hourly === undefined) return { gap };
  const daily = printed === undefined ? undefined : parsePositive(fields?.sigma_1d);
  return { hourly, kept: gap, daily };
}

function hourlyOf(sigma: number, { intervalMs }: CandleSeries): number | undefined {
  const hourly = sigma * Math.sqrt(HOUR_MS / intervalMs);
  return round10(hourly) > 0 ? hourly : undefined;
}

/** Why a state has no volatility, or one of before; `ok` where it is of now. */
export function reasonOf(sigma: Sigma): SigmaGap | 'ok' {
  return 'gap' in sigma ? sigma.gap : (sigma.kept ?? 'ok');
}

/** The fields of the volatility in the state of a market. */
export function sigmaFields(sigma: Sigma): Record<string, string> {
  if ('gap' in sigma) return { reason: reasonOf(sigma) };
  return {
    sigma: formatNumber(sigma.hourly),
    sigma_horizon_sec: '3600',
    sigma_1d: formatNumber(sigma.daily ?? sigma.hourly * Math.sqrt(DAY_HOURS)),
    vol_regime: regimeOfHourly(sigma.hourly),
    reason: reasonOf(sigma),
  };
}
