import type { ClusterGap, ClusterRequest, ClusterStressSettings } from '../../schemas/cluster-stress.ts';
import { round10 } from '../../schemas/number.ts';
import type { HeldPosition } from '../common/exposure.ts';
import { type CandleSeries, candleSeries, isStaleSeries } from '../common/statistics/candle-series.ts';
import type { CorrelationOf, Holding } from '../common/statistics/clusters.ts';
import { correlation } from '../common/statistics/correlation.ts';
import { sampleDeviation } from '../common/statistics/estimators.ts';
import { logReturns, onGrid } from '../common/statistics/returns.ts';
import type { HashFact } from '../contract/reads.ts';

/** What an entry's symbols come to: those that can be grouped, those that may join a group, and those that cannot. */
export interface Grouped {
  readonly holdings: readonly Holding[];
  /** Not held, in order of their names. */
  readonly candidates: readonly string[];
  readonly missing: ReadonlyMap<string, ClusterGap>;
  readonly correlationOf: CorrelationOf;
  /** The candles of the symbols whose returns are known, all from the same hour on. */
  readonly series: ReadonlyMap<string, CandleSeries>;
}

/** Where the series and the positions of symbols come from. */
export interface SymbolFacts {
  candles(symbol: string): HashFact;
  reportOf(symbol: string): HeldPosition | undefined;
}

/** Sorts the symbols of an entry into what can be grouped and what cannot, and why. */
export function grouped(
  request: ClusterRequest,
  facts: SymbolFacts,
  settings: ClusterStressSettings,
  nowMs: number,
): Grouped {
  const holdings: Holding[] = [];
  const candidates: string[] = [];
  const missing = new Map<string, ClusterGap>();
  const returns = new Map<string, Float64Array>();
  const series = new Map<string, CandleSeries>();
  for (const symbol of request.symbols) {
    const report = facts.reportOf(symbol);
    const held = report?.held === true;
    const known = returnsOf(facts.candles(symbol), request, settings, nowMs);
    if ('gap' in known) {
      if (held) missing.set(symbol, known.gap);
      continue;
    }
    returns.set(symbol, known.returns);
    series.set(symbol, known.series);
    if (!held) candidates.push(symbol);
    else if (report.notionalUsd === undefined || report.notionalUsd <= 0) missing.set(symbol, 'unpriced');
    else holdings.push({ symbol, notionalUsd: report.notionalUsd });
  }
  const correlationOf = correlations(returns, settings.CLUSTER_MIN_OBSERVATIONS);
  return { holdings, candidates, missing, correlationOf, series };
}

/** The held symbol a candidate moves with most, if their correlation reaches the threshold; the first by name of several. */
export function companionOf(candidate: string, { holdings, correlationOf }: Grouped, threshold: number) {
  let companion: { readonly symbol: string; readonly correlation: number } | undefined;
  for (const { symbol } of holdings) {
    const value = correlationOf(candidate, symbol);
    if (value === undefined || value < threshold || value <= (companion?.correlation ?? -1)) continue;
    companion = { symbol, correlation: value };
  }
  return companion?.symbol;
}

function returnsOf(
  candles: HashFact,
  { interval }: ClusterRequest,
  settings: ClusterStressSettings,
  nowMs: number,
): { readonly returns: Float64Array; readonly series: CandleSeries } | { readonly gap: ClusterGap } {
  const spec = { interval, lookback: settings.MARKET_LOOKBACK, frozenCandles: settings.MARKET_FROZEN_CANDLES };
  const series = candleSeries(candles.fields, spec, nowMs);
  if (series.candles.length === 0) return { gap: 'no_candles' };
  if (isStaleSeries(series, settings.MARKET_STALE_CANDLES, nowMs)) return { gap: 'candles_stale' };
  const returns = logReturns(series.candles, series.intervalMs, { acrossHoles: false });
  if (returns.length < settings.CLUSTER_MIN_OBSERVATIONS) return { gap: 'too_few_observations' };
  const moves = round10(sampleDeviation(returns.map(({ value }) => value))) > 0;
  if (!moves) return { gap: 'no_movement' };
  return { returns: onGrid(returns, { ...series, length: spec.lookback }), series };
}

/** The correlation of two symbols, computed when it is first asked for. */
function correlations(returns: ReadonlyMap<string, Float64Array>, minimum: number): CorrelationOf {
  const none = new Float64Array(0);
  const known = new Map<string, number | undefined>();
  return (a, b) => {
    const pair = a < b ? `${a} ${b}` : `${b} ${a}`;
    if (!known.has(pair)) known.set(pair, correlation(returns.get(a) ?? none, returns.get(b) ?? none, minimum));
    return known.get(pair);
  };
}
