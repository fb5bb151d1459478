import { type Signal, useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { type Action, asked, perform, type Scope } from '../state/actions.ts';
import { chosenPortfolio, servesSeveral } from '../state/address.ts';
import { errorText, send } from '../state/api.ts';
import { session } from '../state/session.ts';
import type { ActionPreview, PreviewBody } from '../state/wire.ts';
import { counted, count as plain } from '../text/figures.ts';
import { Choices } from './choices.tsx';
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
  const isChoice = action.isForAll === true && servesSeveral.value;
  const scope = useSignal<Scope>(isChoice ? 'all' : 'one');
  const isReady = reason.value.trim() !== '' && (action.word === undefined || word.value.trim() === action.word);
  const verb = isChoice && scope.value === 'one' ? `Stop ${chosenPortfolio.value} alone` : action.verb;
  const submit = async (event: Event) => {
    event.preventDefault();
    if (!isReady || isBusy.value) return;
    isBusy.value = true;
    try {
      await perform(action, reason.value.trim(), scope.value);
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
      {isChoice ? <ScopeChoice scope={scope} /> : null}
      <Consequences key={scope.value} action={action} scope={scope.value} />
      <Reason action={action} reason={reason} />
      {action.word === undefined ? null : <TypedWord word={action.word} typed={word} />}
      {error.value === '' ? null : <Failed error={error.value} />}
      <footer>
        <button type="button" ref={cancel} onClick={onClose}>
          Cancel
        </button>
        <button type="submit" class={action.isDangerous ? 'danger' : 'primary'} disabled={!isReady || isBusy.value}>
          {isBusy.value ? 'Working …' : verb}
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

/** Which portfolios: all of them until somebody says that one is enough. */
function ScopeChoice({ scope }: { readonly scope: Signal<Scope> }) {
  const served = session.value?.portfolios ?? [];
  const words: Readonly<Record<Scope, string>> = {
    all: `All ${served.length}: ${served.join(', ')}`,
    one: `${chosenPortfolio.value} alone`,
  };
  return (
    <Choices
      label="Which portfolios"
      choices={['all', 'one'] as const}
      chosen={scope.value}
      onChoose={(chosen) => (scope.value = chosen)}
      wordOf={(choice) => words[choice]}
    />
  );
}

/** What a change would do to each portfolio it is done to, put together: scopes named, things added up. */
async function previewIn(scope: Scope, body: PreviewBody, one: string | undefined): Promise<ActionPreview> {
  if (scope === 'one')
    return await send<ActionPreview>('/v1/preview', body, one === undefined ? {} : { portfolio: one });
  const served = session.value?.portfolios ?? [];
  const each = await Promise.all(served.map((portfolio) => send<ActionPreview>('/v1/preview', body, { portfolio })));
  const effects = [...new Set(each.map(({ effect }) => effect))];
  return {
    scope: each.map((one) => one.scope).join(', '),
    effect: effects.length === 1 ? (effects[0] ?? '') : each.map((one) => `${one.scope}: ${one.effect}`).join(' '),
    count: each.reduce((sum, one) => sum + one.count, 0),
    counted: each[0]?.counted ?? '',
  };
}

/** Scope, effect and count, from the server: it knows what there is now. */
function Consequences({ action, scope }: { readonly action: Action; readonly scope: Scope }) {
  const preview = useSignal<ActionPreview | undefined>(undefined);
  const error = useSignal('');
  useEffect(() => {
    if (action.preview === undefined) return;
    previewIn(scope, action.preview, action.portfolio)
      .then((answer) => {
        preview.value = answer;
      })
      .catch((problem: unknown) => {
        error.value = errorText(problem);
      });
  }, []);
  if (action.preview === undefined)
    return servesSeveral.value ? <p>Portfolio {action.portfolio ?? chosenPortfolio.value}</p> : null;
  if (error.value !== '') return <Failed error={`What it would do could not be read: ${error.value}`} />;
  if (preview.value === undefined) return <Waiting what="what it would do" />;
  const { scope: where, effect, count, counted: what } = preview.value;
  return (
    <dl class="consequences">
      <dt>Scope</dt>
      <dd>{where}</dd>
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
