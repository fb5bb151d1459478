import type { DecisionRecord } from '../../schemas/decision.ts';
import type { Ruling } from './effects.ts';

/** A decision of the log, and Unix ms of its commit. */
export interface Logged {
  readonly atMs: number;
  readonly record: DecisionRecord;
}

/** What would be otherwise than it was logged by now, by part: each is kept by the gates that it concerns. */
export type Carried = ReadonlyMap<string, unknown>;

/** What a joint replay begins with: all as it was logged. */
export const NOTHING_CARRIED: Carried = new Map();

/** What a gate makes of a logged decision after others came out otherwise, and what is otherwise after it. */
export interface JointRuling {
  /** Undefined where the entry does not hold what judging it again takes: it stays as it was logged. */
  readonly ruling: Ruling | undefined;
  readonly carried: Carried;
  /** What of it could not be carried on, in a word; left out where all could. */
  readonly lost?: JointLoss | undefined;
}

/**
 * What a joint replay cannot know: what a plan is worth in units, what a plan that was not judged would have come to, which
 * budget a plan would have had, what heat and positions a cycle of budgets would have had, what is worth now what the log
 * does not hold, what a strategy has of what others hold too, and what an exit leaves that closes another part.
 */
export const jointLosses = [
  'size_unknown',
  'not_judged',
  'budget_unknown',
  'heat_as_logged',
  'position_unknown',
  'at_last_price',
  'strategy_unknown',
  'exit_otherwise',
] as const;
export type JointLoss = (typeof jointLosses)[number];

/** One part of what is carried, as those see it who keep it; a part must not grow with the log. */
export interface CarriedPart<T> {
  in(carried: Carried): T;
  put(carried: Carried, value: T): Carried;
}

/** Declares a part that begins as `initial`. */
export function carriedPart<T>(name: string, initial: T): CarriedPart<T> {
  const valueIn = (carried: Carried) => (carried.has(name) ? (carried.get(name) as T) : initial);
  return {
    in: valueIn,
    put: (carried, value) => (value === valueIn(carried) ? carried : new Map(carried).set(name, value)),
  };
}
