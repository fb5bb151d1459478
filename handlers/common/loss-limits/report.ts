import { keys } from '../../../schemas/keys.ts';
import {
  type EquityReading,
  formatLossMarks,
  type LossMarks,
  type LossTrip,
  NO_MARKS,
  parseLossMarks,
  parseLossTrips,
} from '../../../schemas/loss-latch.ts';
import { hasLossLimits, type LossKind, type LossSettings, lossReasons } from '../../../schemas/loss-limits.ts';
import { formatNumber, parseNumber } from '../../../schemas/number.ts';
import { FUTURE_TOLERANCE_MS, isYounger, timeOf, toEpochSeconds } from '../../../schemas/time.ts';
import type { Fields } from '../../../schemas/wire.ts';
import { type BestEffort, type Effect, nothing, type Outcome } from '../../contract/effects.ts';
import type { HashFact } from '../../contract/reads.ts';
import { governorEvent, ledgerEntry } from '../governor-events.ts';
import { lossText } from './figures.ts';
import { judgeReading, type LossTurn, type StatedReading } from './judge.ts';

/** A stream of another type must not keep a loss from stopping what opens. */
export const UNRECORDED: BestEffort = {
  warning: 'a loss limit was reached or released, and a stream is of another type',
};
/** Who reaches and releases a limit, where no person does. */
export const ACTOR = 'governor';

type LossNotice = LossTrip & { readonly kind: LossKind };
type Around = { readonly mode: string; readonly nowMs: number };
type Limits = LossSettings & { readonly GOV_STATE_MAX_AGE_SEC: number };

/**
 * Judges a state of the account that was not judged before (contract §4, Loss limits): the marks, with each trip its
 * event, its ledger entry and its count, in one commit. A missing or stale state says nothing.
 */
export function lossReport(
  { lossLatch, portfolio }: { readonly lossLatch: HashFact; readonly portfolio: HashFact },
  settings: Limits,
  around: Around,
): Outcome {
  if (!hasLossLimits(settings) || lossLatch.wrongType) return nothing;
  const before = lossLatch.fields === null ? NO_MARKS : parseLossMarks(lossLatch.fields);
  const turn = before && lossTurn(before, portfolio, settings, around.nowMs);
  if (turn === undefined) return nothing;
  const { trips, warnings, freed } = turn;
  return {
    effects: [
      ...written(turn.marks, nextRev(lossLatch.fields), lossLatch.fields, around.nowMs),
      ...(lossLatch.fields === null ? [started(turn.marks, around.nowMs)] : []),
      ...trips.flatMap((trip) => tripped(trip, around)),
      ...warnings.map((warning) => event('LOSS_WARNING', warning, around)),
      ...freed.flatMap((kind) => released(kind, around)),
    ],
    counts: trips.map(({ kind }) => ({
      metric: 'quantum_govern_loss_trips_total',
      labels: { reason: lossReasons[kind] },
    })),
    log: [
      ...trips.map((trip) => ({ level: 'error' as const, text: `LOSS LIMIT: ${words(trip)} - OPEN is refused` })),
      ...warnings.map((warning) => ({ level: 'warn' as const, text: `loss near its limit: ${words(warning)}` })),
    ],
    more: trips.length > 0,
  };
}

/** What the state of the account comes to for these marks; undefined where it says nothing new. */
export function lossTurn(
  before: LossMarks,
  { fields }: HashFact,
  settings: Limits,
  nowMs: number,
): LossTurn | undefined {
  const stated = fields === null ? undefined : statedReading(fields, settings.GOV_STATE_MAX_AGE_SEC * 1000, nowMs);
  return stated !== undefined && isNews(before, stated, nowMs) ? judgeReading(before, stated, settings) : undefined;
}

/** The revision after that of a stored hash. */
export function nextRev(fields: Fields | null): number {
  return Math.floor(parseNumber(fields?.rev) ?? 0) + 1;
}

