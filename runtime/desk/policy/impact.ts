import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { DAY_MS } from '../../../schemas/duration.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { loggedPages } from '../decisions/decision-log.ts';
import { replay } from '../replay/index.ts';
import { judgedRules, noteTries, redisTries } from '../replay/tries.ts';

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
  /** Whether reports on these days will count these limits among the policies that were tried. */
  readonly try_counted: boolean;
}

/** Settings of a handler: those that are asked about, and those in force. */
export interface AskedLimits {
  readonly asked: unknown;
  readonly inForce: unknown;
}

/** Judges the decisions of the last 24 hours before `nowMs` again by a handler's settings, each in the mode it was made in. */
export async function impactOf(
  redis: Redis,
  portfolio: Portfolio,
  handler: AnyHandler,
  { asked, inForce }: AskedLimits,
  nowMs: number,
): Promise<Impact> {
  const range = { fromMs: nowMs - SPAN_MS, toMs: nowMs };
  const rules = (settings: unknown) => ({ handler, settings, mode: undefined });
  const found = await replay({
    pages: loggedPages(redis, portfolio, range),
    rules: new Map([[handler.name, rules(asked)]]),
    filter: { handlers: new Set([handler.name]) },
    range,
    signal: AbortSignal.timeout(AT_MOST_MS),
  });
  const problem = await noteTries(
    redisTries(redis, portfolio),
    found,
    judgedRules([rules(inForce), rules(asked)], found),
  );
  const { replayed: decisions, changed, verdict_changed, not_recorded, stopped } = found;
  const changes = found.changes.slice(0, SHOWN).map(({ from, to, count }) => ({ from, to, count }));
  const seen = { decisions, changed, verdict_changed, changes, not_recorded };
  return { ...seen, complete: !stopped, try_counted: problem === undefined };
}
