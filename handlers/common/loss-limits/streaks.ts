import { keys } from '../../../schemas/keys.ts';
import { isYounger, timeOf } from '../../../schemas/time.ts';
import {
  ALL_SYMBOLS,
  hasStreakLimits,
  type LossPause,
  parsePauses,
  parseStreak,
  type StreakSettings,
} from '../../../schemas/trades.ts';
import { type HashFact, hash } from '../../contract/reads.ts';
import { lastOf } from '../last-of.ts';

/** What losses in a row are judged on. */
export const streakReads = { streaks: hash(keys.lossStreaks), pauses: hash(keys.lossPauses) };

/** Losses in a row, and how long ago the last of them was known, ms. */
export interface Streak {
  readonly losses: number;
  readonly agoMs: number;
}

/** What losses in a row are judged on. */
export interface StreakFacts {
  readonly streaks?: HashFact | undefined;
  readonly pauses?: HashFact | undefined;
  readonly portfolio: HashFact;
}

/** What they are judged by. */
export type StreakLimits = StreakSettings & { readonly GOV_STATE_MAX_AGE_SEC: number };

/** What was reached and is not over: a trade that gained, or a count that was lost, ends no pause. Undefined where that cannot be read. */
function reachedOf({ pauses }: StreakFacts): ReadonlyMap<string, LossPause> | undefined {
  return pauses?.wrongType === true ? undefined : readPauses(pauses?.fields ?? null);
}

/** The same for every plan until it changes. */
const readPauses = lastOf(parsePauses);

/** The streak of a symbol, or of all (`*`); of one that was reached the longer. Undefined where nobody counts, or what is kept cannot be read. */
export function streakOf(
  facts: StreakFacts,
  symbol: string,
  settings: StreakLimits,
  nowMs: number,
): Streak | undefined {
  const { streaks, portfolio } = facts;
  const fields = streaks?.fields ?? null;
  const reached = reachedOf(facts);
  const atMs = portfolio.fields === null ? undefined : timeOf(portfolio.fields);
  const isFed = atMs !== undefined && isYounger(atMs, nowMs, settings.GOV_STATE_MAX_AGE_SEC * 1000);
  if (fields === null || !isFed || parseStreak(fields[ALL_SYMBOLS]) === undefined) return undefined;
  const text = fields[symbol];
  const streak = text === undefined ? { losses: 0, atMs: 0 } : parseStreak(text);
  if (streak === undefined || reached === undefined) return undefined;
  const held = reached.get(symbol);
  const holds = held !== undefined && nowMs - held.atMs < settings.GOV_LOSS_PAUSE_SEC * 1000;
  const { losses, atMs: lastMs } = holds && held.losses > streak.losses ? held : streak;
  return { losses, agoMs: Math.max(0, nowMs - lastMs) };
}

/** Whether a streak holds plans that open: it is as long as its limit, and its last loss is not so long ago as the pause. */
export function isPausing(
  { losses, agoMs }: Streak,
  limit: number | undefined,
  { GOV_LOSS_PAUSE_SEC: pauseSec }: Pick<StreakSettings, 'GOV_LOSS_PAUSE_SEC'>,
): boolean {
  return limit !== undefined && losses >= limit && agoMs < pauseSec * 1000;
}

/** The limits that hold plans now: of all symbols, or those of which plans wait. Nothing where none is set. */
export function pausedNow(
  facts: StreakFacts,
  settings: StreakLimits,
  nowMs: number,
): { readonly all: Streak | undefined; readonly symbols: ReadonlySet<string> } {
  if (!hasStreakLimits(settings)) return { all: undefined, symbols: new Set() };
  const held = (symbol: string, limit: number | undefined) => {
    const streak = streakOf(facts, symbol, settings, nowMs);
    return streak !== undefined && isPausing(streak, limit, settings) ? streak : undefined;
  };
  const named = [...Object.keys(facts.streaks?.fields ?? {}), ...Object.keys(facts.pauses?.fields ?? {})];
  const symbols = named.filter(
    (symbol) => symbol !== ALL_SYMBOLS && held(symbol, settings.GOV_MAX_CONSECUTIVE_LOSSES_SYMBOL) !== undefined,
  );
  return { all: held(ALL_SYMBOLS, settings.GOV_MAX_CONSECUTIVE_LOSSES), symbols: new Set(symbols) };
}
