import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { errorText, send } from '../state/api.ts';
import { mayChange, whyNot } from '../state/rights.ts';
import { Failed } from './states.tsx';

interface AskButtonProps {
  /** The route that is asked, such as `/v1/proof`. */
  readonly path: string;
  readonly word: string;
  /** Why it cannot be asked now; empty where it can. */
  readonly refused?: string;
  /** Called once it was answered. */
  readonly onAsked: () => void;
  /** What stands beside it. */
  readonly children?: ComponentChildren;
}

/** A button that asks for something which changes nothing of the portfolio, without a question; for operators. */
export function AskButton({ path, word, refused = '', onAsked, children }: AskButtonProps) {
  const error = useSignal('');
  const isBusy = useSignal(false);
  const ask = async () => {
    isBusy.value = true;
    error.value = '';
    try {
      await send(path, { reason: 'from the console' });
      onAsked();
    } catch (problem) {
      error.value = errorText(problem);
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <>
      <p class="buttons">
        <button
          type="button"
          disabled={!mayChange() || isBusy.value || refused !== ''}
          title={mayChange() ? undefined : whyNot()}
          onClick={() => void ask()}
        >
          {word}
        </button>
        {children}
      </p>
      {refused === '' ? null : <p class="muted">It cannot be begun: {refused}</p>}
      {error.value === '' ? null : <Failed error={error.value} />}
    </>
  );
}
