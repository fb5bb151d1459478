import { rangeText } from '../../../../../schemas/amount-text.ts';
import { candidateText } from '../../../../../schemas/candidate-text.ts';
import type { PermitFate, Step } from '../../../../desk/explain/explanation.ts';
import { VerdictBadge } from '../../parts/badges.tsx';
import { LongText } from '../../parts/long-text.tsx';
import { span } from '../../text/moments.ts';
import { ChecksTable } from './checks.tsx';
import { HeatStation } from './heat-station.tsx';

const FATES: Readonly<Record<PermitFate, string>> = {
  waiting: 'Permit waits for the executor',
  taken: 'Permit taken by the executor',
  taken_or_expired: 'Permit gone: taken by the executor, or expired while no governor ran',
  withdrawn: 'Permit taken back',
  revoked: 'Permit revoked',
};

/** What happened at a station, in a line. */
export function stepTitle(step: Step): string {
  switch (step.step) {
    case 'proposal':
      return `Exit proposed: ${step.action}`;
    case 'heat':
      return `Heat gate (${step.mode}): ${heatTitle(step)}`;
    case 'lookup':
      return `${step.words}, for another ${span(step.left_sec)}`;
    case 'plan':
      return `Plan: ${step.action}`;
    case 'governor':
      return `Governor (${step.mode}): ${step.verdict}`;
    case 'permit':
      return FATES[step.fate];
    case 'result':
      return `Executor: ${executedWords(step.executed)}`;
    case 'alarm':
      return `Alarm: ${step.words}`;
    case 'released':
      return 'Reservation freed: the room under the caps is there again';
    case 'decision':
      return `${step.handler}: ${step.verdict}`;
    case 'dead_letter':
      return `Set aside: ${step.stream} could not be understood or judged`;
    case 'undecided':
      return `Written to ${step.stream}`;
  }
}

function heatTitle({ verdict, action, calibrated_action: to }: Extract<Step, { step: 'heat' }>): string {
  return verdict === 'DOWNGRADE' ? `${action} softened to ${to ?? 'a partial close'}` : `${action} passes unchanged`;
}

function executedWords(executed: boolean | null): string {
  if (executed === null) return 'a result that does not say whether it was executed';
  return executed ? 'executed' : 'not executed';
}

/** What a station rests on. */
export function StepBody({ step }: { readonly step: Step }) {
  switch (step.step) {
    case 'heat':
      return (
        <>
          <HeatStation step={step} />
          <Candidate step={step} />
        </>
      );
    case 'governor':
    case 'decision':
      return (
        <>
          <p>
            <VerdictBadge verdict={step.verdict} /> <LongText text={whyWords(step)} />
          </p>
          <Candidate step={step} />
          {step.step === 'decision' && step.checks.length === 0 ? null : <ChecksTable checks={step.checks} />}
        </>
      );
    case 'plan':
    case 'result':
      return <Entry entry={step.entry} />;
    case 'permit':
      return (
        <>
          <Because reason={step.words} />
          {step.range === undefined ? null : <p>{rangeText(step.range)}</p>}
          {step.left_sec === null ? null : <p>It can be taken for another {span(step.left_sec)}.</p>}
        </>
      );
    case 'undecided':
      return <p>{undecidedWords(step)}</p>;
    case 'lookup':
      return null;
    default:
      return <Because reason={step.step === 'released' ? step.words : step.reason} />;
  }
}

function whyWords({ reason, words }: Extract<Step, { step: 'governor' | 'decision' }>): string {
  if (words !== reason) return `${words} (${reason})`;
  return reason === 'ok' ? '' : reason;
}

function Candidate({ step: { candidate } }: { readonly step: Pick<Extract<Step, { step: 'governor' }>, 'candidate'> }) {
  return candidate === undefined ? null : <p>{candidateText(candidate)}</p>;
}

function Because({ reason }: { readonly reason: string }) {
  if (reason === '') return null;
  return (
    <p>
      Reason: <LongText text={reason} />.
    </p>
  );
}

function undecidedWords({ decision, reading }: Extract<Step, { step: 'undecided' }>): string {
  const isSkipped = decision !== '' && decision !== 'EXECUTE';
  return isSkipped ? `Its own decision is ${decision}: no gate looks at it.` : READINGS[reading];
}

const READINGS: Readonly<Record<Extract<Step, { step: 'undecided' }>['reading'], string>> = {
  waiting: 'No gate has judged it yet.',
  in_hand: 'A worker has read it, and has not judged it yet.',
  finished: 'Its gate is finished with it. No decision about it is in the log any more, as far as was looked.',
  unknown: 'Whether a gate has read it cannot be told.',
};

/** The entry as its producer wrote it. */
function Entry({ entry }: { readonly entry: Readonly<Record<string, string | undefined>> | null }) {
  if (entry === null) return <p>The entry itself is no longer in its stream.</p>;
  return (
    <details>
      <summary>As it was written</summary>
      <dl class="entry">
        {Object.entries(entry).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <LongText text={value ?? ''} />
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
