import type { BookHeatSettings } from '../../schemas/heat-gate.ts';
import { toJson } from '../../schemas/json.ts';
import { families } from '../../schemas/keys.ts';
import { round10 } from '../../schemas/number.ts';
import { type PricedPosition, riskOf } from '../../schemas/position-risk.ts';
import { FUTURE_TOLERANCE_MS, isFresh } from '../../schemas/time.ts';
import type { BookPosition, Computed, Tallied, Tally, Views } from '../contract/reads.ts';
import { bookReadUntilMs } from './book-age.ts';
import { factsJson } from './heat-facts.ts';
import { marketSigma } from './sigma.ts';

/** Contributions, and symbols with something missing, that are named one by one; the others are only counted. */
export const NAMED_AT_MOST = 64;

/** What the book can say of heat: `priced` (a flat book too), or why it can say nothing. */
export type BookStatus = 'priced' | 'positions_unreadable' | 'no_positions' | 'positions_stale' | 'nothing_priced';

/** What one symbol adds to the risk of the portfolio, in US dollars. */
export type HeatContribution = Readonly<PricedPosition> & { readonly risk_usd: number };

/** The risk of the whole position book, computed once for all messages (contract §1, The book). */
export interface BookHeat {
  readonly status: BookStatus;
  /** Σ of `riskOf` over the symbols that count, US dollars. */
  readonly riskUsd: number;
  /** The same with the symbols that are left out for silence. */
  readonly riskWithSilentUsd: number;
  /** Σ |notional|, US dollars; undefined where a position has none, or is left out for silence, or nothing is known of any. */
  readonly grossUsd: number | undefined;
  /** Symbols that count and have a position. */
  readonly positions: number;
  /** Those of them with notional and sigma. */
  readonly priced: number;
  /** Symbols with a position that are left out for silence. */
  readonly silent: number;
  /** The largest contributions, largest first, `NAMED_AT_MOST` of them. */
  readonly contributions: readonly HeatContribution[];
  /** What all others contribute, in US dollars. */
  readonly remainderUsd: number;
  /** Symbols left out because they have none, `NAMED_AT_MOST` of them. */
  readonly sigmaMissing: readonly string[];
  readonly notionalMissing: readonly string[];
  /** Stream id of the newest snapshot in it. */
  readonly lastId: string;
  /** JSON object of the totals and of the symbols with something missing, bounded. */
  readonly totalsJson: string;
  /** JSON object of the totals and the largest contributions, bounded: the facts of the decision log. */
  readonly factsJson: string;
}

/** What one symbol, or several together, add to the risk of the book. */
interface HeatSum {
  /** Symbols that count, flat ones too. */
  readonly fresh: number;
  /** Of these, the ones with a position. */
  readonly positions: number;
  readonly priced: number;
  /** Symbols with a position that are left out for silence. */
  readonly silent: number;
  readonly riskUsd: number;
  readonly silentRiskUsd: number;
  /** Σ |notional| of those that count and have one. */
  readonly grossUsd: number;
  /** The largest contribution; -1 without any. */
  readonly largestUsd: number;
  readonly sigmaMissing: number;
  readonly notionalMissing: number;
  /** The symbol, of a single one. */
  readonly symbol?: string;
  /** What a single priced symbol contributes. */
  readonly contribution?: HeatContribution;
}

/** What is known of one position; `priced` where it is enough to say its risk. */
interface Held {
  readonly symbol: string;
  /** Gross, US dollars; 0 when it is flat. */
  readonly notional: number | undefined;
  readonly sigma: number | undefined;
  readonly priced: PricedPosition | undefined;
}

const NO_HEAT: HeatSum = {
  fresh: 0,
  positions: 0,
  priced: 0,
  silent: 0,
  riskUsd: 0,
  silentRiskUsd: 0,
  grossUsd: 0,
  largestUsd: -1,
  sigmaMissing: 0,
  notionalMissing: 0,
};

const heatTally: Tally<BookHeatSettings, HeatSum> = {
  families: [families.market, families.marketOld],
  one: heatOf,
  both: (left, right) => ({
    fresh: left.fresh + right.fresh,
    positions: left.positions + right.positions,
    priced: left.priced + right.priced,
    silent: left.silent + right.silent,
    riskUsd: left.riskUsd + right.riskUsd,
    silentRiskUsd: left.silentRiskUsd + right.silentRiskUsd,
    grossUsd: left.grossUsd + right.grossUsd,
    largestUsd: Math.max(left.largestUsd, right.largestUsd),
    sigmaMissing: left.sigmaMissing + right.sigmaMissing,
    notionalMissing: left.notionalMissing + right.notionalMissing,
  }),
};

/** The heat of the position book at a moment, at the cost of the symbols that changed (contract §1, The book). */
export function bookHeat(views: Views, settings: BookHeatSettings, nowMs: number): Computed<BookHeat> {
  const tallied = views.tally(heatTally, settings, nowMs);
  const value = summary(tallied, views);
  const readUntilMs = bookReadUntilMs(views.book, settings);
  if (nowMs > readUntilMs)
    return {
      value: { ...value, status: 'positions_unreadable', grossUsd: undefined },
      validUntilMs: tallied.validUntilMs,
    };
  return { value, validUntilMs: Math.min(tallied.validUntilMs, readUntilMs) };
}

