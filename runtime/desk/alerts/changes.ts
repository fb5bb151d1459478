import type { WaitingAlert } from '../../../schemas/alert.ts';
import type { Problem } from '../../../schemas/api/overview.ts';
import type { AlertSettings } from '../../settings/alert-settings.ts';

/** A problem that was told of and is not over: by its key. */
export type Open = Readonly<Record<string, Pick<Problem, 'severity' | 'what' | 'since'>>>;

/** What is to be told, and what is open after that. */
export interface Changes {
  readonly open: Open;
  readonly alerts: readonly WaitingAlert[];
}

/** When and where it was looked. */
export interface Looked {
  readonly portfolio: string;
  /** Unix ms. */
  readonly nowMs: number;
  readonly level: AlertSettings['level'];
}

/**
 * What began and what is over. A problem is over when `isOver` says that it has been gone long enough: one that comes and
 * goes is told of once. One that gets worse is told of again, and so is one that began anew (`since`), such as a further
 * order without a permit; one of a lesser level than asked for, never.
 */
export function changesOf(
  problems: readonly Problem[],
  open: Open,
  { portfolio, nowMs, level }: Looked,
  isOver: (key: string) => boolean,
): Changes {
  const now = new Map<string, Problem>();
  for (const problem of problems) {
    const before = now.get(problem.key);
    if (isToldAt(level, problem) && (before === undefined || isWorse(problem, before))) now.set(problem.key, problem);
  }
  const began = [...now.values()].filter((problem) => isNews(problem, open[problem.key]));
  const over = Object.entries(open).filter(([key]) => !now.has(key) && isOver(key));
  const gone = new Set(over.map(([key]) => key));
  const about = { portfolio, at: nowMs / 1000 };
  return {
    open: Object.fromEntries([
      ...Object.entries(open).filter(([key]) => !gone.has(key)),
      ...began.map(({ key, severity, what, since }) => [key, { severity, what, since }] as const),
    ]),
    alerts: [
      ...began.map(({ key, severity, what, do: todo }) => alert('began', { ...about, key, severity, what, do: todo })),
      ...over.map(([key, { severity, what }]) => alert('ended', { ...about, key, severity, what, do: '' })),
    ],
  };
}

function alert(state: WaitingAlert['state'], of: Omit<WaitingAlert, 'state'>): WaitingAlert {
  return { state, ...of };
}

function isToldAt(level: AlertSettings['level'], { severity }: Problem): boolean {
  return level === 'warning' || severity === 'critical';
}

type OpenProblem = Open[string];

function isWorse({ severity }: OpenProblem, than: OpenProblem): boolean {
  return severity === 'critical' && than.severity === 'warning';
}

function isNews(problem: Problem, before: OpenProblem | undefined): boolean {
  if (before === undefined || isWorse(problem, before)) return true;
  return problem.since !== null && before.since !== null && problem.since > before.since;
}
