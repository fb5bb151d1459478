import type { Explanation, PermitFate, PlanEnd, Step } from './explanation.ts';
import type { Reading } from './reading.ts';

/** What the keys still say of a plan: that it had a permit within a day, or was blocked within an hour. */
export interface Standing {
  /** The whole names of those of its keys that say so; none where it was not. */
  readonly permitted: readonly string[];
  readonly blocked: readonly string[];
}

type Ended = Pick<Explanation, 'end' | 'summary'>;
type StepOf<N extends Step['step']> = Extract<Step, { step: N }>;

const FATES: Readonly<Record<PermitFate, [PlanEnd, string]>> = {
  waiting: ['permit_waiting', 'Permitted. The permit waits for the executor'],
  taken: ['permit_taken', 'Permitted, and the executor took the permit. It has not reported a result'],
  taken_or_expired: [
    'permit_taken_or_expired',
    'Permitted. The permit is gone: taken by the executor, or expired while no governor ran to see it',
  ],
  withdrawn: ['permit_withdrawn', 'Permitted, but the permit was taken back'],
  revoked: ['permit_revoked', 'Permitted, but the permit was revoked'],
};

/** Where a plan's way ended, by its last stations; a result outweighs all, then the last judgment of the governor. */
export function endOf(steps: readonly Step[], about: Standing): Ended {
  const result = lastOf(steps, 'result');
  const governor = lastJudgment(steps);
  if (result?.executed === true) return { end: 'executed', summary: executedWords(steps, governor?.verdict) };
  if (governor !== undefined) return judgedEnd(governor, lastOf(steps, 'permit'), result);
  const dead = lastOf(steps, 'dead_letter');
  if (dead !== undefined) {
    return { end: 'dead_letter', summary: `Set aside among the dead letters of ${dead.stream}: ${dead.reason}.` };
  }
  const undecided = lastOf(steps, 'undecided');
  if (undecided !== undefined) {
    const told = undecided.reading === 'finished' && !isSkipped(undecided) ? result : undefined;
    return told === undefined ? undecidedEnd(undecided, about) : resultEnd(told);
  }
  const heat = lastOf(steps, 'heat');
  if (heat !== undefined) return heatEnd(heat);
  const decision = lastOf(steps, 'decision');
  if (decision !== undefined) {
    const { handler, verdict, words } = decision;
    return { end: 'decided', summary: `${handler}: ${verdict}, ${words}.` };
  }
  if (result !== undefined) return resultEnd(result);
  const standing = standingWords(about);
  if (standing === '') return { end: 'unknown', summary: 'No trace of it.' };
  return { end: 'forgotten', summary: `The decision is no longer in the log. ${standing}` };
}

function executedWords(steps: readonly Step[], verdict: string | undefined): string {
  const alarms = steps.filter((step) => step.step === 'alarm');
  const bypassing = alarms.find(({ event }) => event === 'EXECUTED_WITHOUT_PERMIT');
  const said = verdict === 'BLOCK' ? 'Executed, though it was blocked.' : 'Permitted and executed.';
  const how = bypassing?.words ?? said;
  const ignoring = alarms.find(({ event }) => event === 'CALIBRATED_NOT_USED');
  return ignoring === undefined ? how : `${how} ${ignoring.words}`;
}

/** A repeat of a plan that had its permit says nothing new. */
function lastJudgment(steps: readonly Step[]): StepOf<'governor'> | undefined {
  return lastOf(
    steps.filter((step) => step.step !== 'governor' || step.verdict !== 'DUPLICATE'),
    'governor',
  );
}

function judgedEnd(
  { verdict, reason, words: why }: StepOf<'governor'>,
  permit: StepOf<'permit'> | undefined,
  result: StepOf<'result'> | undefined,
): Ended {
  switch (verdict) {
    case 'BLOCK':
      return { end: 'blocked', summary: `Blocked: ${why}.` };
    case 'IGNORED':
      return { end: 'ignored', summary: 'Neither permitted nor blocked: the action changes nothing.' };
    case 'WOULD_BLOCK':
      return { end: 'would_block', summary: `Would have been blocked (dry run): ${why}.` };
    case 'WOULD_PERMIT':
      return { end: 'would_permit', summary: 'Would have been permitted (dry run).' };
    default:
      return permit === undefined
        ? { end: 'permit_taken_or_expired', summary: `${verdict}: ${reason}.` }
        : permitEnd(permit, result);
  }
}

function permitEnd({ fate, words }: StepOf<'permit'>, result: StepOf<'result'> | undefined): Ended {
  if (result !== undefined && fate !== 'waiting') return resultEnd(result);
  const [end, summary] = FATES[fate];
  return { end, summary: `${summary}${words === '' ? '' : `: ${words}`}.` };
}

function resultEnd({ error, executed }: StepOf<'result'>): Ended {
  const how = executed === false ? 'was not executed' : 'has a result that does not say whether it was executed';
  return { end: 'not_executed', summary: `The plan ${how}${error === '' ? '' : `: ${error}`}.` };
}

function isSkipped({ decision }: StepOf<'undecided'>): boolean {
  return decision !== '' && decision !== 'EXECUTE';
}

const READINGS: Readonly<Record<Reading, (stream: string) => string>> = {
  waiting: (stream) => `Written to ${stream}, and not judged yet.`,
  in_hand: (stream) => `Written to ${stream} and read, and not judged yet.`,
  finished: (stream) =>
    `Read from ${stream} and finished. The decision log, as far as was looked, no longer tells how.`,
  unknown: (stream) => `Written to ${stream}. Whether a gate has read it cannot be told.`,
};

function undecidedEnd(undecided: StepOf<'undecided'>, about: Standing): Ended {
  const { stream, decision, reading } = undecided;
  if (isSkipped(undecided)) {
    const summary = `Not for execution: its own decision is ${decision}, so the governor left it alone.`;
    return { end: 'undecided', summary };
  }
  const standing = standingWords(about);
  const summary = `${READINGS[reading](stream)}${standing === '' ? '' : ` ${standing}`}`;
  return { end: reading === 'finished' ? 'forgotten' : 'undecided', summary };
}

function standingWords({ permitted, blocked }: Standing): string {
  const kept = [
    ...(permitted.length === 0 ? [] : [`it had a permit within the last 24 hours (${permitted.join(', ')})`]),
    ...(blocked.length === 0 ? [] : [`it was blocked within the last hour (${blocked.join(', ')})`]),
  ];
  return kept.length === 0 ? '' : `Its keys still say that ${kept.join(', and that ')}.`;
}

function heatEnd({ verdict, words, action, calibrated_action: to }: StepOf<'heat'>): Ended {
  const what = verdict === 'DOWNGRADE' ? `softened to ${to ?? 'a partial close'}` : 'passed unchanged';
  return {
    end: 'exit_calibrated',
    summary: `The exit ${action} was ${what}: ${words}. No plan of this id followed.`,
  };
}

function lastOf<N extends Step['step']>(steps: readonly Step[], name: N): StepOf<N> | undefined {
  return steps.findLast((step): step is StepOf<N> => step.step === name);
}
