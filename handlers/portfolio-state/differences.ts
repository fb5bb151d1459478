import type { AccountReport } from '../../schemas/account.ts';
import { keys } from '../../schemas/keys.ts';
import { formatNumber } from '../../schemas/number.ts';
import {
  formatDifference,
  type PositionDifference,
  parseDifference,
  type WrittenPosition,
} from '../../schemas/portfolio-state.ts';
import { sideOf } from '../../schemas/position.ts';
import { toEpochSeconds } from '../../schemas/time.ts';
import type { Fields } from '../../schemas/wire.ts';
import type { PositionRecord } from '../common/position-record.ts';
import type { Effect } from '../contract/effects.ts';
import { netQty } from './positions.ts';
import type { Reported } from './views.ts';

const DUST = 1e-8;
/** A producer may be that much slower than the exchange before its figure counts as wrong, ms. */
const GRACE_MS = 10_000;
/** So long an operator sees a difference after it was seen last, ms. */
const SHOWN_MS = 600_000;

/** A difference with the symbol it is of. */
export interface NamedDifference extends PositionDifference {
  readonly symbol: string;
}

/** Where others' positions differ from the exchange's: what is new of it, and what to write. */
export interface DifferencesOutcome {
  /** Told for the first time. */
  readonly told: readonly NamedDifference[];
  readonly effects: readonly Effect[];
}

/** Compares what other producers wrote before this reading with it; the exchange wins (contract §5, Reconciliation). */
export function differences(
  report: AccountReport,
  held: ReadonlyMap<string, WrittenPosition>,
  reported: Reported,
  known: Fields | null,
): DifferencesOutcome {
  const before = parsedAll(known);
  const now = new Map(differing(report, held, reported).map((one) => [one.symbol, since(one, before.get(one.symbol))]));
  const told = [...now.values()].filter((one) => one.told && before.get(one.symbol)?.told !== true);
  const over = [...before].filter(([symbol, one]) => !now.has(symbol) && isOver(one, report.takenMs));
  const gone = [...over.map(([symbol]) => symbol), ...unreadableNames(known, before)];
  return {
    told,
    effects: [
      ...kept(now),
      ...forgotten(gone),
      ...[...now.values()].filter(isOverruled).map((one) => overruling(one, report)),
    ],
  };
}

function differing(
  report: AccountReport,
  held: ReadonlyMap<string, WrittenPosition>,
  reported: Reported,
): readonly NamedDifference[] {
  const open = new Map(report.positions.map((position) => [position.symbol, netQty(position)]));
  const found: NamedDifference[] = [];
  for (const symbol of reported.symbols()) {
    if (report.unreadable.includes(symbol)) continue;
    const exchangeQty = open.get(symbol) ?? 0;
    const other = foreign(symbol, held.get(symbol), reported, report);
    const wrong = other.find(({ qty }) => differ(qty, exchangeQty));
    if (wrong === undefined) continue;
    const { qty: otherQty, where } = wrong;
    found.push({ symbol, exchangeQty, otherQty, where, sinceMs: report.takenMs, seenMs: report.takenMs, told: false });
  }
  return found;
}

/** What others say of a symbol, as of before the reading: a snapshot that is not the one we wrote, and their hash. */
function foreign(
  symbol: string,
  written: WrittenPosition | undefined,
  reported: Reported,
  report: AccountReport,
): readonly { readonly where: string; readonly qty: number }[] {
  const others: { where: string; qty: number }[] = [];
  const snapshot = quantityBefore(reported.snapshot(symbol), report.takenMs);
  const own = written === undefined ? 0 : netQty(written);
  if (snapshot !== undefined && differ(snapshot, own)) others.push({ where: 'position.snapshot', qty: snapshot });
  const state = quantityBefore(reported.state(symbol), report.takenMs);
  const isOurs = reported.stateSource(symbol) === report.source;
  if (state !== undefined && !isOurs) others.push({ where: 'state:positions', qty: state });
  return others;
}

function quantityBefore(record: PositionRecord | undefined, takenMs: number): number | undefined {
  if (record === undefined || (record.atMs ?? 0) > takenMs) return undefined;
  return record.flat ? 0 : record.qty;
}

function differ(one: number, other: number): boolean {
  return Math.abs(one - other) > DUST * Math.max(1, Math.abs(one), Math.abs(other));
}

/** A snapshot that is not ours is wrong at once; a hash only after the grace, for it is written as fills come in. */
function since(one: NamedDifference, before: PositionDifference | undefined): NamedDifference {
  const sinceMs = before !== undefined && before.where === one.where ? before.sinceMs : one.sinceMs;
  const told = before?.told === true || one.where === 'position.snapshot' || one.seenMs - sinceMs >= GRACE_MS;
  return { ...one, sinceMs, told };
}

function isOver(one: PositionDifference, takenMs: number): boolean {
  return !one.told || takenMs - one.seenMs > SHOWN_MS;
}

function isOverruled(one: NamedDifference): boolean {
  return one.told && one.where === 'state:positions';
}

/** The exchange's figures in the hash of another producer. */
function overruling({ symbol, exchangeQty }: NamedDifference, report: AccountReport): Effect {
  const side = sideOf(exchangeQty);
  return {
    do: 'hset',
    key: keys.positionState(symbol),
    fields: {
      symbol,
      position_amt: formatNumber(exchangeQty),
      quantity: formatNumber(Math.abs(exchangeQty)),
      side,
      ts_epoch: toEpochSeconds(report.takenMs),
      timestamp: toEpochSeconds(report.takenMs),
      source: report.source,
    },
    bestEffort: { failed: [{ metric: 'feed_position_write_fail_total' }] },
  };
}

function kept(now: ReadonlyMap<string, NamedDifference>): readonly Effect[] {
  if (now.size === 0) return [];
  const fields = Object.fromEntries([...now].map(([symbol, one]) => [symbol, formatDifference(one)]));
  return [{ do: 'hset', scope: 'shared', key: keys.feedDifferences, fields }];
}

function forgotten(symbols: readonly string[]): readonly Effect[] {
  return symbols.length === 0 ? [] : [{ do: 'hdel', scope: 'shared', key: keys.feedDifferences, fields: symbols }];
}

function parsedAll(known: Fields | null): ReadonlyMap<string, PositionDifference> {
  const all = new Map<string, PositionDifference>();
  for (const [symbol, text] of Object.entries(known ?? {})) {
    const difference = parseDifference(text);
    if (difference !== undefined) all.set(symbol, difference);
  }
  return all;
}

function unreadableNames(known: Fields | null, read: ReadonlyMap<string, unknown>): readonly string[] {
  return Object.keys(known ?? {}).filter((symbol) => !read.has(symbol));
}
