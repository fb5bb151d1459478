import { families } from '../../schemas/keys.ts';
import { parsePositive } from '../../schemas/position.ts';
import { FUTURE_TOLERANCE_MS, isFresh, timeOf } from '../../schemas/time.ts';
import type { HashView, Views } from '../contract/reads.ts';

/** A market mark older than this is absent, milliseconds (contract §4, Figures). */
const MARK_MAX_AGE_MS = 120_000;

/** A price at a time. */
export interface Mark {
  /** US dollars, above 0. */
  readonly price: number;
  /** Unix ms. */
  readonly atMs: number;
}

/** Looks up the market mark of a symbol, fresh or not: `state:market`, else the older `marketstate`. */
export type MarketMarks = (symbol: string, nowMs: number) => Mark | undefined;

/** The market marks of the views: the first of the two families whose mark is fresh, else whichever has one with a time. */
export function marketMarks(views: Views): MarketMarks {
  const current = views.hashes(families.market);
  const older = views.hashes(families.marketOld);
  return (symbol, nowMs) => {
    const first = markOf(current, symbol);
    if (first !== undefined && isFreshMark(first, nowMs)) return first;
    const second = markOf(older, symbol);
    return second !== undefined && isFreshMark(second, nowMs) ? second : (first ?? second);
  };
}

/** Whether a mark is young enough to count. */
export function isFreshMark(mark: Mark, nowMs: number): boolean {
  return isFresh(mark.atMs, nowMs, MARK_MAX_AGE_MS);
}

/** Unix ms at which a mark stops, or starts, to be fresh; `Infinity` once it is too old for good. */
export function markChangesMs(mark: Mark, nowMs: number): number {
  if (mark.atMs - FUTURE_TOLERANCE_MS > nowMs) return mark.atMs - FUTURE_TOLERANCE_MS;
  return isFreshMark(mark, nowMs) ? mark.atMs + MARK_MAX_AGE_MS : Infinity;
}

function markOf(source: HashView, symbol: string): Mark | undefined {
  const fields = source.get(symbol);
  if (fields === undefined) return undefined;
  const price = parsePositive(fields.mark_price);
  const atMs = timeOf(fields);
  return price === undefined || atMs === undefined ? undefined : { price, atMs };
}
