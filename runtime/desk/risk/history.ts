import type { ReturnsBySymbol } from '../../../handlers/common/book-risk/common-returns.ts';
import { type ExtremeDays, extremeDays } from '../../../handlers/common/book-risk/extreme-days.ts';
import { estimate } from '../../../handlers/common/statistics/estimators.ts';
import type { Candle } from '../../../schemas/candle.ts';
import { ClusterStressSettings } from '../../../schemas/cluster-stress.ts';
import { DAY_HOURS, HOUR_MS } from '../../../schemas/duration.ts';
import { MarketStateSettings } from '../../../schemas/market-state.ts';
import type { Market } from '../../market/player/market.ts';

const NOTHING_DROPPED = { unusable: 0, misplaced: 0, frozen: 0 };

interface Series {
  /** By hour; the close is all that is known of an hour. */
  readonly candles: readonly Candle[];
  /** By hour; that of the first hour is not known. */
  readonly returns: Float64Array;
  readonly days: ExtremeDays;
}

/** What was known at the close of each hour of a market, as the market feed with its default settings would have had it. */
export class History {
  readonly market: Market;
  readonly #series: ReadonlyMap<string, Series>;
  readonly #settings = MarketStateSettings.parse({});
  /** How correlations are estimated: as clusters are. */
  readonly correlation = {
    minimum: ClusterStressSettings.parse({}).CLUSTER_MIN_OBSERVATIONS,
    lookback: this.#settings.MARKET_LOOKBACK,
  };

  constructor(market: Market) {
    this.market = market;
    this.#series = new Map(market.symbols.map((symbol) => [symbol, seriesOf(market, symbol)]));
  }

  /** Volatility of a symbol over a day; `undefined` with too few hours, or where nothing moved. */
  sigmaAt(symbol: string, hour: number): number | undefined {
    const { SIGMA_ESTIMATOR, SIGMA_HALF_LIFE, SIGMA_MIN_OBSERVATIONS, MARKET_LOOKBACK } = this.#settings;
    const all = this.#series.get(symbol)?.candles ?? [];
    const candles = all.slice(Math.max(0, hour + 1 - MARKET_LOOKBACK), hour + 1);
    const series = {
      intervalMs: HOUR_MS,
      firstOpenMs: candles[0]?.openMs ?? 0,
      candles,
      dropped: NOTHING_DROPPED,
      newestCloseMs: this.market.closedAtMs(hour),
    };
    const { sigma, observations } = estimate(series, SIGMA_ESTIMATOR, SIGMA_HALF_LIFE);
    return observations >= SIGMA_MIN_OBSERVATIONS && sigma > 0 ? sigma * Math.sqrt(DAY_HOURS) : undefined;
  }

  /** The worst and the best day of a symbol up to the close of an hour; undefined before the first whole day. */
  daysAt(symbol: string, hour: number) {
    const days = this.#series.get(symbol)?.days;
    const known = (value: number | undefined) => (value === undefined || Number.isNaN(value) ? undefined : value);
    return { worstDay: known(days?.worst[hour]), bestDay: known(days?.best[hour]) };
  }

  /** Hourly log returns up to the close of an hour, by symbol. */
  returnsAt(hour: number): ReturnsBySymbol {
    return new Map([...this.#series].map(([symbol, { returns }]) => [symbol, returns.subarray(0, hour + 1)]));
  }
}

function seriesOf(market: Market, symbol: string): Series {
  const closes = Array.from({ length: market.hours }, (_, hour) => market.close(symbol, hour));
  const returns = Float64Array.from(closes, (close, hour) => Math.log(close / (closes[hour - 1] ?? Number.NaN)));
  return {
    returns,
    days: extremeDays(returns),
    candles: closes.map((close, hour) => {
      const openMs = market.closedAtMs(hour) - HOUR_MS;
      return { openMs, open: close, high: close, low: close, close, volume: undefined };
    }),
  };
}
