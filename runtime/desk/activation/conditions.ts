import type { WatchConditions } from '../../../schemas/activation.ts';
import { percent } from '../../../schemas/figure-text.ts';
import { round10 } from '../../../schemas/number.ts';
import type { LogEvidence } from './log-evidence.ts';

/** A lane that is held: why, and for how long, milliseconds. */
export interface HeldLane {
  readonly problem: string;
  readonly ms: number;
}

/** What is looked at while an activation is watched: what was decided since, and what went wrong beside. */
export interface WatchEvidence {
  readonly log: Pick<LogEvidence, 'figures' | 'write_failures'>;
  readonly deadLetters: number;
  /** How long the oldest message of the gate has been waiting, milliseconds. */
  readonly waitingMs: number;
  /** A lane of the gate that is held where this is looked at. */
  readonly held: HeldLane | undefined;
}

/** The first condition that does not hold any more, with its figure; `undefined` while all hold. `changedShare` (0 … 1) is that of before the activation. */
export function breachOf(
  { log, deadLetters, waitingMs, held }: WatchEvidence,
  conditions: WatchConditions,
  changedShare: number,
): string | undefined {
  const { figures } = log;
  const counted: readonly (readonly [string, number, number])[] = [
    ['protective exits changed', figures.protective_exits_changed, conditions.protective_exits_changed],
    ['messages that could not be judged', figures.errors, conditions.errors],
    ['dead letters', deadLetters, conditions.dead_letters],
    ['writes that could not be made', log.write_failures, conditions.write_failures],
  ];
  const over = counted.find(([, value, limit]) => value > limit);
  if (over !== undefined) return `${over[0]}: ${over[1]}, at most ${over[2]}`;
  if (held !== undefined && held.ms > conditions.held_ms) {
    return `its lane has been held for ${Math.floor(held.ms / 1000)} s, at most ${conditions.held_ms / 1000} s: ${held.problem}`;
  }
  if (waitingMs > conditions.waiting_ms) {
    return `a message has been waiting for ${Math.floor(waitingMs / 1000)} s, at most ${conditions.waiting_ms / 1000} s`;
  }
  return staleBreach(figures, conditions) ?? changedBreach(figures, conditions, changedShare);
}

/** The largest share of decisions in which the gate may stand in the way while it is watched, 0 … 1. */
export function mostChanged(conditions: WatchConditions, changedShare: number): number {
  return Math.min(1, Math.max(conditions.changed_floor, conditions.changed_times * changedShare));
}

function staleBreach(figures: LogEvidence['figures'], conditions: WatchConditions): string | undefined {
  const unfresh = figures.stale + figures.missing;
  if (unfresh < conditions.stale_from || unfresh <= round10(conditions.stale_share * figures.with_inputs))
    return undefined;
  return `decisions on inputs that were not fresh: ${unfresh} of ${figures.with_inputs}, at most ${percent(conditions.stale_share)}`;
}

function changedBreach(
  figures: LogEvidence['figures'],
  conditions: WatchConditions,
  changedShare: number,
): string | undefined {
  const most = mostChanged(conditions, changedShare);
  if (figures.decisions < conditions.changed_from || figures.changed <= round10(most * figures.decisions))
    return undefined;
  return `decisions in which it stood in the way: ${figures.changed} of ${figures.decisions}, at most ${percent(most)} (${percent(changedShare)} before)`;
}
