import type { Problem } from '../state/wire.ts';

/** A problem as it is told: a sentence, and what else comes of the same cause. */
export interface ToldProblem extends Problem {
  readonly sentence: string;
  readonly alsoSo: readonly string[];
}

/** What nobody reports, and what is so because of it. */
const SILENT: ReadonlySet<string> = new Set(['portfolio state', 'position snapshots']);
const FOLLOWS: ReadonlySet<string> = new Set(['heat unknown', 'exposure unknown']);

/** The key under which what nobody reports is told, once for all that follows of it. */
export const INPUTS = 'inputs';

/** Problems as sentences, in their order; those with one cause are one, where the first of them stood. */
export function toldProblems(problems: readonly Problem[]): ToldProblem[] {
  const silent = problems.filter(({ key }) => SILENT.has(key));
  if (silent.length === 0) return problems.map((problem) => told(problem));
  const isOfIt = ({ key }: Problem) => SILENT.has(key) || FOLLOWS.has(key);
  const together = problems.filter(isOfIt);
  const [first] = together;
  return problems.flatMap((problem) => {
    if (!isOfIt(problem)) return [told(problem)];
    if (problem !== first) return [];
    return [
      {
        ...problem,
        key: INPUTS,
        sentence: silent.map(sentenceOf).join('. '),
        do: silent.map((one) => one.do).join(' '),
        alsoSo: together.filter((one) => !silent.includes(one)).map(sentenceOf),
      },
    ];
  });
}

function told(problem: Problem): ToldProblem {
  return { ...problem, sentence: sentenceOf(problem), alsoSo: [] };
}

function sentenceOf({ says, what }: Problem): string {
  return says ?? `${what.charAt(0).toUpperCase()}${what.slice(1)}`;
}

/** A problem and the portfolio it is of. */
export interface ProblemOf {
  readonly portfolio: string;
  readonly problem: ToldProblem;
}

/**
 * The problems of several portfolios: critical ones first, then what broke, then what nobody reports; of those the worst
 * of each portfolio before the next of any, in the order in which the portfolios are given.
 */
export function worstOfAll(each: readonly { readonly portfolio: string; readonly problems: readonly Problem[] }[]) {
  const ranked = each.flatMap(({ portfolio, problems }) =>
    toldProblems(problems).map((problem, rank) => ({ portfolio, problem, rank })),
  );
  const weight = ({ problem: { severity, key } }: ProblemOf) => {
    if (severity === 'critical') return 0;
    return key === INPUTS ? 2 : 1;
  };
  return ranked
    .sort((one, other) => weight(one) - weight(other) || one.rank - other.rank)
    .map(({ portfolio, problem }): ProblemOf => ({ portfolio, problem }));
}
