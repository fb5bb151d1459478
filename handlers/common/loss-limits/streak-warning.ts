import { keys } from '../../../schemas/keys.ts';
import type { LossSettings } from '../../../schemas/loss-limits.ts';
import { round10 } from '../../../schemas/number.ts';
import { ALL_SYMBOLS, hasStreakLimits, parseStreak } from '../../../schemas/trades.ts';
import { nothing, type Outcome } from '../../contract/effects.ts';
import type { HashFact } from '../../contract/reads.ts';
import { type Around, type Counted, streakEvent, streakSettingOf, streakWords } from './pauses.ts';
import { type StreakFacts, type StreakLimits, streakOf } from './streaks.ts';

type Limits = StreakLimits & Pick<LossSettings, 'GOV_LOSS_WARN_SHARE'>;

/** Warns of losses in a row once they are at the share of their limit that warns, once until they are below it again. */
export function streakWarnings(
  { warned, ...facts }: StreakFacts & { readonly warned: HashFact },
  settings: Limits,
  around: Around,
): Outcome {
  if (warned.wrongType) return nothing;
  const known = warned.fields ?? {};
  const near = nearStreaks(facts, settings, around.nowMs);
  const isKnown = streakOf(facts, ALL_SYMBOLS, settings, around.nowMs) !== undefined || !hasStreakLimits(settings);
  const fresh = near.filter(({ symbol, limit }) => known[symbol] !== String(limit));
  const told = fresh.filter(({ losses, limit }) => losses < limit);
  const done = isKnown ? Object.keys(known).filter((symbol) => !near.some((one) => one.symbol === symbol)) : [];
  const written = Object.fromEntries(fresh.map(({ symbol, limit }) => [symbol, String(limit)]));
  return {
    effects: [
      ...(fresh.length === 0 ? [] : [{ do: 'hset', scope: 'shared', key: keys.lossWarned, fields: written } as const]),
      ...(done.length === 0 ? [] : [{ do: 'hdel', scope: 'shared', key: keys.lossWarned, fields: done } as const]),
      ...told.map((one) => streakEvent('LOSS_WARNING', one, around)),
    ],
    log: told.map((one) => ({ level: 'warn', text: `loss near its limit: ${streakWords(one)}` })),
  };
}

/** Whether losses in a row, over all or in a symbol, are at the share of their limit that warns, or above. */
export function isStreakNear(facts: StreakFacts, settings: Limits, nowMs: number): boolean {
  return nearStreaks(facts, settings, nowMs).length > 0;
}

/** The counts from that share on: whole losses, so that it is rounded down, to one at least. */
function nearStreaks(facts: StreakFacts, settings: Limits, nowMs: number): readonly Counted[] {
  if (!hasStreakLimits(settings) || streakOf(facts, ALL_SYMBOLS, settings, nowMs) === undefined) return [];
  return Object.entries(facts.streaks?.fields ?? {}).flatMap(([symbol, text]) => {
    const [limit, losses = 0] = [settings[streakSettingOf(symbol)], parseStreak(text)?.losses];
    if (limit === undefined) return [];
    const from = Math.max(1, Math.floor(round10(limit * settings.GOV_LOSS_WARN_SHARE)));
    return losses >= from ? [{ symbol, losses, limit }] : [];
  });
}
