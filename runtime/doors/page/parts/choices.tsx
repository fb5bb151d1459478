/** One of a few, each a button; the chosen one is pressed. */
export function Choices<T extends string>({ label, choices, chosen, onChoose, wordOf }: ChoicesProps<T>) {
  return (
    <fieldset class="choices">
      <legend class="unseen">{label}</legend>
      {choices.map((choice) => (
        <button type="button" key={choice} aria-pressed={choice === chosen} onClick={() => onChoose(choice)}>
          {wordOf?.(choice) ?? choice}
        </button>
      ))}
    </fieldset>
  );
}

interface ChoicesProps<T extends string> {
  readonly label: string;
  readonly choices: readonly T[];
  readonly chosen: T | undefined;
  readonly onChoose: (choice: T) => void;
  readonly wordOf?: (choice: T) => string;
}
