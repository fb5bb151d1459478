import { Bar } from './bar.tsx';

/** How much of a limit is used: figures, a bar where both are known, and in words how much room is left. A line of `ul.limits`. */
export function UseLine({ label, title, value, limit, drawn, state, room }: UseLineProps) {
  return (
    <li class={state} title={title}>
      <span class="label">{label}</span>
      <span class="value">
        {value} <span class="muted">{limit}</span>
      </span>
      {drawn === undefined ? null : <Bar {...drawn} state={state} />}
      <span class="room">{room}</span>
    </li>
  );
}

interface UseLineProps {
  readonly label: string;
  readonly title?: string;
  readonly value: string;
  /** `of …`, or that there is none. */
  readonly limit: string;
  readonly drawn: { readonly value: number; readonly limit: number } | undefined;
  readonly state: string;
  readonly room: string;
}
