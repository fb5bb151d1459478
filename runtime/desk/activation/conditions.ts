import type { WatchConditions } from '../../../schemas/activation.ts';
import { percent } from '../../../schemas/figure-text.ts';
import { round10 } from '../../../schemas/number.ts';
import { mostChanged } from '../../../schemas/watch-limits.ts';
import type { LogEvidence } from './log-evidence.ts';

/** Rounded up: what is shown as 5 % is no more. */
const FALL = { digits: 2, whole: (value: number) => Math.ceil(value - 1e-9) };

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
  readonly money: WatchedMoney;
}

/** What a watched activation came to in money. */
export interface WatchedMoney {
  /** Closes that other gates blocked since. */
  readonly blockedCloses: number;
  /** What the kept parts of exits that were softened since earned by now, US dollars; null while that is not known. */
  readonly keptPnlUsd: number | null;
  /** Deepest fall of the equity below its highest reading since, 0 … 1; null without a reading. */
  readonly drawdown: number | null;
}

/** The first condition that does not hold any more, with its figure; `undefined` while all hold. `changedShare` (0 … 1) is that of before the activation. */
export function breachOf(
  { log, deadLetters, waitingMs, held, money }: WatchEvidence,
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
  return (
    staleBreach(figures, conditions) ??
    changedBreach(figures, conditions, changedShare) ??
    moneyBreach(money, conditions)
  );
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
  if (most === undefined || figures.decisions < most.from) return undefined;
  if (figures.changed <= round10(most.share * figures.decisions)) return undefined;
  return `decisions in which it stood in the way: ${figures.changed} of ${figures.decisions}, at most ${percent(most.share)} (${percent(changedShare)} before)`;
}

/** What it costs by now, where that is watched: what is not known is no breach, and is named where the conditions are. */
function moneyBreach(
  { blockedCloses, keptPnlUsd, drawdown }: WatchedMoney,
  conditions: WatchConditions,
): string | undefined {
  const { blocked_closes: blocked, kept_loss_usd: lossUsd, drawdown: fall } = conditions;
  if (blocked !== null && blockedCloses > blocked)
    return `closes that another gate blocked: ${blockedCloses}, at most ${blocked}`;
  if (lossUsd !== null && keptPnlUsd !== null && -keptPnlUsd > lossUsd)
    return `loss of the kept parts: $${(-keptPnlUsd).toFixed(2)}, at most $${lossUsd.toFixed(2)}`;
  if (fall !== null && drawdown !== null && round10(drawdown) > fall)
    return `fall of the equity since: ${percent(drawdown, FALL)}, at most ${percent(fall)}`;
  return undefined;
}
