import { useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { type Action, asked, perform } from '../state/actions.ts';
import { errorText, send } from '../state/api.ts';
import type { ActionPreview } from '../state/wire.ts';
import { counted, count as plain } from '../text/figures.ts';
import { Modal } from './modal.tsx';
import { Failed, Waiting } from './states.tsx';

/** The confirmation of the change that somebody has asked for; nothing while there is none. */
export function Confirmation() {
  const cancel = useRef<HTMLButtonElement>(null);
  const action = asked.value;
  if (action === undefined) return null;
  const close = () => {
    asked.value = undefined;
  };
  return (
    <Modal key={action.title} title={`${action.title}?`} kind="box" first={cancel} onClose={close}>
      <ConfirmForm action={action} cancel={cancel} onClose={close} />
    </Modal>
  );
}

function ConfirmForm({ action, cancel, onClose }: FormProps) {
  const reason = useSignal('');
  const word = useSignal('');
  const error = useSignal('');
  const isBusy = useSignal(false);
  const isReady = reason.value.trim() !== '' && (action.word === undefined || word.value.trim() === action.word);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (!isReady || isBusy.value) return;
    isBusy.value = true;
    try {
      await perform(action, reason.value.trim());
      onClose();
    } catch (problem) {
      error.value = errorText(problem);
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <form onSubmit={submit}>
      {action.says === undefined ? null : <p>{action.says}</p>}
      <Consequences action={action} />
      <Reason action={action} reason={reason} />
      {action.word === undefined ? null : <TypedWord word={action.word} typed={word} />}
      {error.value === '' ? null : <Failed error={error.value} />}
      <footer>
        <button type="button" ref={cancel} onClick={onClose}>
          Cancel
        </button>
        <button type="submit" class={action.isDangerous ? 'danger' : 'primary'} disabled={!isReady || isBusy.value}>
          {isBusy.value ? 'Working …' : action.verb}
        </button>
      </footer>
    </form>
  );
}

interface FormProps {
  readonly action: Action;
  readonly cancel: RefObject<HTMLButtonElement | null>;
  readonly onClose: () => void;
}

/** Scope, effect and count, from the server: it knows what there is now. */
function Consequences({ action }: { readonly action: Action }) {
  const preview = useSignal<ActionPreview | undefined>(undefined);
  const error = useSignal('');
  useEffect(() => {
    if (action.preview === undefined) return;
    send<ActionPreview>('/v1/preview', action.preview)
      .then((answer) => {
        preview.value = answer;
      })
      .catch((problem: unknown) => {
        error.value = errorText(problem);
      });
  }, []);
  if (action.preview === undefined) return null;
  if (error.value !== '') return <Failed error={`What it would do could not be read: ${error.value}`} />;
  if (preview.value === undefined) return <Waiting what="what it would do" />;
  const { scope, effect, count, counted: what } = preview.value;
  return (
    <dl class="consequences">
      <dt>Scope</dt>
      <dd>{scope}</dd>
      <dt>Effect</dt>
      <dd>{effect}</dd>
      <dt>Touches</dt>
      <dd>{what === '' ? counted(count, 'thing') : `${plain(count)} ${what}`}</dd>
    </dl>
  );
}

interface TextSignal {
  value: string;
}

function Reason({ action, reason }: { readonly action: Action; readonly reason: TextSignal }) {
  return (
    <div class="field">
      <label for="reason">Reason, for the ledger</label>
      {action.reasons === undefined ? null : (
        <div class="choices">
          {action.reasons.map((text) => (
            <button type="button" key={text} onClick={() => (reason.value = text)}>
              {text}
            </button>
          ))}
        </div>
      )}
      <textarea
        id="reason"
        rows={2}
        maxLength={1000}
        value={reason.value}
        onInput={({ currentTarget }) => (reason.value = currentTarget.value)}
      />
    </div>
  );
}

function TypedWord({ word, typed }: { readonly word: string; readonly typed: TextSignal }) {
  return (
    <div class="field">
      <label for="word">
        Type <strong>{word}</strong> to confirm
      </label>
      <input
        id="word"
        autoComplete="off"
        autoCapitalize="characters"
        spellcheck={false}
        value={typed.value}
        onInput={({ currentTarget }) => (typed.value = currentTarget.value)}
      />
    </div>
  );
}
