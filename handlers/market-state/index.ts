import { plan } from '../../schemas/api/streams/described.ts';
import { keys, streams } from '../../schemas/keys.ts';
import {
  filterFields,
  MarketReading,
  MarketStateSettings,
  marketStateSettingNames,
  type MarketStateSettings as Settings,
  sigmaGaps,
} from '../../schemas/market-state.ts';
import { formatNumber } from '../../schemas/number.ts';
import { streamIdMs, toEpochSeconds } from '../../schemas/time.ts';
import { type CandleSeries, candleDrops, candleSeries } from '../common/statistics/candle-series.ts';
import { type Estimate, estimate } from '../common/statistics/estimators.ts';
import {
  observationsOf,
  parseRunning,
  type RunningReturns,
  runningReturns,
} from '../common/statistics/running-candle.ts';
import { type Count, type LogLine, nothing, type Outcome } from '../contract/effects.ts';
import { type Ctx, defineHandler, stream } from '../contract/handler.ts';
import { type FactsOf, type HashFact, hash } from '../contract/reads.ts';
import { reasonOf, type Sigma, sigmaFields, sigmaOf } from './sigma.ts';

type Facts = FactsOf<ReturnType<typeof readsOf>>;
type MarketCtx = Ctx<Settings, Facts>;

export default defineHandler<MarketReading, Settings, ReturnType<typeof readsOf>>({
  name: 'market-state',
  gate: 'feeds',
  decides: false,
  summary: 'Keeps the volatility, its regime and the mark price of each symbol from its candles and marks.',
  on: stream(streams.feedMarket, { group: 'market_state' }),
  message: MarketReading,
  settings: MarketStateSettings,
  settingNames: marketStateSettingNames,
  input: {
    summary: 'Readings of a symbol’s market',
    fields: {
      symbol: plan.symbol,
      interval: 'Length of a candle',
      'mark_price?': 'US dollars',
      'mark_ms?': 'Unix ms of the mark, by the exchange',
      'read_ms?': 'Unix ms of the reading, by the exchange',
      'taken_ms?': 'Unix ms',
      'trading?': 'A boolean',
      'held?': 'A boolean',
      'open_ms?': 'Unix ms at which the candle that is running opened',
      'open_candle?': 'That candle so far: `open,high,low,last,volume`',
      'tick_size?': 'US dollars of which every price is a multiple, by the exchange',
      'step_size?': 'Quantity of which every order is a multiple, by the exchange',
      'min_notional_usd?': 'The least an order may be worth, by the exchange',
    },
    writers: 'Portcullis',
    readers: '',
    internal: true,
    more: true,
  },
  metrics: [
    {
      name: 'feed_sigma',
      type: 'gauge',
      help: 'Hourly volatility of a symbol; absent without one',
      labels: ['symbol'],
    },
    { name: 'feed_observations', type: 'gauge', help: 'Returns or candles behind a volatility', labels: ['symbol'] },
    {
      name: 'feed_candle_age_seconds',
      type: 'gauge',
      help: 'Time since the newest usable candle closed; absent without one',
      labels: ['symbol'],
    },
    {
      name: 'feed_candles_dropped',
      type: 'gauge',
      help: 'Stored candles that are left out',
      labels: ['symbol', 'reason'],
    },
    {
      name: 'feed_sigma_missing_total',
      type: 'counter',
      help: 'Market states written without a volatility',
      labels: ['reason'],
      initial: sigmaGaps.map((reason) => ({ reason })),
    },
    { name: 'feed_market_write_fail_total', type: 'counter', help: 'Market states that could not be written' },
  ],
  reads: readsOf,
  handle: judge,
  /** The state of before stays, and shows by its time that it is old. */
  onFailure: () => nothing,
});

function readsOf(reading: MarketReading) {
  return {
    candles: hash(keys.candles(reading.symbol, reading.interval)),
    before: hash(keys.market(reading.symbol)),
  };
}

