import type { ComponentChildren } from 'preact';
import { type Action, asked } from '../state/actions.ts';
import { mayChange, whyNot } from '../state/rights.ts';

/** A button that asks for a change. Who may change nothing sees it switched off, with the reason on it. */
export function ActionButton({ action, kind = '', children }: ActionButtonProps) {
  const isAllowed = mayChange();
  return (
    <button
      type="button"
      class={kind}
      disabled={!isAllowed}
      title={isAllowed ? undefined : whyNot()}
      onClick={() => (asked.value = action)}
    >
      {children ?? action.verb}
    </button>
  );
}

interface ActionButtonProps {
  readonly action: Action;
  readonly kind?: string;
  readonly children?: ComponentChildren;
}
