import type { AccountPosition, AccountReport } from '../../schemas/account.ts';
import { DAY_SEC, MINUTE_MS } from '../../schemas/duration.ts';
import { keys, streams } from '../../schemas/keys.ts';
import { formatNumber } from '../../schemas/number.ts';
import { figure, formatWritten, parseWritten, type WrittenPosition } from '../../schemas/portfolio-state.ts';
import { toEpochSeconds } from '../../schemas/time.ts';
import type { Fields } from '../../schemas/wire.ts';
import type { Effect } from '../contract/effects.ts';
import type { Reported } from './views.ts';

/** A snapshot is sent again at least so often, ms: silence would close a position for heat after 900 s. */
const SENT_AGAIN_AFTER_MS = MINUTE_MS;
/** Snapshots of one reading beside those of positions that changed, so that a commit stays short. */
const SENT_AGAIN_AT_ONCE = 100;
/** Caps count a position for a day after the last report; a closed one need not be found so long. */
const HELD_TTL_SEC = DAY_SEC;
const CLOSED_TTL_SEC = 900;

/** What a reading changes of what is known of positions. */
export interface PositionsOutcome {
  readonly effects: readonly Effect[];
  readonly closed: readonly string[];
}

/** The positions the feed wrote as held, by symbol. */
export function writtenPositions(fields: Fields | null): ReadonlyMap<string, WrittenPosition> {
  const written = new Map<string, WrittenPosition>();
  for (const [symbol, text] of Object.entries(fields ?? {})) {
    const position = parseWritten(text);
    if (position !== undefined) written.set(symbol, position);
  }
  return written;
}

/** Snapshots of all positions that changed, of the others from time to time, and one of each that is closed (contract §5). */
export function positionEffects(
  report: AccountReport,
  held: ReadonlyMap<string, WrittenPosition>,
  reported: Reported,
): PositionsOutcome {
  const due = dueSnapshots(report, held, reported);
  const closed = closedSymbols(report, held, reported);
  const written = due.map((position) => [position.symbol, formatWritten(writtenOf(position, report.takenMs))] as const);
  const effects: Effect[] = [
    ...due.flatMap((position) =>
      snapshotEffects(position.symbol, heldFields(position, report, reported), HELD_TTL_SEC),
    ),
    ...closed.flatMap((symbol) => snapshotEffects(symbol, flatFields(symbol, report), CLOSED_TTL_SEC)),
  ];
  if (written.length > 0) {
    effects.push({ do: 'hset', scope: 'shared', key: keys.feedHeld, fields: Object.fromEntries(written) });
  }
  const gone = closed.filter((symbol) => held.has(symbol));
  if (gone.length > 0) effects.push({ do: 'hdel', scope: 'shared', key: keys.feedHeld, fields: gone });
  return { effects, closed };
}

/** Signed quantity of a position. */
export function netQty(position: { readonly longQty: number; readonly shortQty: number }): number {
  return position.longQty - position.shortQty;
}

function dueSnapshots(
  report: AccountReport,
  held: ReadonlyMap<string, WrittenPosition>,
  reported: Reported,
): readonly AccountPosition[] {
  const changed: AccountPosition[] = [];
  const others: { readonly position: AccountPosition; readonly atMs: number }[] = [];
  for (const position of report.positions) {
    const before = held.get(position.symbol);
    if (before === undefined || hasChanged(position, before) || isOverwritten(position, reported))
      changed.push(position);
    else if (
      isRepriced(position, before) ||
      lacksSigma(position, reported) ||
      report.takenMs - before.atMs >= SENT_AGAIN_AFTER_MS
    ) {
      others.push({ position, atMs: before.atMs });
    }
  }
  others.sort((a, b) => a.atMs - b.atMs);
  return [...changed, ...others.slice(0, SENT_AGAIN_AT_ONCE).map(({ position }) => position)];
}

function hasChanged(position: AccountPosition, before: WrittenPosition): boolean {
  return position.longQty !== before.longQty || position.shortQty !== before.shortQty;
}

function isRepriced(position: AccountPosition, before: WrittenPosition): boolean {
  return position.markPrice !== before.markPrice || position.grossNotionalUsd !== before.grossNotionalUsd;
}

/** Whether a volatility has become known since the snapshot was sent: a symbol is watched only once it is held. */
function lacksSigma({ symbol }: AccountPosition, reported: Reported): boolean {
  return !reported.hasSigma(symbol) && reported.sigma1d(symbol) !== undefined;
}

/** Whether somebody else's snapshot has taken the place of ours. */
function isOverwritten(position: AccountPosition, reported: Reported): boolean {
  const snapshot = reported.snapshot(position.symbol);
  return snapshot === undefined || snapshot.flat || (snapshot.qty ?? netQty(position)) !== netQty(position);
}

/** Symbols that were held, by our own word or by the newest of anybody's from before this reading, and are not any more. */
function closedSymbols(
  report: AccountReport,
  held: ReadonlyMap<string, WrittenPosition>,
  reported: Reported,
): readonly string[] {
  const open = new Set([...report.positions.map(({ symbol }) => symbol), ...report.unreadable]);
  const closed = new Set([...held.keys()].filter((symbol) => !open.has(symbol)));
  for (const symbol of reported.symbols()) {
    const record = open.has(symbol) ? undefined : reported.newest(symbol);
    if (record !== undefined && !record.flat && (record.atMs ?? 0) <= report.takenMs) closed.add(symbol);
  }
  return [...closed].sort();
}

function snapshotEffects(symbol: string, fields: Record<string, string>, ttlSec: number): Effect[] {
  const failed = [{ metric: 'feed_position_write_fail_total' }];
  return [
    { do: 'emit', stream: streams.snapshots, fields: { event_type: 'position.snapshot', ...fields } },
    {
      do: 'hset',
      key: keys.positionSnapshot(symbol),
      fields,
      ttlSec,
      replace: true,
      bestEffort: { failed, warning: `account feed: the position hash of ${symbol} could not be written` },
    },
  ];
}

/** Both sides open and equal have no quantity a reader could use: the notional says that there is a position. */
function heldFields(position: AccountPosition, report: AccountReport, reported: Reported): Record<string, string> {
  const net = netQty(position);
  const hedged = position.longQty > 0 && position.shortQty > 0;
  return {
    symbol: position.symbol,
    side: hedged ? 'HEDGED' : net < 0 ? 'SHORT' : 'LONG',
    ...(net === 0 ? {} : { position_qty: formatNumber(hedged ? net : Math.abs(net)) }),
    ...(hedged ? { long_qty: formatNumber(position.longQty), short_qty: formatNumber(position.shortQty) } : {}),
    ...figure('position_notional_usd', position.grossNotionalUsd),
    ...figure('mark_price', position.markPrice),
    ...figure('unrealized_pnl', position.unrealizedPnlUsd),
    ...figure('leverage', position.leverage),
    ...figure('sigma_1d', reported.sigma1d(position.symbol)),
    timestamp: toEpochSeconds(report.takenMs),
    source: report.source,
  };
}

function flatFields(symbol: string, report: AccountReport): Record<string, string> {
  return {
    symbol,
    side: 'FLAT',
    position_qty: '0',
    position_notional_usd: '0',
    timestamp: toEpochSeconds(report.takenMs),
    source: report.source,
  };
}

function writtenOf(position: AccountPosition, takenMs: number): WrittenPosition {
  const { longQty, shortQty, grossNotionalUsd, markPrice } = position;
  return { longQty, shortQty, grossNotionalUsd, markPrice, atMs: takenMs };
}
