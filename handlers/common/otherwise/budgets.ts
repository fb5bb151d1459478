import { BUDGET_MAX_AGE_MS, VIOLATION_MAX_AGE_MS } from '../../../schemas/governor.ts';
import { carriedPart } from '../../contract/carried.ts';

/** A plan may have been judged on the budget before the newest: so many of a symbol are kept. */
const KEPT = 2;

/** A budget of a logged cycle and what it would have been, US dollars. */
export interface OtherBudget {
  readonly symbol: string;
  readonly logged: number;
  readonly here: number;
  /** Whether the symbol's position was over the budget, in the log and here. */
  readonly over: { readonly logged: boolean; readonly here: boolean };
}

interface Given extends OtherBudget {
  /** Unix ms of its cycle. */
  readonly atMs: number;
  /** The mode it would carry, where that is another than in the log. */
  readonly mode: string | undefined;
}

/** Unix ms of the newest report that a position is over its budget, in the log and here; undefined where there was none. */
interface Reported {
  readonly logged: number | undefined;
  readonly here: number | undefined;
}

/** What is otherwise about budgets: those that still decide, by symbol, newest first, and who was reported over them. */
export interface OtherBudgets {
  readonly given: ReadonlyMap<string, readonly Given[]>;
  readonly reported: ReadonlyMap<string, Reported>;
  /** Unix ms of the newest cycle that would have given another budget. */
  readonly otherAtMs: number | undefined;
}

/** The part of what is carried that the risk governor keeps and the governor reads. */
export const otherBudgets = carriedPart<OtherBudgets>('budgets', {
  given: new Map(),
  reported: new Map(),
  otherAtMs: undefined,
});

/** What is otherwise after a cycle; what is too old to decide is left out. */
export function afterCycle(
  before: OtherBudgets,
  told: readonly OtherBudget[],
  { atMs, mode }: Pick<Given, 'atMs' | 'mode'>,
): OtherBudgets {
  const given = new Map([...before.given].filter(([, [newest]]) => isRecent(newest?.atMs, atMs, BUDGET_MAX_AGE_MS)));
  const reported = new Map(
    [...before.reported].filter(([, { logged, here }]) =>
      [logged, here].some((one) => isRecent(one, atMs, VIOLATION_MAX_AGE_MS)),
    ),
  );
  for (const one of told) {
    const { symbol, over } = one;
    given.set(symbol, [{ ...one, atMs, mode }, ...(given.get(symbol) ?? [])].slice(0, KEPT));
    const was = reported.get(symbol);
    if (!over.logged && !over.here) continue;
    reported.set(symbol, { logged: over.logged ? atMs : was?.logged, here: over.here ? atMs : was?.here });
  }
  const isOther = mode !== undefined || told.some(({ logged, here }) => logged !== here);
  return { given, reported, otherAtMs: isOther ? atMs : before.otherAtMs };
}

/** The budget that a plan was judged on as it would be; `unknown` where it would be another, and the log does not tell which. */
export function givenBudget(
  { given, otherAtMs }: OtherBudgets,
  { symbol, loggedUsd, nowMs }: { readonly symbol: string; readonly loggedUsd: number | null; readonly nowMs: number },
): Pick<Given, 'here' | 'mode'> | 'unknown' | undefined {
  const found = given.get(symbol)?.find(({ logged }) => logged === loggedUsd);
  if (found !== undefined) return found;
  return isRecent(otherAtMs, nowMs, BUDGET_MAX_AGE_MS) ? 'unknown' : undefined;
}

/** Whether the position of a symbol was reported over its budget just now, here; undefined where that is as it was logged. */
export function reportedOver({ reported }: OtherBudgets, symbol: string, nowMs: number) {
  const found = reported.get(symbol);
  if (found === undefined) return undefined;
  return { isOther: found.logged !== found.here, here: isRecent(found.here, nowMs, VIOLATION_MAX_AGE_MS) };
}

function isRecent(atMs: number | undefined, nowMs: number, spanMs: number): boolean {
  return atMs !== undefined && nowMs - atMs < spanMs;
}
