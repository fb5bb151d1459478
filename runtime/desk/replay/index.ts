import { setImmediate } from 'node:timers/promises';
import { streamIdMs } from '../../../schemas/time.ts';
import type { TimeRange } from '../decisions/decision-export.ts';
import type { DecisionPage } from '../decisions/decision-file.ts';
import { type DecisionFilter, matches } from '../decisions/decisions.ts';
import { JointRun } from './joint.ts';
import { Replay, type ReplayResult } from './replay.ts';
import type { ReplayRules } from './rules.ts';

/** Which decisions are judged again, by what, and who is told how far that is. */
export interface ReplayRequest {
  readonly pages: AsyncIterable<DecisionPage>;
  readonly rules: ReadonlyMap<string, ReplayRules>;
  readonly filter: DecisionFilter;
  readonly range: TimeRange;
  /** Whether each is judged after what those before it came to, those that the filter leaves out too. */
  readonly joint?: boolean;
  /** Ends the replay at the next page; the result is what was found until then. */
  readonly signal: AbortSignal;
  /** Told after each page: how much is done, 0 … 1, and how many decisions were looked at. */
  readonly onPage?: (share: number, decisions: number) => void;
}

/** A replay's result, with how long it took. */
export interface TimedReplay extends ReplayResult {
  readonly took_ms: number;
  /** Whether it was ended before all decisions were judged. */
  readonly stopped: boolean;
}

/** Judges the decisions of a log again, page by page; the process stays responsive meanwhile. */
export async function replay(request: ReplayRequest): Promise<TimedReplay> {
  const { pages, rules, filter, range, signal, onPage, joint = false } = request;
  const startedMs = performance.now();
  const run = new Replay(rules, joint ? new JointRun() : undefined);
  let looked = 0;
  for await (const { decisions, share } of pages) {
    if (signal.aborted) break;
    for (const decision of decisions) {
      const atMs = streamIdMs(decision.id);
      if (atMs >= range.fromMs && atMs <= range.toMs) run.add(decision, matches(filter, decision));
    }
    looked += decisions.length;
    onPage?.(share, looked);
    await setImmediate();
  }
  return {
    ...run.result(),
    took_ms: Math.round(performance.now() - startedMs),
    stopped: signal.aborted,
  };
}
