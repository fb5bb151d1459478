import { replaceParams } from '../../state/address.ts';
import { type Filters as Chosen, isFiltered, NO_FILTERS } from '../../state/filters.ts';
import { overview, tape } from '../../state/live.ts';

const OTHER_GATES = ['feeds'];

/** What of the decisions is wanted; kept in the address, so that it can be sent to somebody. */
export function Filters({ filters }: { readonly filters: Chosen }) {
  const gates = [...(overview.value?.deciding ?? []), ...OTHER_GATES];
  const verdicts = [...new Set([...Object.keys(tape.value.counts), ...tape.value.rows.map(({ verdict }) => verdict)])];
  return (
    <search class="filters">
      <Choice name="gate" label="Gate" chosen={filters.gate} choices={gates} />
      <Choice name="verdict" label="Verdict" chosen={filters.verdict} choices={verdicts.sort()} />
      <Words name="symbol" label="Symbol" text={filters.symbol} />
      <Words name="reason" label="Reason" text={filters.reason} />
      <Words name="strategy" label="Strategy" text={filters.strategy} />
      <Words name="text" label="Text" text={filters.text} />
      <Words name="since" label="From" text={filters.since} hint="24h or 2026-01-31T08:00" />
      <Words name="until" label="To" text={filters.until} hint="1h or a time, UTC" />
      <button type="button" disabled={!isFiltered(filters)} onClick={() => replaceParams({ ...NO_FILTERS })}>
        Clear
      </button>
    </search>
  );
}

interface ChoiceProps {
  readonly name: keyof Chosen;
  readonly label: string;
  readonly chosen: string;
  readonly choices: readonly string[];
}

function Choice({ name, label, chosen, choices }: ChoiceProps) {
  const all = [...choices, ...choices.map((choice) => `!${choice}`)];
  const offered = chosen === '' || all.includes(chosen) ? all : [...all, chosen];
  return (
    <label>
      {label}
      <select value={chosen} onChange={({ currentTarget }) => replaceParams({ [name]: currentTarget.value })}>
        <option value="">all</option>
        {offered.map((choice) => (
          <option key={choice} value={choice}>
            {choice.startsWith('!') ? `all but ${choice.slice(1)}` : choice}
          </option>
        ))}
      </select>
    </label>
  );
}

interface WordsProps {
  readonly name: keyof Chosen;
  readonly label: string;
  readonly text: string;
  readonly hint?: string;
}

function Words({ name, label, text, hint }: WordsProps) {
  return (
    <label>
      {label}
      <input
        id={`filter-${name}`}
        type="search"
        placeholder={hint}
        spellcheck={false}
        value={text}
        onInput={({ currentTarget }) => replaceParams({ [name]: currentTarget.value })}
        onKeyDown={({ key, currentTarget }) => key === 'Escape' && currentTarget.blur()}
      />
    </label>
  );
}
