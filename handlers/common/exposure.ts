import type { ExposureSettings } from '../../schemas/exposure.ts';
import { toJson } from '../../schemas/json.ts';
import { round10 } from '../../schemas/number.ts';
import { larger } from '../../schemas/plan.ts';
import { FUTURE_TOLERANCE_MS } from '../../schemas/time.ts';
import type { Computed, Views } from '../contract/reads.ts';
import { isFreshMark, type Mark, type MarketMarks, markChangesMs, marketMarks } from './marks.ts';
import { type PositionRecord, positionRecords, reportedSymbols, reportTimes } from './position-record.ts';

const LARGEST = 64;

/** A position that counts, or the report that there is none (`held` false). */
export interface HeldPosition {
  readonly symbol: string;
  readonly held: boolean;
  /** Signed where the publisher says the side; 0 when flat; undefined when only a notional was published. */
  readonly qty: number | undefined;
  /** Whether both sides are open at once: the quantity is net then. */
  readonly hedged: boolean;
  /** Gross notional, US dollars; 0 when flat; undefined when no price is known. */
  readonly notionalUsd: number | undefined;
  /** US dollars, of any age; undefined when none was published. */
  readonly markPrice: number | undefined;
  /** Unix ms of the report; undefined when it has no time. */
  readonly atMs: number | undefined;
}

/** Sums over positions: notionals in US dollars at 10 digits, and the symbols whose notional is not known. One whose side is not known, or that has both sides open, counts on both. */
export interface ExposureTotals {
  readonly count: number;
  readonly grossNotionalUsd: number;
  readonly longUsd: number;
  readonly shortUsd: number;
  /** The largest position. */
  readonly largestUsd: number;
  readonly unpriced: readonly string[];
  /** The positions behind the sums. */
  readonly held: readonly HeldPosition[];
}

/** All positions of the portfolio as caps count them (contract §4, Figures): silence closes nothing. */
export interface Exposure extends ExposureTotals {
  /** The position of a symbol; undefined when there is none, or none is known. */
  positionOf(symbol: string): HeldPosition | undefined;
  /** What was last reported of a symbol, closed positions included; undefined when nothing was, or too long ago. */
  reportOf(symbol: string): HeldPosition | undefined;
  /** The market mark of a symbol, else that of its newest report; undefined when neither is younger than 120 s. */
  markOf(symbol: string, nowMs: number): Mark | undefined;
  /** The sums over positions reported at `atMs` or later: what a flat portfolio state of that time leaves. */
  since(atMs: number): ExposureTotals;
  /** Unix ms of the newest report of any symbol; undefined without one. */
  readonly newestAtMs: number | undefined;
  /** Stream id the position book stands at. */
  readonly lastId: string;
  /** Unix ms of the last look at the position stream, where it cannot be read now. */
  readonly unreadSinceMs: number | undefined;
  /** The figures the sums rest on, as JSON text: the 64 largest positions and the remainder. */
  readonly factsJson: string;
}

/** Exposure of the portfolio, once over all symbols (contract §4, Figures). */
export function exposureOf(views: Views, settings: ExposureSettings, nowMs: number): Computed<Exposure> {
  const marks = marketMarks(views);
  const recordOf = positionRecords(views, nowMs);
  const maxAgeMs = settings.GOV_POSITION_MAX_AGE_SEC * 1000;
  const reports = new Map<string, HeldPosition>();
  let newestAtMs: number | undefined;
  let validUntilMs = Infinity;
  for (const symbol of reportedSymbols(views)) {
    const record = recordOf(symbol);
    if (record === undefined) continue;
    newestAtMs = larger(newestAtMs, record.atMs);
    if (record.atMs !== undefined && nowMs - record.atMs > maxAgeMs) continue;
    const market = marks(symbol, nowMs);
    reports.set(symbol, priced(record, market, nowMs));
    validUntilMs = Math.min(validUntilMs, changesMs(record, market, maxAgeMs, nowMs));
  }
  const { lastId, unreadSinceMs } = views.book;
  const value = exposureFrom(reports, { newestAtMs, lastId, unreadSinceMs, marks });
  return { value, validUntilMs: Math.min(validUntilMs, arrivesMs(views, nowMs)) };
}

