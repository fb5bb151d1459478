import { type EquityReading, type LossMarks, tradedUsd } from '../../../schemas/loss-latch.ts';
import { type LossKind, lossKinds } from '../../../schemas/loss-limits.ts';
import { round10 } from '../../../schemas/number.ts';

/**
 * Of marks that were kept in two places the worse of both: every trip of either, and of two bases of one period the
 * higher, transfers counted out. `found` are the younger ones, whose count of transfers may have begun anew.
 */
export function worseOf(kept: LossMarks, found: LossMarks): LossMarks {
  const byUsd = offsetUsd(kept, found);
  const shifted = (reading: EquityReading): EquityReading => ({
    ...reading,
    transfersUsd: round10(reading.transfersUsd + byUsd),
  });
  const bases: Partial<Record<LossKind, EquityReading>> = {};
  for (const kind of lossKinds) {
    const [mine, theirs] = [kept.bases[kind], found.bases[kind]];
    const base = worseBase(kind, { ...kept, base: mine }, { ...found, base: theirs && shifted(theirs) });
    if (base !== undefined) bases[kind] = base;
  }
  return {
    recent: found.recent.length === 0 ? kept.recent : found.recent.map(shifted),
    feed: found.feed ?? kept.feed,
    day: later(kept.day, found.day),
    week: later(kept.week, found.week),
    bases,
    tripped: { ...found.tripped, ...kept.tripped },
    warned: { ...kept.warned, ...found.warned },
    released: [],
  };
}

/** What the count of transfers of the younger marks lacks of that of the older ones, US dollars. */
function offsetUsd(kept: LossMarks, found: LossMarks): number {
  const [mine, theirs] = [kept.recent.at(-1), found.recent.at(-1)];
  if (mine === undefined || theirs === undefined || found.feed === undefined) return 0;
  const before = kept.feed?.since === found.feed.since ? kept.feed.totalUsd : 0;
  return round10(mine.transfersUsd + (found.feed.totalUsd - before) - theirs.transfersUsd);
}

type Place = Pick<LossMarks, 'day' | 'week'> & { readonly base: EquityReading | undefined };

function worseBase(kind: LossKind, kept: Place, found: Place): EquityReading | undefined {
  if (kind === 'daily' && kept.day !== found.day) return kept.day > found.day ? kept.base : found.base;
  if (kind === 'weekly' && kept.week !== found.week) return kept.week > found.week ? kept.base : found.base;
  if (kept.base === undefined || kind === 'static') return kept.base ?? found.base;
  return found.base !== undefined && tradedUsd(found.base) > tradedUsd(kept.base) ? found.base : kept.base;
}

function later(...dates: readonly string[]): string {
  return dates.toSorted().at(-1) ?? '';
}
