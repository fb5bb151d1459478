import { keys } from '../../../schemas/keys.ts';
import { isYounger, timeOf } from '../../../schemas/time.ts';
import { ALL_SYMBOLS, hasStreakLimits, parseStreak, type StreakSettings } from '../../../schemas/trades.ts';
import { type HashFact, hash } from '../../contract/reads.ts';

/** Read only while losses in a row are limited. */
export const streakReads = { streaks: hash(keys.lossStreaks) };

/** Losses in a row, and how long ago the last of them was known, ms. */
export interface Streak {
  readonly losses: number;
  readonly agoMs: number;
}

/** What losses in a row are judged on. */
interface StreakFacts {
  readonly streaks?: HashFact | undefined;
  readonly portfolio: HashFact;
}

type Limits = StreakSettings & { readonly GOV_STATE_MAX_AGE_SEC: number };

/** The streak of a symbol, or of all (`*`); undefined where nobody counts, or the count cannot be read. */
export function streakOf(
  { streaks, portfolio }: StreakFacts,
  symbol: string,
  settings: Limits,
  nowMs: number,
): Streak | undefined {
  const fields = streaks?.fields ?? null;
  const atMs = portfolio.fields === null ? undefined : timeOf(portfolio.fields);
  const isFed = atMs !== undefined && isYounger(atMs, nowMs, settings.GOV_STATE_MAX_AGE_SEC * 1000);
  if (fields === null || !isFed || parseStreak(fields[ALL_SYMBOLS]) === undefined) return undefined;
  const text = fields[symbol];
  const streak = text === undefined ? { losses: 0, atMs: 0 } : parseStreak(text);
  return streak && { losses: streak.losses, agoMs: Math.max(0, nowMs - streak.atMs) };
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
  settings: Limits,
  nowMs: number,
): { readonly all: Streak | undefined; readonly symbols: ReadonlySet<string> } {
  if (!hasStreakLimits(settings)) return { all: undefined, symbols: new Set() };
  const held = (symbol: string, limit: number | undefined) => {
    const streak = streakOf(facts, symbol, settings, nowMs);
    return streak !== undefined && isPausing(streak, limit, settings) ? streak : undefined;
  };
  const symbols = Object.keys(facts.streaks?.fields ?? {}).filter(
    (symbol) => symbol !== ALL_SYMBOLS && held(symbol, settings.GOV_MAX_CONSECUTIVE_LOSSES_SYMBOL) !== undefined,
  );
  return { all: held(ALL_SYMBOLS, settings.GOV_MAX_CONSECUTIVE_LOSSES), symbols: new Set(symbols) };
}
