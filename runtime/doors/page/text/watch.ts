import { mostChanged } from '../../../../schemas/watch-limits.ts';
import type { ActivationView } from '../state/wire.ts';
import { count, counted, money, percent } from './figures.ts';
import { span } from './moments.ts';

type Watch = NonNullable<ActivationView['last']>;

/** How a watch stands. */
export interface WatchWords {
  readonly text: string;
  readonly tone: 'passed' | 'changed' | 'stopped' | 'noted';
}

/** How the last activation stands, by the server's clock. */
export function watchWords({ state, outcome, until_ms, to }: Watch, atMs: number): WatchWords {
  switch (state) {
    case 'watching':
      return { text: `Under watch for another ${span(Math.max(0, until_ms - atMs) / 1000)}`, tone: 'changed' };
    case 'rolled_back':
      return { text: `Rolled back: ${outcome}`, tone: 'stopped' };
    case 'kept':
      return { text: `Watched to its end, and kept in ${to}`, tone: 'passed' };
    case 'ended':
      return { text: `The watch was ended: ${outcome}`, tone: 'noted' };
  }
}

/** What would end a watch early: each condition with its limit. */
export function conditionWords({
  conditions,
  changed_share,
}: Watch): readonly (readonly [what: string, most: string])[] {
  const { stale_share, stale_from, ...most } = conditions;
  return [
    ['Protective exits changed', `at most ${count(most.protective_exits_changed)}`],
    ['Could not be judged', `at most ${count(most.errors)}`],
    ['Dead letters', `at most ${count(most.dead_letters)}`],
    ['Writes that failed', `at most ${count(most.write_failures)}`],
    ['Inputs not fresh', `at most ${percent(stale_share)}, from ${counted(stale_from, 'decision')} on`],
    ['Stood in the way', changedWords(mostChanged(conditions, changed_share))],
    ['Other gates blocked closes', limitWords(most.blocked_closes, count)],
    ['Kept parts lost', limitWords(most.kept_loss_usd, money)],
    ['Equity fell', limitWords(most.drawdown, percent)],
    ['A message waits', `at most ${span(most.waiting_ms / 1000)}`],
    ['A lane is held', `at most ${span(most.held_ms / 1000)}`],
  ];
}

function changedWords(most: ReturnType<typeof mostChanged>): string {
  if (most === undefined) return 'no limit: it did each time before';
  // Cut, not rounded: what is below every decision is not shown as all of them.
  return `at most ${percent(Math.floor(most.share * 1_000 + 1e-9) / 1_000)}, from ${counted(most.from, 'decision')} on`;
}

function limitWords(limit: number | null, words: (value: number) => string): string {
  return limit === null ? 'not watched' : `at most ${words(limit)}`;
}

/** What was done, and how fast every worker went by it. */
export function followed(
  what: string,
  { workers, slowest_ms, missing }: Followers,
): { readonly text: string; readonly isWell: boolean } {
  if (missing.length > 0)
    return { text: `${what}, but not noticed within 5 s by ${missing.join(', ')}`, isWell: false };
  if (workers.length === 0) return { text: `${what}; no worker runs`, isWell: true };
  return {
    text: `${what}: ${counted(workers.length, 'worker')}, the slowest after ${count(slowest_ms)} ms`,
    isWell: true,
  };
}

interface Followers {
  readonly workers: readonly string[];
  readonly slowest_ms: number;
  readonly missing: readonly string[];
}
