import { HOUR_MS, MINUTE_MS } from '../../../schemas/duration.ts';
import { streamIdMs } from '../../../schemas/time.ts';
import type { SearchRange, StreamEntry } from './search.ts';

const BESIDE_MS = 5 * MINUTE_MS;

/** Where to look in the streams beside the decision log. Everywhere, as far as is asked for, where nothing is known of the plan. */
export interface Ranges {
  /** Proposals, plans and dead letters: five minutes around the decisions, an hour with a bound of one's own. */
  readonly inputs: SearchRange;
  /** Results: up to an hour after the last decision. */
  readonly results: SearchRange;
  /** Events: around the decisions and these results; undefined where there are none of both, and no bound was asked for. */
  events(results: readonly StreamEntry[]): SearchRange | undefined;
}

/** The ranges that decisions (oldest first) lead to. `oldest` is what was asked for: `-`, or Unix ms as `bounded` says. */
export function rangesOf(
  decisions: readonly StreamEntry[],
  { oldest, deadlineMs, bounded }: { readonly oldest: string; readonly deadlineMs: number; readonly bounded: boolean },
): Ranges {
  const besideMs = bounded ? HOUR_MS : BESIDE_MS;
  const everywhere = { newest: '+', oldest, deadlineMs };
  const around = (entries: readonly StreamEntry[], afterMs: number): SearchRange => {
    const times = entries.flatMap(({ id, fields }) => [id, fields.source_id || id].map(streamIdMs));
    if (times.length === 0) return everywhere;
    const fromMs = Math.max(0, Math.min(...times) - besideMs);
    return { newest: String(Math.max(...times) + afterMs), oldest: String(fromMs), deadlineMs };
  };
  return {
    inputs: around(decisions, besideMs),
    results: around(decisions, HOUR_MS),
    events: (results) => {
      const known = [...decisions, ...results];
      return known.length === 0 && !bounded ? undefined : around(known, besideMs);
    },
  };
}