function exposureFrom(
  reports: ReadonlyMap<string, HeldPosition>,
  about: Pick<Exposure, 'newestAtMs' | 'lastId' | 'unreadSinceMs'> & { readonly marks: MarketMarks },
): Exposure {
  const held = [...reports.values()].filter((position) => position.held);
  const totals = totalsOf(held);
  const newestFirst = once(() => [...held].sort((a, b) => timeOrNever(b) - timeOrNever(a)));
  const facts = once(() => factsJson(held, totals, about.lastId));
  return {
    ...totals,
    newestAtMs: about.newestAtMs,
    lastId: about.lastId,
    unreadSinceMs: about.unreadSinceMs,
    get factsJson() {
      return facts();
    },
    positionOf: (symbol) => {
      const position = reports.get(symbol);
      return position?.held === true ? position : undefined;
    },
    reportOf: (symbol) => reports.get(symbol),
    since: (atMs) => totalsOf(reportedSince(newestFirst(), atMs)),
    markOf: (symbol, nowMs) => {
      const market = about.marks(symbol, nowMs);
      if (market !== undefined && isFreshMark(market, nowMs)) return market;
      const own = ownMark(reports.get(symbol));
      return own !== undefined && isFreshMark(own, nowMs) ? own : undefined;
    },
  };
}

/** Of its published notional and its quantity at the market's mark (else its own) the larger: a stale figure never lowers a sum. */
function priced(record: PositionRecord, market: Mark | undefined, nowMs: number): HeldPosition {
  const { symbol, atMs, markPrice, hedged } = record;
  if (record.flat) return { symbol, held: false, qty: 0, hedged, notionalUsd: 0, markPrice, atMs };
  const price = market !== undefined && isFreshMark(market, nowMs) ? market.price : record.markPrice;
  const atMark = record.qty === undefined || price === undefined ? undefined : Math.abs(record.qty) * price;
  const notional = larger(atMark, record.notionalUsd);
  const notionalUsd = notional === undefined || !Number.isFinite(notional) ? undefined : round10(notional);
  return { symbol, held: true, qty: record.qty, hedged, notionalUsd, markPrice, atMs };
}

function totalsOf(held: readonly HeldPosition[]): ExposureTotals {
  let [sum, long, short, largestUsd] = [0, 0, 0, 0];
  const unpriced: string[] = [];
  for (const { symbol, notionalUsd, hedged, qty = 0 } of held) {
    if (notionalUsd === undefined) {
      unpriced.push(symbol);
      continue;
    }
    sum += notionalUsd;
    if (hedged || qty >= 0) long += notionalUsd;
    if (hedged || qty <= 0) short += notionalUsd;
    largestUsd = Math.max(largestUsd, notionalUsd);
  }
  const [grossNotionalUsd, longUsd, shortUsd] = [round10(sum), round10(long), round10(short)];
  return { count: held.length, grossNotionalUsd, longUsd, shortUsd, largestUsd, unpriced, held };
}

/** A figure that is computed when it is first asked for. */
function once<T extends object | string>(compute: () => T): () => T {
  let value: T | undefined;
  return () => {
    value ??= compute();
    return value;
  };
}

/** A report without a time is older than any other. */
function timeOrNever(position: HeldPosition): number {
  return position.atMs ?? 0;
}

function reportedSince(newestFirst: readonly HeldPosition[], atMs: number): readonly HeldPosition[] {
  const older = newestFirst.findIndex((position) => timeOrNever(position) < atMs);
  return older === -1 ? newestFirst : newestFirst.slice(0, older);
}

function ownMark(position: HeldPosition | undefined): Mark | undefined {
  if (position?.markPrice === undefined || position.atMs === undefined) return undefined;
  return { price: position.markPrice, atMs: position.atMs };
}

function factsJson(held: readonly HeldPosition[], totals: ExposureTotals, lastId: string): string {
  const largest = [...held].sort((a, b) => (b.notionalUsd ?? Infinity) - (a.notionalUsd ?? Infinity)).slice(0, LARGEST);
  const shown = largest.reduce((sum, { notionalUsd }) => sum + (notionalUsd ?? 0), 0);
  return toJson({
    book_id: lastId,
    positions: totals.count,
    gross_notional_usd: totals.grossNotionalUsd,
    largest: largest.map(({ symbol, qty, notionalUsd }) => ({
      symbol,
      qty: qty ?? null,
      notional_usd: notionalUsd ?? null,
    })),
    remainder_usd: round10(totals.grossNotionalUsd - shown),
  });
}

function changesMs(record: PositionRecord, market: Mark | undefined, maxAgeMs: number, nowMs: number): number {
  const expiresMs = record.atMs === undefined ? Infinity : record.atMs + maxAgeMs;
  return market === undefined ? expiresMs : Math.min(expiresMs, markChangesMs(market, nowMs));
}

/** Unix ms at which the first report from ahead of the clock begins to count as one of its own time. */
function arrivesMs(views: Views, nowMs: number): number {
  let first = Infinity;
  for (const atMs of reportTimes(views)) {
    if (atMs - FUTURE_TOLERANCE_MS > nowMs) first = Math.min(first, atMs - FUTURE_TOLERANCE_MS);
  }
  return first;
}
