import { z } from 'zod';
import { type Candle, type CandleInterval, candleIntervals, marketSettings, parseCandle } from './candle.ts';
import { DAY_SEC } from './duration.ts';
import { Identifier } from './identifier.ts';
import { figure } from './portfolio-state.ts';
import { parsePositive } from './position.ts';
import { alternatives, choiceSetting, integerSetting, numberAboveSetting, quoted } from './setting.ts';
import { parseTimeMs } from './time.ts';
import { parseBoolean } from './wire.ts';

/** How a volatility is estimated from candles; docs/feeds.md, Market state, has the formulas. */
export const sigmaEstimators = ['close_to_close', 'ewma', 'parkinson', 'garman_klass'] as const;
export type SigmaEstimator = (typeof sigmaEstimators)[number];

/** Why a symbol has no sigma; of several, the first in this order. */
export const sigmaGaps = ['not_trading', 'no_candles', 'candles_stale', 'too_few_observations', 'no_movement'] as const;
export type SigmaGap = (typeof sigmaGaps)[number];

/** The settings by which both market feeds read candles. */
export const candleSettings = {
  ...marketSettings,
  MARKET_FROZEN_CANDLES: integerSetting(2, 10_000, 6),
  MARKET_STALE_CANDLES: integerSetting(1, 10_000, 3),
} as const;

const SettingsShape = z.object({
  ...candleSettings,
  SIGMA_ESTIMATOR: choiceSetting(sigmaEstimators, 'ewma'),
  SIGMA_HALF_LIFE: numberAboveSetting(0, 10_000, 24),
  SIGMA_MIN_OBSERVATIONS: integerSetting(2, 1499, 24),
  MARKET_TTL_SEC: integerSetting(60, DAY_SEC, 900),
});

/** Settings of the market state: lengths in candles, lives in seconds. */
export type MarketStateSettings = z.output<typeof SettingsShape>;

/** The documented names of the market state's settings. */
export const marketStateSettingNames: readonly string[] = Object.keys(SettingsShape.shape);

/** Parses the settings of the market state and checks that the look-back can hold the observations asked for. */
export const MarketStateSettings = SettingsShape.superRefine((settings, context) => {
  if (settings.SIGMA_MIN_OBSERVATIONS < settings.MARKET_LOOKBACK) return;
  const message = `expected less than MARKET_LOOKBACK (${settings.MARKET_LOOKBACK}), got ${settings.SIGMA_MIN_OBSERVATIONS}`;
  context.addIssue({ code: 'custom', path: ['SIGMA_MIN_OBSERVATIONS'], message });
});

/** The length of a candle as an entry names it. */
export const Interval = z.string().transform((text, context): CandleInterval => {
  const interval = candleIntervals.find((name) => name === text.trim());
  if (interval !== undefined) return interval;
  context.addIssue({ code: 'custom', message: `expected ${alternatives(candleIntervals)}, got ${quoted(text)}` });
  return z.NEVER;
});

/** A reading of one symbol's market, as the collector hands it on. */
export interface MarketReading {
  readonly symbol: string;
  /** The length of the stored candles. */
  readonly interval: CandleInterval;
  /** US dollars, above 0; undefined when the exchange gave no usable one. */
  readonly markPrice: number | undefined;
  /** How old the mark was when it was read, ms by the exchange's own clock; 0 when that is not known. */
  readonly markAgeMs: number;
  /** Unix ms by Redis's clock, just before the exchange was asked; undefined when that is not known. */
  readonly takenMs: number | undefined;
  /** Whether the exchange trades the symbol; undefined when that is not known. */
  readonly trading: boolean | undefined;
  /** Whether a position is held in it. */
  readonly held: boolean;
  /** The candle that is running, its close the last price; undefined when it is not known. */
  readonly openCandle: Candle | undefined;
  /** What its orders have to keep to. */
  readonly filters: OrderFilters;
}

/** The exchange's filters of a symbol: a price and a quantity are multiples of tick and step; US dollars, each above 0, undefined where it is not known. */
export interface OrderFilters {
  readonly tickSize: number | undefined;
  readonly stepSize: number | undefined;
  readonly minNotionalUsd: number | undefined;
}

const filterShape = {
  tick_size: z.string().optional(),
  step_size: z.string().optional(),
  min_notional_usd: z.string().optional(),
};

/** Parses an entry of `feed.market`. */
export const MarketReading: z.ZodType<MarketReading> = z
  .object({
    symbol: Identifier,
    interval: Interval,
    mark_price: z.string().optional(),
    mark_ms: z.string().optional(),
    read_ms: z.string().optional(),
    taken_ms: z.string().optional(),
    trading: z.string().optional(),
    held: z.string().optional(),
    open_ms: z.string().optional(),
    open_candle: z.string().optional(),
    ...filterShape,
  })
  .transform((entry) => ({
    symbol: entry.symbol,
    interval: entry.interval,
    markPrice: parsePositive(entry.mark_price),
    markAgeMs: ageOf(parseTimeMs(entry.mark_ms), parseTimeMs(entry.read_ms)),
    takenMs: parseTimeMs(entry.taken_ms),
    trading: entry.trading?.trim() ? parseBoolean(entry.trading) : undefined,
    held: entry.held?.trim() ? parseBoolean(entry.held) === true : false,
    openCandle: parseCandle(entry.open_ms ?? '', entry.open_candle ?? ''),
    filters: readFilters(entry),
  }));

/** The filters that fields say. */
export function readFilters(
  fields: { readonly [name in keyof typeof filterShape]?: string | undefined },
): OrderFilters {
  return {
    tickSize: parsePositive(fields.tick_size),
    stepSize: parsePositive(fields.step_size),
    minNotionalUsd: parsePositive(fields.min_notional_usd),
  };
}

/** The fields that say filters; one that is not known is left out. */
export function filterFields({ tickSize, stepSize, minNotionalUsd }: OrderFilters): Record<string, string> {
  return {
    ...figure('tick_size', tickSize),
    ...figure('step_size', stepSize),
    ...figure('min_notional_usd', minNotionalUsd),
  };
}

function ageOf(atMs: number | undefined, readMs: number | undefined): number {
  return atMs === undefined || readMs === undefined ? 0 : Math.max(0, readMs - atMs);
}
