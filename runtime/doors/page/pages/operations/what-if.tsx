import { useSignal } from '@preact/signals';
import { dollars } from '../../../../../schemas/amount-text.ts';
import { type CheckWords, toldChecks } from '../../../../../schemas/check-words.ts';
import { formatNumber } from '../../../../../schemas/number.ts';
import { Card } from '../../parts/card.tsx';
import { Failed } from '../../parts/states.tsx';
import { errorText, send } from '../../state/api.ts';
import { useLoaded } from '../../state/loaded.ts';
import type { Evaluation, Gates } from '../../state/wire.ts';
import { ChecksTable } from '../decisions/checks.tsx';

/** What is filled in, as texts. */
interface Plan {
  readonly symbol: string;
  readonly action: string;
  readonly side: string;
  readonly qty: string;
  readonly price: string;
}

const FIRST: Plan = { symbol: '', action: 'OPEN', side: 'BUY', qty: '', price: '' };

/** What would be said of an order now; nothing is written, and nothing is executed. */
export function WhatIfCard() {
  const plan = useSignal(FIRST);
  const answer = useSignal<Evaluation | undefined>(undefined);
  const error = useSignal('');
  const isBusy = useSignal(false);
  const set = (name: keyof Plan, text: string) => {
    plan.value = { ...plan.value, [name]: text };
    answer.value = undefined;
  };
  const ask = async (event: Event) => {
    event.preventDefault();
    isBusy.value = true;
    error.value = '';
    const asked = plan.value;
    try {
      const given = Object.entries(asked).map(([name, text]) => [name, text.trim()] as const);
      const entry = {
        plan_id: 'what-if',
        decision: 'EXECUTE',
        ...Object.fromEntries(given.filter(([, text]) => text)),
      };
      const said = await send<Evaluation>('/v1/evaluate', { entry });
      if (plan.value === asked) answer.value = said;
    } catch (problem) {
      error.value = errorText(problem);
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <Card title="What if" wide="what-if">
      <form class="asking" onSubmit={ask}>
        <Text name="symbol" label="Symbol" plan={plan.value} onInput={set} />
        <Choice name="action" label="Action" choices={['OPEN', 'CLOSE']} plan={plan.value} onInput={set} />
        <Choice name="side" label="Side" choices={['BUY', 'SELL']} plan={plan.value} onInput={set} />
        <Text name="qty" label="Quantity" plan={plan.value} onInput={set} isFigure />
        <Text name="price" label="Price, USD" plan={plan.value} onInput={set} isFigure />
        <button type="submit" disabled={isBusy.value || plan.value.symbol.trim() === ''}>
          {isBusy.value ? 'Judging …' : 'What would be said?'}
        </button>
      </form>
      {error.value === '' ? null : <Failed error={error.value} />}
      {answer.value === undefined ? null : <Answered answer={answer.value} />}
    </Card>
  );
}

interface FieldProps {
  readonly name: keyof Plan;
  readonly label: string;
  readonly plan: Plan;
  readonly onInput: (name: keyof Plan, text: string) => void;
}

function Text({ name, label, plan, onInput, isFigure = false }: FieldProps & { readonly isFigure?: boolean }) {
  return (
    <label>
      {label}
      <input
        autoComplete="off"
        spellcheck={false}
        inputMode={isFigure ? 'decimal' : 'text'}
        value={plan[name]}
        onInput={({ currentTarget }) => onInput(name, currentTarget.value)}
      />
    </label>
  );
}

function Choice({ name, label, choices, plan, onInput }: FieldProps & { readonly choices: readonly string[] }) {
  return (
    <label>
      {label}
      <select value={plan[name]} onChange={({ currentTarget }) => onInput(name, currentTarget.value)}>
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {choice}
          </option>
        ))}
      </select>
    </label>
  );
}

function Answered({ answer }: { readonly answer: Evaluation }) {
  const declared = useLoaded<Gates>('/v1/gates').data?.gates.find(({ gate }) => gate === answer.gate);
  const { gate, mode, symbol, action, verdict, reason, words, checks } = answer;
  return (
    <div role="status">
      <p class="summary">
        <bdi>{`${action} ${symbol}`}</bdi>: the {gate}
        {mode === '' ? '' : ` (${mode})`} would say <strong>{verdict}</strong>
        {reason === 'ok' ? '.' : `: ${words}.`}
      </p>
      <p>{sizeText(answer)}</p>
      {checks.length === 0 ? null : (
        <ChecksTable checks={toldChecks(checks, declared?.checks as Readonly<Record<string, CheckWords>>)} />
      )}
    </div>
  );
}

function sizeText({ largest, verdict }: Evaluation): string {
  if (largest === null) return /BLOCK/.test(verdict) ? 'It is not the size that refuses.' : '';
  const { notional_usd: usd, qty, price_usd: price } = largest;
  if (usd === null) return 'No size would be too large.';
  const amount = qty === null || price === null ? '' : `, which is ${formatNumber(qty)} at ${formatNumber(price)}`;
  return `The largest size that would pass now: ${dollars(usd)}${amount}.`;
}
