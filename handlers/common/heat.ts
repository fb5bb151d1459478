import type { BookHeatSettings } from '../../schemas/heat-gate.ts';
import { toJson } from '../../schemas/json.ts';
import { round10 } from '../../schemas/number.ts';
import { FUTURE_TOLERANCE_MS, isFresh } from '../../schemas/time.ts';
import type { BookPosition, Computed, Views } from './reads.ts';
import { marketSigmas, type SigmaOf } from './sigma.ts';

/** Contributions, and symbols with something missing, that are named one by one; the others are only counted. */
export const NAMED_AT_MOST = 64;

/** What the book can say of heat: `priced` (a flat book too), or why it can say nothing. */
export type BookStatus = 'priced' | 'no_positions' | 'positions_stale' | 'nothing_priced';

/** What one symbol adds to the risk of the portfolio, in US dollars. */
export interface HeatContribution {
  readonly symbol: string;
  readonly notional_usd: number;
  readonly sigma: number;
  readonly risk_usd: number;
}

/** The risk of the whole position book, computed once for all messages (contract §1, The book). */
export interface BookHeat {
  readonly status: BookStatus;
  /** Σ |notional| × sigma in US dollars over the symbols that count. */
  readonly riskUsd: number;
  /** The same with the symbols that are left out for silence. */
  readonly riskWithSilentUsd: number;
  /** Symbols that count and have a position. */
  readonly positions: number;
  /** The largest contributions, largest first, `NAMED_AT_MOST` of them. */
  readonly contributions: readonly HeatContribution[];
  /** What all others contribute, in US dollars. */
  readonly remainderUsd: number;
  readonly sigmaMissing: readonly string[];
  readonly notionalMissing: readonly string[];
  /** Stream id of the newest snapshot in it. */
  readonly lastId: string;
  /** JSON object of the totals and of the symbols with something missing, bounded. */
  readonly totalsJson: string;
  /** JSON object of the totals and the largest contributions, bounded: the facts of the decision log. */
  readonly factsJson: string;
}

interface Tally {
  fresh: number;
  positions: number;
  priced: number;
  silent: number;
  riskUsd: number;
  silentRiskUsd: number;
  remainderUsd: number;
  validUntilMs: number;
  readonly largest: HeatContribution[];
  readonly sigmaMissing: string[];
  readonly notionalMissing: string[];
}

/** The heat of the position book at a moment, in one pass over its symbols (contract §1, The book). */
export function bookHeat(views: Views, settings: BookHeatSettings, nowMs: number): Computed<BookHeat> {
  const tally = emptyTally();
  const sigmaOf = marketSigmas(views, settings.P26_SIGMA_HORIZON_SEC);
  const maxAgeMs = settings.P26_SNAPSHOT_MAX_AGE_SEC * 1000;
  for (const position of views.book.positions()) {
    const counts = maxAgeMs === 0 || isFresh(position.atMs, nowMs, maxAgeMs);
    if (maxAgeMs !== 0) {
      tally.validUntilMs = Math.min(tally.validUntilMs, unchangedUntilMs(position.atMs, nowMs, maxAgeMs, counts));
    }
    if (counts) addCounting(tally, position, sigmaOf);
    else addSilent(tally, position, sigmaOf);
  }
  return { value: summary(tally, views), validUntilMs: tally.validUntilMs };
}

/** |notional| of a position in US dollars, 0 when it is flat, or `undefined` when nothing usable tells it (contract §1). */
function notionalOf(position: BookPosition): number | undefined {
  const { notional, qty, markPrice, side } = position;
  if (side === 'FLAT') return 0;
  if (notional !== undefined) return Math.abs(notional);
  if (qty === 0) return 0;
  if (qty === undefined || markPrice === undefined) return undefined;
  const value = Math.abs(qty * markPrice);
  return Number.isFinite(value) ? value : undefined;
}

function emptyTally(): Tally {
  return {
    fresh: 0,
    positions: 0,
    priced: 0,
    silent: 0,
    riskUsd: 0,
    silentRiskUsd: 0,
    remainderUsd: 0,
    validUntilMs: Infinity,
    largest: [],
    sigmaMissing: [],
    notionalMissing: [],
  };
}