function judge(reading: MarketReading, ctx: MarketCtx): Outcome {
  const { settings, nowMs } = ctx;
  const spec = {
    interval: reading.interval,
    lookback: settings.MARKET_LOOKBACK,
    frozenCandles: settings.MARKET_FROZEN_CANDLES,
  };
  const series = candleSeries(ctx.facts.candles.fields, spec, nowMs);
  const now = { interval: reading.interval, nowMs };
  const running = runningReturns(reading.openCandle, series.candles, parseRunning(ctx.facts.before.fields), now);
  const further = running === undefined ? [] : observationsOf(running, series.intervalMs);
  const estimated = estimate(series, settings.SIGMA_ESTIMATOR, settings.SIGMA_HALF_LIFE, further);
  const sigma = sigmaOf(reading, series, estimated, ctx);
  const { symbol } = reading;
  return {
    effects: [
      {
        do: 'hset',
        key: keys.market(symbol),
        fields: {
          ...sigmaFields(sigma),
          ...candleFields(series, estimated, settings, nowMs),
          ...runningFields(running),
          ...filterFields(reading.filters),
          ...markFields(reading, ctx),
        },
        ttlSec: settings.MARKET_TTL_SEC,
        replace: true,
        ifNewer: true,
        bestEffort: {
          applied: countsOf(symbol, sigma, series, estimated, nowMs),
          failed: [{ metric: 'feed_market_write_fail_total' }],
          warning: `market state: ${keys.market(symbol)} could not be written: is it a hash?`,
        },
      },
    ],
    log: changeLines(symbol, sigma, ctx.facts.before),
  };
}

function candleFields(
  series: CandleSeries,
  { observations }: Estimate,
  settings: Settings,
  nowMs: number,
): Record<string, string> {
  const ageSec = candleAgeSec(series, nowMs);
  return {
    observations: String(observations),
    estimator: settings.SIGMA_ESTIMATOR,
    candle_age_sec: ageSec === undefined ? '' : String(ageSec),
  };
}

function runningFields(running: RunningReturns | undefined): Record<string, string> {
  if (running === undefined) return {};
  return {
    open_candle_ms: String(running.openMs),
    open_candle_return: formatNumber(running.running),
    ...(running.before !== undefined && { last_candle_return: formatNumber(running.before) }),
  };
}

/** The time is that of the mark by Redis's clock: of the reading, less the age the mark had by the exchange's. */
function markFields(reading: MarketReading, { sourceId, nowMs }: MarketCtx): Record<string, string> {
  const takenMs = Math.min(reading.takenMs ?? streamIdMs(sourceId), nowMs);
  if (reading.markPrice === undefined) return { timestamp: toEpochSeconds(takenMs) };
  const atMs = Math.max(0, takenMs - reading.markAgeMs);
  return { mark_price: formatNumber(reading.markPrice), timestamp: toEpochSeconds(atMs) };
}

function candleAgeSec({ newestCloseMs }: CandleSeries, nowMs: number): number | undefined {
  return newestCloseMs === undefined ? undefined : Math.floor((nowMs - newestCloseMs) / 1000);
}

/** That a volatility is missing is told when it begins and when it ends, not with every reading. */
function changeLines(symbol: string, sigma: Sigma, before: HashFact): readonly LogLine[] {
  const reason = reasonOf(sigma);
  const reasonBefore = before.fields?.reason ?? 'ok';
  if (reason === reasonBefore) return [];
  if (reason === 'ok') return [{ level: 'info', text: `Market state: ${symbol} has a sigma again` }];
  const what = 'gap' in sigma ? `no sigma for ${symbol}` : `${symbol} keeps its last sigma while it is held`;
  return [{ level: 'warn', text: `Market state: ${what} (${reason})` }];
}

function countsOf(
  symbol: string,
  sigma: Sigma,
  series: CandleSeries,
  { observations }: Estimate,
  nowMs: number,
): readonly Count[] {
  const labels = { symbol };
  return [
    { metric: 'feed_sigma', labels, set: 'gap' in sigma ? 'unknown' : sigma.hourly },
    { metric: 'feed_observations', labels, set: observations },
    { metric: 'feed_candle_age_seconds', labels, set: candleAgeSec(series, nowMs) ?? 'unknown' },
    ...candleDrops.map((reason) => {
      return { metric: 'feed_candles_dropped', labels: { symbol, reason }, set: series.dropped[reason] };
    }),
    ...('gap' in sigma ? [{ metric: 'feed_sigma_missing_total', labels: { reason: sigma.gap } }] : []),
  ];
}