function heatOf(position: BookPosition, views: Views, settings: BookHeatSettings, nowMs: number): Computed<HeatSum> {
  const maxAgeMs = settings.P26_SNAPSHOT_MAX_AGE_SEC * 1000;
  const sigma = position.sigma ?? marketSigma(views, position.symbol, settings.P26_SIGMA_HORIZON_SEC);
  const held = heldOf(position, sigma);
  if (maxAgeMs === 0) return { value: counting(held), validUntilMs: Infinity };
  const counts = isFresh(position.atMs, nowMs, maxAgeMs);
  const value = counts ? counting(held) : silent(held);
  return { value, validUntilMs: unchangedUntilMs(position.atMs, nowMs, maxAgeMs, counts) };
}

function heldOf(position: BookPosition, sigma: number | undefined): Held {
  const { symbol } = position;
  const notional = notionalOf(position);
  const isPriced = notional !== undefined && sigma !== undefined;
  return { symbol, notional, sigma, priced: isPriced ? { symbol, notional_usd: notional, sigma } : undefined };
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

/** The last moment at which a snapshot of that time is still judged as it is now. */
function unchangedUntilMs(atMs: number, nowMs: number, maxAgeMs: number, counts: boolean): number {
  if (counts) return atMs + maxAgeMs;
  return atMs > nowMs ? atMs - FUTURE_TOLERANCE_MS - 1 : Infinity;
}

function counting({ symbol, notional, sigma, priced }: Held): HeatSum {
  if (notional === 0) return { ...NO_HEAT, fresh: 1 };
  const position = { ...NO_HEAT, fresh: 1, positions: 1, grossUsd: notional ?? 0, symbol };
  if (priced === undefined) {
    return {
      ...position,
      sigmaMissing: sigma === undefined ? 1 : 0,
      notionalMissing: notional === undefined ? 1 : 0,
    };
  }
  const risk = riskOf(priced);
  const contribution = { ...priced, risk_usd: risk };
  return { ...position, priced: 1, riskUsd: risk, largestUsd: risk, contribution };
}

function silent({ notional, priced }: Held): HeatSum {
  if (notional === 0) return NO_HEAT;
  return { ...NO_HEAT, silent: 1, silentRiskUsd: priced === undefined ? 0 : riskOf(priced) };
}

function statusOf(total: HeatSum, everSeen: boolean): BookStatus {
  if (!everSeen) return 'no_positions';
  if (total.fresh === 0) return 'positions_stale';
  return total.positions > 0 && total.priced === 0 ? 'nothing_priced' : 'priced';
}

function summary(tallied: Tallied<HeatSum>, views: Views): BookHeat {
  const total = tallied.total ?? NO_HEAT;
  const sigmaMissing = symbolsWith(tallied, (sum) => sum.sigmaMissing);
  const notionalMissing = symbolsWith(tallied, (sum) => sum.notionalMissing);
  const contributions = largestOf(tallied);
  const totals = {
    status: statusOf(total, views.book.everSeen),
    book_id: views.book.lastId,
    positions: total.positions,
    risk_usd: finiteSum(total.riskUsd),
    silent_positions: total.silent,
    silent_risk_usd: finiteSum(total.silentRiskUsd),
    ...gapFacts('sigma_missing', sigmaMissing, total.sigmaMissing),
    ...gapFacts('notional_missing', notionalMissing, total.notionalMissing),
  };
  const remainderUsd = remainderOf(total, contributions);
  const totalsJson = toJson(totals);
  return {
    status: totals.status,
    riskUsd: totals.risk_usd,
    riskWithSilentUsd: finiteSum(total.riskUsd + total.silentRiskUsd),
    grossUsd: grossOf(total),
    positions: total.positions,
    priced: total.priced,
    silent: total.silent,
    contributions,
    remainderUsd,
    sigmaMissing,
    notionalMissing,
    lastId: views.book.lastId,
    totalsJson,
    factsJson: factsJson(totalsJson, contributions, remainderUsd),
  };
}

function grossOf({ fresh, silent, notionalMissing, grossUsd }: HeatSum): number | undefined {
  return fresh > 0 && silent === 0 && notionalMissing === 0 ? finiteSum(grossUsd) : undefined;
}

function largestOf(tallied: Tallied<HeatSum>): readonly HeatContribution[] {
  const largest = tallied.heaviest((sum) => sum.largestUsd, NAMED_AT_MOST);
  return largest.flatMap(({ contribution }) => contribution ?? []);
}

function symbolsWith(tallied: Tallied<HeatSum>, missing: (sum: HeatSum) => number): readonly string[] {
  const named = tallied.heaviest((sum) => (missing(sum) > 0 ? 1 : -1), NAMED_AT_MOST);
  return named.flatMap(({ symbol }) => symbol ?? []);
}

function remainderOf(total: HeatSum, shown: readonly HeatContribution[]): number {
  if (total.priced === shown.length) return 0;
  const shownUsd = shown.reduce((sum, { risk_usd }) => sum + risk_usd, 0);
  return Math.max(0, round10(finiteSum(total.riskUsd) - finiteSum(shownUsd)));
}

function gapFacts(name: string, named: readonly string[], count: number): Record<string, number | readonly string[]> {
  return count === 0 ? {} : { [name]: named, [`${name}_count`]: count };
}

/** A sum at 10 digits; one that overflows is the largest number there is, which is HOT at any equity. */
function finiteSum(value: number): number {
  return round10(Math.min(value, Number.MAX_VALUE));
}
