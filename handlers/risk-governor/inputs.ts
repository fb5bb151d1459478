import { HOUR_SEC } from '../../schemas/duration.ts';
import { families } from '../../schemas/keys.ts';
import { parseNumber } from '../../schemas/number.ts';
import { volRegimes } from '../../schemas/risk-governor.ts';
import { isFresh, timeOf } from '../../schemas/time.ts';
import type { Fields } from '../../schemas/wire.ts';
import { clamp01 } from '../common/budget.ts';
import { regimeOfHourly } from '../common/vol-regime.ts';
import type { Computed, HashFact, Views } from '../contract/reads.ts';

const HEAT_MAX_AGE_MS = 30_000;
const NORMAL = 0.33;
const DEFAULT_CLUSTER = 'default';

/** The views a budget rests on, by name of symbol or cluster. */
export interface BudgetInputs {
  /** Names that hold a position hash or an entry in the position book. */
  listed(): Iterable<string>;
  /** Whether a symbol is listed by a position hash, which alone makes it active. */
  hasPositionHash(symbol: string): boolean;
  marketsOf(symbol: string): readonly (Fields | undefined)[];
  clusterStress(cluster: string): Fields | undefined;
}

/** The heat that budgets rest on: what the book held at the moment of the cycle, and what was last published. */
export interface HeatSources {
  /** Whether the position stream could be read lately; what is not known stresses budgets whole. */
  readonly readable: boolean;
  readonly everSeen: boolean;
  /** Dollars of risk, symbols left out for silence included: leaving them out would raise budgets. */
  readonly riskUsd: number;
  readonly published: HashFact;
}

/** Lookups into the views, for as long as they do not change. */
export function budgetInputs(views: Views): Computed<BudgetInputs> {
  const snapshots = views.hashes(families.positionSnapshot);
  const states = views.hashes(families.positionState);
  const markets = [views.hashes(families.market), views.hashes(families.marketOld)];
  const stresses = views.hashes(families.clusterStress);
  const value: BudgetInputs = {
    *listed() {
      yield* snapshots.names();
      yield* states.names();
      for (const position of views.book.positions()) yield position.symbol;
    },
    hasPositionHash: (symbol) => snapshots.get(symbol) !== undefined || states.get(symbol) !== undefined,
    marketsOf: (symbol) => markets.map((market) => market.get(symbol)),
    clusterStress: (cluster) => stresses.get(cluster),
  };
  return { value, validUntilMs: Number.POSITIVE_INFINITY };
}

/** Portfolio heat, 0 … 1: 1 where the book cannot be read, of the book where one was ever seen, else as published in the last 30 s, else 0 (contract §3). */
export function heatOf(sources: HeatSources, equityUsd: number, nowMs: number): number {
  if (!sources.readable) return 1;
  if (sources.everSeen) return clamp01(sources.riskUsd / equityUsd);
  const published = sources.published.fields;
  if (published === null) return 0;
  const atMs = timeOf(published);
  if (atMs === undefined || !isFresh(atMs, nowMs, HEAT_MAX_AGE_MS)) return 0;
  return clamp01(parseNumber(published.heat) ?? 0);
}

/** Stress of a symbol's cluster, 0 … 1: of the cluster, else of all clusters together, else 0 (contract §3). */
export function clusterStressOf(symbol: string, inputs: BudgetInputs, map: HashFact, overall: HashFact): number {
  const cluster = map.fields?.[symbol]?.trim() || DEFAULT_CLUSTER;
  const own = parseNumber(inputs.clusterStress(cluster)?.stress);
  return clamp01(own ?? parseNumber(overall.fields?.cluster_stress) ?? 0);
}

/** What a symbol's volatility adds to stress, 0 … 1: by the named regime, else by sigma, else that of a normal market (contract §3). */
export function volRegimeOf(markets: readonly (Fields | undefined)[]): number {
  for (const market of markets) {
    const regime = market === undefined ? undefined : (namedRegime(market) ?? regimeBySigma(market));
    if (regime !== undefined) return regime;
  }
  return NORMAL;
}

function namedRegime(market: Fields): number | undefined {
  const name = market.vol_regime?.trim().toUpperCase() ?? '';
  return Object.hasOwn(volRegimes, name) ? volRegimes[name] : undefined;
}

function regimeBySigma(market: Fields): number | undefined {
  const sigma = parseNumber(market.sigma);
  if (sigma === undefined || sigma <= 0) return undefined;
  return volRegimes[regimeOfHourly(sigma * Math.sqrt(HOUR_SEC / horizonOf(market)))];
}

function horizonOf(market: Fields): number {
  const horizonSec = parseNumber(market.sigma_horizon_sec);
  return horizonSec === undefined || horizonSec <= 0 ? HOUR_SEC : horizonSec;
}
