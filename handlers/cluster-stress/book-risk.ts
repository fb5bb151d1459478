import { type RiskFigure, type RiskGap, reportedFigures } from '../../schemas/book-risk.ts';
import type { ClusterStressSettings } from '../../schemas/cluster-stress.ts';
import { toJson } from '../../schemas/json.ts';
import { families, keys } from '../../schemas/keys.ts';
import { formatNumber, parseNumber, round10 } from '../../schemas/number.ts';
import { toEpochSeconds } from '../../schemas/time.ts';
import type { Fields } from '../../schemas/wire.ts';
import type { ReturnsBySymbol } from '../common/book-risk/common-returns.ts';
import { correlatedHeat, type FigureOfBook } from '../common/book-risk/correlated.ts';
import { type ShockedPosition, shock } from '../common/book-risk/shock.ts';
import { expectedShortfall } from '../common/book-risk/shortfall.ts';
import { shrunkCorrelation } from '../common/book-risk/shrunk-correlation.ts';
import { freshEquity } from '../common/equity.ts';
import type { KnownExposure } from '../common/known-exposure.ts';
import { marketSigma } from '../common/sigma.ts';
import type { CandleSeries } from '../common/statistics/candle-series.ts';
import { logReturns, onGrid } from '../common/statistics/returns.ts';
import type { Count, Outcome } from '../contract/effects.ts';
import type { Computed, HashFact, Views } from '../contract/reads.ts';
import { replaced, SOURCE } from './outcome.ts';
import { correlationField, daysField, daysOf } from './stored-risk.ts';

/** Components that are named one by one, the largest first. */
const NAMED = 20;

/** On which side a position is, where its publisher says so, and its volatility over a day. */
export interface HeldSide {
  readonly sign: 1 | -1 | undefined;
  readonly sigma: number | undefined;
}

/** What the figures rest on. */
interface RiskFacts {
  /** The symbols whose candles were looked at. */
  readonly symbols: readonly string[];
  readonly exposure: KnownExposure;
  readonly state: HashFact;
  readonly sides: ReadonlyMap<string, HeldSide>;
  readonly series: ReadonlyMap<string, CandleSeries>;
}

interface RiskCtx {
  readonly settings: ClusterStressSettings;
  readonly nowMs: number;
}

/** A position of the book as all figures need it: weights are signed notionals over equity. */
interface BookPosition extends ShockedPosition {
  readonly sigma: number | undefined;
}

interface Book {
  readonly equityUsd: number;
  readonly state: Fields;
  readonly positions: readonly BookPosition[];
  readonly returns: ReturnsBySymbol;
  /** Volatility over a day of every symbol that is known, held or not. */
  readonly sigmas: ReadonlyMap<string, number>;
  readonly settings: ClusterStressSettings;
}

type KnownFigure = FigureOfBook & { readonly about?: Readonly<Record<string, string>> };

/** Each figure of a book that is known, or why it cannot be told. */
const figures: Readonly<Record<RiskFigure, (book: Book) => KnownFigure | RiskGap>> = {
  shock: ({ positions, returns }) => {
    const found = shock(positions);
    if (found === undefined) return 'not_enough_data';
    return { ...found, about: { shock_scenario: found.scenario, days: daysField(returns) } };
  },
  leverage: ({ positions }) => {
    const components = new Map(positions.map(({ symbol, weight }) => [symbol, round10(Math.abs(weight))]));
    return { value: round10(positions.reduce((sum, { weight }) => sum + Math.abs(weight), 0)), components };
  },
  correlated_heat: correlated,
  expected_shortfall: ({ positions, returns }) => expectedShortfall(positions, returns) ?? 'not_enough_data',
  margin,
};

/** The sides and sigmas of all symbols in the position book, and the sigmas of those that are watched besides. */
export function heldSides(
  views: Views,
  settings: Pick<ClusterStressSettings, 'P26_SIGMA_HORIZON_SEC'>,
): Computed<ReadonlyMap<string, HeldSide>> {
  const sides = new Map<string, HeldSide>();
  for (const { symbol, side, sigma } of views.book.positions()) {
    const sign = side === 'LONG' || side === 'BUY' ? 1 : side === 'SHORT' || side === 'SELL' ? -1 : undefined;
    sides.set(symbol, { sign, sigma: sigma ?? marketSigma(views, symbol, settings.P26_SIGMA_HORIZON_SEC) });
  }
  for (const symbol of views.hashes(families.market).names()) {
    if (sides.has(symbol)) continue;
    sides.set(symbol, { sign: undefined, sigma: marketSigma(views, symbol, settings.P26_SIGMA_HORIZON_SEC) });
  }
  return { value: sides, validUntilMs: Number.POSITIVE_INFINITY };
}

/** The outcome with the figures that are reported: a hash of them, and their gauges. Unchanged while all are off. */
export function withRisk(outcome: Outcome, facts: RiskFacts, { settings, nowMs }: RiskCtx): Outcome {
  const reported = reportedFigures(settings);
  if (reported.length === 0) return outcome;
  const book = bookOf(facts, settings, nowMs);
  const told = reported.map((figure) => [figure, typeof book === 'string' ? book : figures[figure](book)] as const);
  const fields = {
    ...Object.fromEntries(told.flatMap(([figure, found]) => fieldsOf(figure, found))),
    components: toJson(Object.fromEntries(told.map(([figure, found]) => [figure, largest(found)]))),
    ...(typeof book !== 'string' && {
      equity_usd: formatNumber(book.equityUsd),
      positions: formatNumber(book.positions.length),
    }),
    source: SOURCE,
    timestamp: toEpochSeconds(nowMs),
  };
  return {
    ...outcome,
    effects: [...outcome.effects, replaced(keys.riskState, fields, settings)],
    counts: [...(outcome.counts ?? []), ...told.map(([figure, found]) => gauge(figure, found))],
  };
}

