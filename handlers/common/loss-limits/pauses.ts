import { keys } from '../../../schemas/keys.ts';
import { formatNumber } from '../../../schemas/number.ts';
import { toEpochSeconds } from '../../../schemas/time.ts';
import {
  ALL_SYMBOLS,
  formatPause,
  hasStreakLimits,
  type LossPause,
  parsePauses,
  parseStreak,
  type StreakSettings,
  type streakLimits,
} from '../../../schemas/trades.ts';
import { type Effect, nothing, type Outcome } from '../../contract/effects.ts';
import { governorEvent, ledgerEntry } from '../governor-events.ts';
import { ACTOR, UNRECORDED } from './report.ts';
import { isPausing, type StreakFacts, type StreakLimits, streakOf } from './streaks.ts';

const REASON = 'consecutive_losses';

/** What surrounds a turn. */
export interface Around {
  readonly mode: string;
  readonly nowMs: number;
}

type Named = LossPause & { readonly symbol: string };

/** Losses in a row in a symbol, or over all, and their limit. */
export type Counted = Pick<Named, 'symbol' | 'losses' | 'limit'>;

/**
 * Latches limits on losses in a row (contract §4, Loss limits): one that is reached is kept with its event, its ledger
 * entry and its count, once, until its pause is over or a person releases it; a further loss begins the pause anew.
 */
export function pauseReport(facts: StreakFacts, settings: StreakLimits, around: Around): Outcome {
  const kept = facts.pauses?.wrongType === true ? undefined : parsePauses(facts.pauses?.fields ?? null);
  if (!hasStreakLimits(settings) || kept === undefined) return nothing;
  const { news, trips, ended } = pausesTurn(kept, facts, settings, around.nowMs);
  const written = Object.fromEntries(news.map((one) => [one.symbol, formatPause(one)]));
  return {
    effects: [
      ...(news.length === 0 ? [] : [{ do: 'hset', scope: 'shared', key: keys.lossPauses, fields: written } as const]),
      ...(ended.length === 0 ? [] : [{ do: 'hdel', scope: 'shared', key: keys.lossPauses, fields: ended } as const]),
      ...ended.flatMap((symbol) => released(symbol, around)),
      ...trips.flatMap((trip) => tripped(trip, around)),
    ],
    counts: trips.map(() => ({ metric: 'quantum_govern_loss_trips_total', labels: { reason: REASON } })),
    log: trips.map((trip) => ({ level: 'error', text: `LOSS LIMIT: ${streakWords(trip)} - OPEN is refused` })),
    more: trips.length > 0,
  };
}

/** What is new of limits on losses in a row: those to keep, those of them that were not held, and those that are over. */
export function pausesTurn(
  kept: ReadonlyMap<string, LossPause>,
  facts: StreakFacts,
  settings: StreakLimits,
  nowMs: number,
): { readonly news: readonly Named[]; readonly trips: readonly Named[]; readonly ended: readonly string[] } {
  const over = [...kept].flatMap(([symbol, pause]) => (isOver(pause, settings, nowMs) ? [symbol] : []));
  const news = reachedNow(facts, settings, nowMs).filter(({ symbol, atMs }) => kept.get(symbol)?.atMs !== atMs);
  const trips = news.filter(({ symbol }) => !kept.has(symbol) || over.includes(symbol));
  return { news, trips, ended: over.filter((symbol) => !news.some((one) => one.symbol === symbol)) };
}

/** The counts that are at their limit, within the pause after the last loss. */
function reachedNow(facts: StreakFacts, settings: StreakLimits, nowMs: number): readonly Named[] {
  return Object.entries(facts.streaks?.fields ?? {}).flatMap(([symbol, text]) => {
    const limit = settings[streakSettingOf(symbol)];
    const counted = parseStreak(text);
    if (limit === undefined || counted === undefined) return [];
    const isKnown = streakOf(facts, symbol, settings, nowMs) !== undefined;
    const agoMs = Math.max(0, nowMs - counted.atMs);
    if (!isKnown || !isPausing({ losses: counted.losses, agoMs }, limit, settings)) return [];
    return [{ symbol, limit, ...counted }];
  });
}

function isOver({ atMs }: LossPause, { GOV_LOSS_PAUSE_SEC: pauseSec }: StreakSettings, nowMs: number): boolean {
  return nowMs - atMs >= pauseSec * 1000;
}

/** The setting that limits losses in a row in a symbol, or over all. */
export function streakSettingOf(symbol: string): (typeof streakLimits)[number] {
  return symbol === ALL_SYMBOLS ? 'GOV_MAX_CONSECUTIVE_LOSSES' : 'GOV_MAX_CONSECUTIVE_LOSSES_SYMBOL';
}

function tripped(trip: Named, around: Around): readonly Effect[] {
  const entry = {
    action: 'loss_limit',
    actor: ACTOR,
    reason: REASON,
    before: '',
    after: `${streakWords(trip)}, the last at ${toEpochSeconds(trip.atMs)}`,
  } as const;
  return [streakEvent('LOSS_LIMIT', trip, around), { ...ledgerEntry(entry, around.nowMs), bestEffort: UNRECORDED }];
}

/** The event of losses in a row that reached their limit, or are near it. */
export function streakEvent(name: 'LOSS_LIMIT' | 'LOSS_WARNING', counted: Counted, { mode, nowMs }: Around): Effect {
  const { symbol, losses, limit } = counted;
  const figures = `"value":${formatNumber(losses)},"limit":${formatNumber(limit)}`;
  const checks = `[{"gate":"${REASON}","setting":"${streakSettingOf(symbol)}",${figures}}]`;
  const about = { reason: REASON, mode, checks, ...(symbol !== ALL_SYMBOLS && { symbol }) };
  return { ...governorEvent(name, about, nowMs), bestEffort: UNRECORDED };
}

function released(symbol: string, { mode, nowMs }: Around): readonly Effect[] {
  const reason = 'pause_over';
  const entry = {
    action: 'loss_release',
    actor: ACTOR,
    reason,
    before: `${REASON}${inSymbol(symbol)}`,
    after: '',
  } as const;
  const about = { reason, mode, ...(symbol !== ALL_SYMBOLS && { symbol }) };
  return [
    { ...governorEvent('LOSS_RELEASED', about, nowMs), bestEffort: UNRECORDED },
    { ...ledgerEntry(entry, nowMs), bestEffort: UNRECORDED },
  ];
}

/** Losses in a row and their limit in words. */
export function streakWords({ symbol, losses, limit }: Counted): string {
  return `${streakSettingOf(symbol)}: ${losses} losses in a row${inSymbol(symbol)}, limit ${limit}`;
}

function inSymbol(symbol: string): string {
  return symbol === ALL_SYMBOLS ? '' : ` in ${symbol}`;
}
