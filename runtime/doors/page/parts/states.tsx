import type { ComponentChildren } from 'preact';
import { Icon } from './icons.tsx';

/** Nothing is here: why, and the one command that changes it. */
export function Empty({ why, command }: { readonly why: string; readonly command?: string }) {
  return (
    <div class="empty">
      <p>{why}</p>
      {command === undefined ? null : <code>{command}</code>}
    </div>
  );
}

/** Something could not be read: what the server said, and a way to ask again. */
export function Failed({ error, onRetry }: { readonly error: string; readonly onRetry?: () => void }) {
  return (
    <div class="notice warning" role="alert">
      <Icon name="warning" />
      <p>{error}</p>
      {onRetry === undefined ? null : (
        <button type="button" onClick={onRetry}>
          Ask again
        </button>
      )}
    </div>
  );
}

/** What is shown until the first answer is there. */
export function Waiting({ what }: { readonly what: string }) {
  return (
    <p class="muted waiting" role="status">
      Reading {what} …
    </p>
  );
}

/** The state of something that is loaded: the error beside the last answer, or what is waited for. */
export function Answer<T>({ loaded, what, children }: AnswerProps<T>) {
  const { data, error, reload } = loaded;
  return (
    <>
      {error === '' ? null : <Failed error={error} onRetry={reload} />}
      {data === undefined ? error === '' && <Waiting what={what} /> : children(data)}
    </>
  );
}

interface AnswerProps<T> {
  readonly loaded: { readonly data: T | undefined; readonly error: string; reload(): void };
  readonly what: string;
  readonly children: (data: T) => ComponentChildren;
}