/** Whether a trip holds: permits to open are taken back for as long as it does. */
export function heldLoss({ fields }: HashFact): string | undefined {
  const [kind] = Object.keys((fields && parseLossTrips(fields)) ?? {}) as LossKind[];
  return kind === undefined ? undefined : lossReasons[kind];
}

function statedReading(fields: Fields, maxAgeMs: number, nowMs: number): StatedReading | undefined {
  const [atMs, equityUsd] = [timeOf(fields), parseNumber(fields.equity_usd)];
  if (atMs === undefined || equityUsd === undefined || !isYounger(atMs, nowMs, maxAgeMs)) return undefined;
  const totalUsd = parseNumber(fields.net_transfers_usd) ?? 0;
  return { atMs, equityUsd, transfers: { totalUsd, since: fields.net_transfers_since_ms ?? '' } };
}

/** A reading judged before is no news, nor one that goes back in time, but after a clock that had been ahead. */
function isNews({ recent }: LossMarks, { atMs }: StatedReading, nowMs: number): boolean {
  const lastMs = recent.at(-1)?.atMs;
  return lastMs === undefined || atMs > lastMs || lastMs > nowMs + FUTURE_TOLERANCE_MS;
}

function written(marks: LossMarks, rev: number, before: Fields | null, nowMs: number): readonly Effect[] {
  const since = before?.started_ms ?? formatNumber(nowMs);
  const fields = { rev: String(rev), started_ms: since, ...formatLossMarks(marks), timestamp: toEpochSeconds(nowMs) };
  const latch: Effect = { do: 'hset', scope: 'shared', key: keys.lossLatch, fields };
  if (before?.released === undefined) return [latch];
  return [latch, { do: 'hdel', scope: 'shared', key: keys.lossLatch, fields: ['released'] }];
}

function started({ recent }: LossMarks, nowMs: number): Effect {
  const after = `equity ${formatNumber((recent.at(-1) as EquityReading).equityUsd)} USD`;
  const entry = {
    action: 'loss_started',
    actor: ACTOR,
    reason: 'no marks of losses were kept',
    before: '',
    after,
  } as const;
  return { ...ledgerEntry(entry, nowMs), bestEffort: UNRECORDED };
}

function tripped(trip: LossNotice, around: Around): readonly Effect[] {
  const { kind, atMs } = trip;
  const entry = {
    action: 'loss_limit',
    actor: ACTOR,
    reason: lossReasons[kind],
    before: '',
    after: `${words(trip)}, read at ${toEpochSeconds(atMs)}`,
  } as const;
  return [event('LOSS_LIMIT', trip, around), { ...ledgerEntry(entry, around.nowMs), bestEffort: UNRECORDED }];
}

function released(kind: LossKind, { mode, nowMs }: Around): readonly Effect[] {
  const reason = 'day_turned';
  const entry = { action: 'loss_release', actor: ACTOR, reason, before: lossReasons[kind], after: '' } as const;
  return [
    { ...governorEvent('LOSS_RELEASED', { reason, mode }, nowMs), bestEffort: UNRECORDED },
    { ...ledgerEntry(entry, nowMs), bestEffort: UNRECORDED },
  ];
}

function event(
  name: 'LOSS_LIMIT' | 'LOSS_WARNING',
  { kind, setting, value, limit }: LossNotice,
  around: Around,
): Effect {
  const checks = `[{"gate":"loss_limit","setting":"${setting}","value":${formatNumber(value)},"limit":${formatNumber(limit)}}]`;
  const details = { reason: lossReasons[kind], mode: around.mode, checks };
  return { ...governorEvent(name, details, around.nowMs), bestEffort: UNRECORDED };
}

function words({ setting, value, limit }: LossNotice): string {
  return `${setting}: a loss of ${lossText(setting, value)}, limit ${lossText(setting, limit)}`;
}
