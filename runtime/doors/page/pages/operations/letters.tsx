import { useSignal } from '@preact/signals';
import { ActionButton } from '../../parts/guarded.tsx';
import { LongText } from '../../parts/long-text.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Answer } from '../../parts/states.tsx';
import type { Action } from '../../state/actions.ts';
import { useLoaded } from '../../state/loaded.ts';
import type { DeadLetter, DeadLetterPage } from '../../state/wire.ts';
import { counted } from '../../text/figures.ts';

const PAGE_ROWS = 50;

/** The dead letters of a stream, to look at, choose, and deal with. */
export function LettersOfStream({ stream, onChange }: { readonly stream: string; readonly onChange: () => void }) {
  const before = useSignal<string | undefined>(undefined);
  const chosen = useSignal<readonly string[]>([]);
  const path = `/v1/dead-letters/${encodeURIComponent(stream)}`;
  const loaded = useLoaded<DeadLetterPage>(path, { before: before.value, limit: PAGE_ROWS });
  const onDone = () => {
    chosen.value = [];
    loaded.reload();
    onChange();
  };
  const toggle = (id: string) => {
    chosen.value = chosen.value.includes(id) ? chosen.value.filter((one) => one !== id) : [...chosen.value, id];
  };
  return (
    <Answer loaded={loaded} what="the entries">
      {({ entries, next }) => (
        <>
          <p class="buttons">
            <button type="button" onClick={() => (chosen.value = entries.map(({ id }) => id))}>
              Choose all {entries.length} shown
            </button>
            <Deal stream={stream} ids={chosen.value} onDone={onDone} />
          </p>
          <ul class="dead">
            {entries.map((letter) => (
              <Letter key={letter.id} letter={letter} isChosen={chosen.value.includes(letter.id)} onToggle={toggle} />
            ))}
          </ul>
          {next === null ? null : (
            <button type="button" onClick={() => (before.value = next)}>
              Older
            </button>
          )}
        </>
      )}
    </Answer>
  );
}

interface DealProps {
  readonly stream: string;
  readonly ids: readonly string[];
  readonly onDone: () => void;
}

function Deal({ stream, ids, onDone }: DealProps) {
  if (ids.length === 0) return <span class="muted">Choose entries to replay or drop.</span>;
  return (
    <>
      <ActionButton action={dealing('replay', stream, ids, onDone)} />
      <ActionButton action={dealing('drop', stream, ids, onDone)} kind="danger" />
    </>
  );
}

function dealing(action: 'replay' | 'drop', stream: string, ids: readonly string[], onDone: () => void): Action {
  const what = counted(ids.length, 'dead letter');
  return {
    title: action === 'replay' ? `Put ${what} back on ${stream}` : `Drop ${what} of ${stream}`,
    verb: action === 'replay' ? `Replay ${what}` : `Drop ${what}`,
    path: `/v1/dead-letters/${encodeURIComponent(stream)}/${action}`,
    body: { ids },
    preview: { action, stream, ids: [...ids] },
    word: action === 'drop' ? 'DROP' : undefined,
    isDangerous: true,
    onDone,
  };
}

interface LetterProps {
  readonly letter: DeadLetter;
  readonly isChosen: boolean;
  readonly onToggle: (id: string) => void;
}

function Letter({ letter, isChosen, onToggle }: LetterProps) {
  const { id, at, reason, attempts, group, fields } = letter;
  return (
    <li>
      <label>
        <input type="checkbox" checked={isChosen} onChange={() => onToggle(id)} />
        <span>
          <Moment at={at} /> · <LongText text={reason} />
        </span>
      </label>
      <details>
        <summary>
          {id}, group {group}, {counted(attempts, 'attempt')}
        </summary>
        <dl class="entry">
          {fields.map(([name, value], at) => (
            <div key={`${at} ${name}`}>
              <dt>{name}</dt>
              <dd>
                <LongText text={value} />
              </dd>
            </div>
          ))}
        </dl>
      </details>
    </li>
  );
}