/** The last moment at which a snapshot of that time is still judged as it is now. */
function unchangedUntilMs(atMs: number, nowMs: number, maxAgeMs: number, counts: boolean): number {
  if (counts) return atMs + maxAgeMs;
  return atMs > nowMs ? atMs - FUTURE_TOLERANCE_MS - 1 : Infinity;
}

function addCounting(tally: Tally, position: BookPosition, sigmaOf: SigmaOf): void {
  tally.fresh += 1;
  const notional = notionalOf(position);
  if (notional === 0) return;
  tally.positions += 1;
  const sigma = position.sigma ?? sigmaOf(position.symbol);
  if (notional === undefined) tally.notionalMissing.push(position.symbol);
  if (sigma === undefined) tally.sigmaMissing.push(position.symbol);
  if (notional === undefined || sigma === undefined) return;
  tally.priced += 1;
  const risk = riskOf(notional, sigma);
  tally.riskUsd += risk;
  if (risk <= (tally.largest[NAMED_AT_MOST - 1]?.risk_usd ?? -1)) tally.remainderUsd += risk;
  else addToLargest(tally, { symbol: position.symbol, notional_usd: notional, sigma, risk_usd: risk });
}

function addSilent(tally: Tally, position: BookPosition, sigmaOf: SigmaOf): void {
  const notional = notionalOf(position);
  if (notional === 0) return;
  tally.silent += 1;
  const sigma = position.sigma ?? sigmaOf(position.symbol);
  if (notional !== undefined && sigma !== undefined) tally.silentRiskUsd += riskOf(notional, sigma);
}

function riskOf(notional: number, sigma: number): number {
  return Math.min(notional * sigma, Number.MAX_VALUE);
}

function addToLargest(tally: Tally, contribution: HeatContribution): void {
  const at = tally.largest.findIndex((other) => other.risk_usd < contribution.risk_usd);
  tally.largest.splice(at === -1 ? tally.largest.length : at, 0, contribution);
  if (tally.largest.length > NAMED_AT_MOST) tally.remainderUsd += tally.largest.pop()?.risk_usd ?? 0;
}

function statusOf(tally: Tally, everSeen: boolean): BookStatus {
  if (!everSeen) return 'no_positions';
  if (tally.fresh === 0) return 'positions_stale';
  return tally.positions > 0 && tally.priced === 0 ? 'nothing_priced' : 'priced';
}

function summary(tally: Tally, views: Views): BookHeat {
  const totals = {
    status: statusOf(tally, views.book.everSeen),
    book_id: views.book.lastId,
    positions: tally.positions,
    risk_usd: finiteSum(tally.riskUsd),
    silent_positions: tally.silent,
    silent_risk_usd: finiteSum(tally.silentRiskUsd),
    ...gapFacts('sigma_missing', tally.sigmaMissing),
    ...gapFacts('notional_missing', tally.notionalMissing),
  };
  const remainderUsd = finiteSum(tally.remainderUsd);
  const facts = { ...totals, largest: tally.largest.map((one) => ({ ...one })), remainder_usd: remainderUsd };
  return {
    status: totals.status,
    riskUsd: totals.risk_usd,
    riskWithSilentUsd: finiteSum(tally.riskUsd + tally.silentRiskUsd),
    positions: tally.positions,
    contributions: tally.largest,
    remainderUsd,
    sigmaMissing: tally.sigmaMissing,
    notionalMissing: tally.notionalMissing,
    lastId: views.book.lastId,
    totalsJson: toJson(totals),
    factsJson: toJson(facts),
  };
}

function gapFacts(name: string, symbols: readonly string[]): Record<string, number | readonly string[]> {
  if (symbols.length === 0) return {};
  return { [name]: symbols.slice(0, NAMED_AT_MOST), [`${name}_count`]: symbols.length };
}

/** A sum at 10 digits; one that overflows is the largest number there is, which is HOT at any equity. */
function finiteSum(value: number): number {
  return round10(Math.min(value, Number.MAX_VALUE));
}
