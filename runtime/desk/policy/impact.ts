import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { DAY_MS } from '../../../schemas/duration.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { loggedPages } from '../decisions/decision-log.ts';
import { replay } from '../replay/index.ts';

/** Longest that somebody who is about to change a limit is kept waiting. */
const AT_MOST_MS = 5_000;
const SPAN_MS = DAY_MS;
const SHOWN = 5;

/** What other limits would have changed of the decisions of a gate in the last 24 hours, on the figures that were logged. */
export interface Impact {
  /** Decisions that were judged again. */
  readonly decisions: number;
  /** How many would have come out otherwise, and how many of these with another verdict. */
  readonly changed: number;
  readonly verdict_changed: number;
  /** The most frequent changes, most frequent first. */
  readonly changes: readonly { readonly from: string; readonly to: string; readonly count: number }[];
  /** Decisions that were not judged again: their entries lack what these limits rest on. */
  readonly not_recorded: number;
  /** Whether all were judged: after five seconds the newer ones are left out. */
  readonly complete: boolean;
}

/** Judges the decisions of the last 24 hours before `nowMs` again by a handler's settings, each in the mode it was made in. */
export async function impactOf(
  redis: Redis,
  portfolio: Portfolio,
  handler: AnyHandler,
  settings: unknown,
  nowMs: number,
): Promise<Impact> {
  const range = { fromMs: nowMs - SPAN_MS, toMs: nowMs };
  const found = await replay({
    pages: loggedPages(redis, portfolio, range),
    rules: new Map([[handler.name, { handler, settings, mode: undefined }]]),
    filter: { handlers: new Set([handler.name]) },
    range,
    signal: AbortSignal.timeout(AT_MOST_MS),
  });
  const { replayed: decisions, changed, verdict_changed, not_recorded, stopped } = found;
  const changes = found.changes.slice(0, SHOWN).map(({ from, to, count }) => ({ from, to, count }));
  return { decisions, changed, verdict_changed, changes, not_recorded, complete: !stopped };
}
