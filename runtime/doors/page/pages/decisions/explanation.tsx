import type { Explanation, Step } from '../../../../desk/explain/explanation.ts';
import { LongText } from '../../parts/long-text.tsx';
import { Modal } from '../../parts/modal.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Answer } from '../../parts/states.tsx';
import { replaceParams } from '../../state/address.ts';
import { useLoaded } from '../../state/loaded.ts';
import { StepBody, stepTitle } from './steps.tsx';

/** The whole way of a plan through the gates, along the edge of the page. */
export function ExplanationDrawer({ plan }: { readonly plan: string }) {
  const loaded = useLoaded<Explanation>(`/v1/plans/${encodeURIComponent(plan)}`);
  return (
    <Modal title={`Plan ${plan}`} kind="drawer" onClose={() => replaceParams({ plan: '' })}>
      <Answer loaded={loaded} what="the way of the plan">
        {(explanation) => <Way explanation={explanation} />}
      </Answer>
    </Modal>
  );
}

function Way({ explanation }: { readonly explanation: Explanation }) {
  const { symbol, summary, steps, searched } = explanation;
  const [log] = searched;
  return (
    <>
      <p class="summary">
        {symbol === '' ? null : (
          <>
            <LongText text={symbol} />:{' '}
          </>
        )}
        <strong>
          <LongText text={summary} />
        </strong>
      </p>
      <ol class="way">
        {steps.map((step, at) => (
          <Station key={`${step.step} ${step.id} ${at}`} step={step} />
        ))}
      </ol>
      {log === undefined ? null : (
        <p class="muted">
          Looked at {log.entries} decisions{log.back_to === null ? '' : ', back to '}
          {log.back_to === null ? null : <Moment at={log.back_to} />}.
        </p>
      )}
    </>
  );
}

function Station({ step }: { readonly step: Step }) {
  return (
    <li class={step.step}>
      <h3>
        <LongText text={stepTitle(step)} />
      </h3>
      <p class="muted">{step.at === null ? 'at an unknown time' : <Moment at={step.at} />}</p>
      <StepBody step={step} />
    </li>
  );
}
