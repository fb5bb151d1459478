import { families } from '../../schemas/keys.ts';
import { parseNumber } from '../../schemas/number.ts';
import { parsePositive } from '../../schemas/position.ts';
import { FUTURE_TOLERANCE_MS, streamIdMs, timeOf } from '../../schemas/time.ts';
import type { Fields } from '../../schemas/wire.ts';
import type { BookPosition, HashView, Views } from '../contract/reads.ts';

/** What was last reported of a symbol's position. Figures are undefined where the report has no usable one. */
export interface PositionRecord {
  readonly symbol: string;
  /** Unix ms; undefined for a hash without a usable time, which is older than any entry. */
  readonly atMs: number | undefined;
  /** Signed where the report says the side. */
  readonly qty: number | undefined;
  /** As published, US dollars, absolute. */
  readonly notionalUsd: number | undefined;
  /** US dollars, above 0. */
  readonly markPrice: number | undefined;
  /** Whether both sides are open at once: the quantity is net then, the notional gross. */
  readonly hedged: boolean;
  /** Whether it was reported closed: FLAT or 0. */
  readonly flat: boolean;
}

const DUST = 1e-8;
const SHORT = new Set(['SHORT', 'SELL']);
const LONG = new Set(['LONG', 'BUY']);
const HEDGED = 'HEDGED';

/** Finds the newest report of a symbol: the newer of its latest snapshot and its hashes; at the same time the snapshot. */
export function positionRecords(views: Views, nowMs: number): (symbol: string) => PositionRecord | undefined {
  const snapshots = views.hashes(families.positionSnapshot);
  const states = views.hashes(families.positionState);
  return (symbol) => {
    const book = snapshotRecord(views, symbol, nowMs);
    const hashed = newer(hashRecord(snapshots, symbol, nowMs), hashRecord(states, symbol, nowMs));
    return newer(book, hashed);
  };
}

/** What `state:positions:{symbol}` says of a symbol. */
export function stateRecord(views: Views, symbol: string, nowMs: number): PositionRecord | undefined {
  return hashRecord(views.hashes(families.positionState), symbol, nowMs);
}

/** What the newest snapshot of a symbol says. */
export function snapshotRecord(views: Views, symbol: string, nowMs: number): PositionRecord | undefined {
  const reported = views.book.get(symbol);
  return reported === undefined ? undefined : bookRecord(reported, nowMs);
}

/** Every symbol of which anything was reported, each once. */
export function reportedSymbols(views: Views): ReadonlySet<string> {
  const symbols = new Set<string>();
  for (const position of views.book.positions()) symbols.add(position.symbol);
  for (const family of [families.positionSnapshot, families.positionState]) {
    for (const symbol of views.hashes(family).names()) symbols.add(symbol);
  }
  return symbols;
}

/** The times of all reports, snapshots and hashes, Unix ms: those from ahead of the clock too. */
export function reportTimes(views: Views): readonly number[] {
  const times = [...views.book.positions()].map((position) => position.atMs);
  for (const family of [families.positionSnapshot, families.positionState]) {
    const source = views.hashes(family);
    for (const symbol of source.names()) times.push(timeOf(source.get(symbol) ?? {}) ?? 0);
  }
  return times;
}

/** Whether a size is a position at all (contract §4: above 1e-8). */
function isPosition(size: number): boolean {
  return Math.abs(size) > DUST;
}

function newer(a: PositionRecord | undefined, b: PositionRecord | undefined): PositionRecord | undefined {
  if (a === undefined) return b;
  if (b === undefined || b.atMs === undefined) return a;
  return a.atMs === undefined || b.atMs > a.atMs ? b : a;
}

/** The report that a snapshot is, its quantity signed by its side. A time ahead of `nowMs` is that of its stream id. */
export function bookRecord(position: BookPosition, nowMs: number): PositionRecord {
  const { symbol, side, markPrice } = position;
  const notionalUsd = position.notional === undefined ? undefined : Math.abs(position.notional);
  return {
    symbol,
    atMs: notAhead(position.atMs, nowMs) ?? streamIdMs(position.id),
    qty: signed(position.qty, side),
    notionalUsd,
    markPrice,
    hedged: side === HEDGED,
    flat: isFlat(position.qty, notionalUsd, side),
  };
}

function hashRecord(source: HashView, symbol: string, nowMs: number): PositionRecord | undefined {
  const fields = source.get(symbol);
  if (fields === undefined) return undefined;
  const side = fields.side?.trim().toUpperCase();
  const qty = quantityOf(fields);
  const published = parseNumber(fields.position_notional_usd);
  const notionalUsd = published === undefined ? undefined : Math.abs(published);
  return {
    symbol,
    atMs: notAhead(timeOf(fields), nowMs),
    qty: signed(qty, side),
    notionalUsd,
    markPrice: parsePositive(fields.mark_price) ?? parsePositive(fields.current_price),
    hedged: side === HEDGED,
    flat: isFlat(qty, notionalUsd, side),
  };
}

function quantityOf(fields: Fields): number | undefined {
  return parseNumber(fields.position_qty) ?? parseNumber(fields.position_amt) ?? parseNumber(fields.quantity);
}

/** A time in the future is stale, so it says nothing about which report is newer. */
function notAhead(atMs: number | undefined, nowMs: number): number | undefined {
  return atMs !== undefined && atMs - nowMs > FUTURE_TOLERANCE_MS ? undefined : atMs;
}

function signed(qty: number | undefined, side: string | undefined): number | undefined {
  if (qty === undefined || side === undefined) return qty;
  if (side === 'FLAT') return 0;
  if (SHORT.has(side)) return -Math.abs(qty);
  return LONG.has(side) ? Math.abs(qty) : qty;
}

/** A report without a usable size is not a report of a closed position. */
function isFlat(qty: number | undefined, notionalUsd: number | undefined, side: string | undefined): boolean {
  if (side === 'FLAT') return true;
  const size = qty ?? notionalUsd;
  return size !== undefined && !isPosition(size);
}
