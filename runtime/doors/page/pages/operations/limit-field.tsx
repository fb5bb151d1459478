import { mayChange } from '../../state/rights.ts';
import type { PolicyView } from '../../state/wire.ts';

type Limit = PolicyView['limits'][number];

/** What a limit is about, what it may be, and what it is where nobody says anything. */
export function LimitWords({ meaning, unit, expected, default: initial }: Partial<Limit>) {
  return (
    <p class="muted limit-words">
      {meaning === undefined ? '' : `${meaning}${unit === undefined ? '' : `, ${unit}`}. `}
      {expected === undefined || expected === '' ? '' : `May be ${expected}. `}
      {initial === undefined || initial === '' ? '' : `Default ${initial}.`}
    </p>
  );
}

interface FieldProps {
  readonly name: string;
  readonly value: string;
  readonly choices: readonly string[];
  readonly onEdit: (text: string) => void;
}

/** Where a limit is filled in: a choice where it is one of a few words, else text. */
export function LimitField({ name, value, choices, onEdit }: FieldProps) {
  const about = { id: `limit-${name}`, disabled: !mayChange(), value };
  if (choices.length === 0) {
    return (
      <input
        {...about}
        autoComplete="off"
        spellcheck={false}
        onInput={({ currentTarget }) => onEdit(currentTarget.value)}
      />
    );
  }
  const offered = choices.includes(value) ? choices : [value, ...choices];
  return (
    <select {...about} onChange={({ currentTarget }) => onEdit(currentTarget.value)}>
      {offered.map((choice) => (
        <option key={choice} value={choice}>
          {choice}
        </option>
      ))}
    </select>
  );
}