/** The book as it is known, or why it is not: what is left out would make a figure calmer than the book is. */
function bookOf(facts: RiskFacts, settings: ClusterStressSettings, nowMs: number): Book | RiskGap {
  const { exposure, state, symbols, sides } = facts;
  const equityUsd = freshEquity(state.fields, settings.GOV_STATE_MAX_AGE_SEC * 1000, nowMs);
  if (equityUsd === undefined) return 'equity_unknown';
  const held = symbols.flatMap((symbol) => {
    const report = exposure.reportOf(symbol);
    return report?.held === true ? [report] : [];
  });
  if (!exposure.known || exposure.unpriced.length > 0 || held.length !== exposure.count) return 'positions_unknown';
  const returns = returnsOf(facts.series, settings.MARKET_LOOKBACK);
  const positions = held.flatMap(({ symbol, qty, hedged, notionalUsd }): BookPosition[] => {
    const side = sides.get(symbol);
    const sign = hedged || qty === undefined || qty === 0 ? side?.sign : Math.sign(qty);
    if (sign === undefined || notionalUsd === undefined) return [];
    return [{ symbol, weight: (sign * notionalUsd) / equityUsd, sigma: side?.sigma, ...daysOf(returns.get(symbol)) }];
  });
  if (positions.length < held.length) return 'positions_unknown';
  const sigmas = new Map([...sides].flatMap(([symbol, { sigma }]) => (sigma === undefined ? [] : [[symbol, sigma]])));
  return { equityUsd, state: state.fields ?? {}, positions, returns, sigmas, settings };
}

/** A jump after a halt is the return of the hour after it. */
function returnsOf(series: ReadonlyMap<string, CandleSeries>, length: number): ReturnsBySymbol {
  return new Map(
    [...series].map(([symbol, one]) => {
      const returns = logReturns(one.candles, one.intervalMs, { acrossHoles: true });
      return [symbol, onGrid(returns, { ...one, length })] as const;
    }),
  );
}

function correlated({ positions, returns, sigmas, equityUsd, settings }: Book): KnownFigure | RiskGap {
  const priced = positions.flatMap(({ symbol, weight, sigma }) =>
    sigma === undefined ? [] : [{ symbol, weight, sigma }],
  );
  if (priced.length < positions.length) return 'sigma_missing';
  const lookback = settings.MARKET_LOOKBACK;
  const own = new Map(
    priced.flatMap(({ symbol }) => {
      const one = returns.get(symbol);
      return one === undefined ? [] : [[symbol, one] as const];
    }),
  );
  const correlation = shrunkCorrelation(own, { minimum: settings.CLUSTER_MIN_OBSERVATIONS, lookback });
  if (correlation === undefined && priced.length > 0) return 'not_enough_data';
  const found = correlatedHeat(priced, correlation);
  if (found === undefined) return 'not_enough_data';
  const { observations = 0, shrinkage = 0 } = correlation ?? {};
  const stored = {
    positions: priced,
    correlation,
    returns,
    sigmas,
    equityUsd,
    minimum: settings.CLUSTER_MIN_OBSERVATIONS,
  };
  const about = {
    observations: formatNumber(observations),
    shrinkage: formatNumber(round10(shrinkage)),
    correlation: correlationField(stored),
  };
  return { ...found, about };
}

/** The exchange tells it of the account as a whole; a flat account needs none. */
function margin({ equityUsd, state, positions }: Book): KnownFigure | RiskGap {
  const components = new Map<string, number>();
  const usd = positions.length === 0 ? 0 : parseNumber(state.maintenance_margin_usd);
  if (usd === undefined || usd < 0) return 'margin_unknown';
  const about = positions.length === 0 ? {} : nearestLiquidation(state);
  return { value: round10(usd / equityUsd), components, about };
}

function nearestLiquidation({ liquidation_distance: distance, liquidation_symbol: symbol }: Fields) {
  const part = parseNumber(distance);
  if (part === undefined || part < 0 || !symbol) return {};
  return { liquidation_distance: formatNumber(part), liquidation_symbol: symbol };
}

function fieldsOf(figure: RiskFigure, found: KnownFigure | RiskGap): readonly (readonly [string, string])[] {
  const reason = [`${figure}_reason`, typeof found === 'string' ? found : 'ok'] as const;
  if (typeof found === 'string') return [reason];
  return [[figure, formatNumber(found.value)], reason, ...Object.entries(found.about ?? {})];
}

/** What the positions that add most add; none where the figure is not known. */
function largest(found: KnownFigure | RiskGap): Readonly<Record<string, number>> {
  if (typeof found === 'string') return {};
  const sorted = [...found.components].sort(([, one], [, other]) => other - one);
  return Object.fromEntries(sorted.slice(0, NAMED));
}

function gauge(figure: RiskFigure, found: KnownFigure | RiskGap): Count {
  return { metric: 'feed_book_risk', labels: { figure }, set: typeof found === 'string' ? 'unknown' : found.value };
}
