import { cents } from '../../../schemas/number.ts';
/** By what limits are chosen: summed gain, deepest drawdown, or the one over the other (contract of `--choose-by`). */
export const MEASURES = ['gain', 'drawdown', 'ratio'] as const;

/** One of `MEASURES`. */
export type Measure = (typeof MEASURES)[number];

/** What a month came to under each set of limits, in the same order in every month: US dollars and percent. */
export interface JudgedMonth {
  readonly month: string;
  readonly plays: readonly {
    readonly name: string;
    readonly gain_usd: number;
    readonly max_drawdown_percent: number;
  }[];
}

/** Limits chosen on the months before, judged on the next. */
export interface WalkStep {
  readonly month: string;
  /** The months they were chosen on. */
  readonly chosen_on: readonly string[];
  readonly chosen: string;
  /** What the measure was on those months: US dollars, percent, or US dollars for each percent. */
  readonly measured: number;
  /** What the month came to under them. */
  readonly gain_usd: number;
  readonly max_drawdown_percent: number;
  /** What it came to under the first limits, those in force. */
  readonly in_force_gain_usd: number;
  /** The limits that gained most in it, which nobody knew before. */
  readonly best: string;
  readonly best_gain_usd: number;
}

/** What choosing limits on the past would have come to. */
export interface WalkForward {
  readonly measure: Measure;
  readonly steps: readonly WalkStep[];
  /** Sums over the steps, US dollars. */
  readonly gain_usd: number;
  readonly in_force_gain_usd: number;
  readonly best_gain_usd: number;
}

/** A drawdown under what two digits tell counts as this, percent. */
const LEAST_DRAWDOWN = 0.01;

/**
 * For each month but the first: the limits that the measure prefers over all months before, and what the month came to
 * under them. Of equal ones the first counts. Null where there is nothing to choose, or no month before another.
 */
export function walkForward(months: readonly JudgedMonth[], measure: Measure): WalkForward | null {
  const steps = months.flatMap((month, at) => step(months.slice(0, at), month, measure) ?? []);
  if (steps.length === 0) return null;
  const sum = (of: (step: WalkStep) => number) => cents(steps.reduce((all, each) => all + of(each), 0));
  return {
    measure,
    steps,
    gain_usd: sum(({ gain_usd }) => gain_usd),
    in_force_gain_usd: sum(({ in_force_gain_usd }) => in_force_gain_usd),
    best_gain_usd: sum(({ best_gain_usd }) => best_gain_usd),
  };
}

/** What limits came to over months, by each measure. */
export function measured(months: readonly JudgedMonth[], play: number): Readonly<Record<Measure, number>> {
  const gain = cents(months.reduce((sum, { plays }) => sum + (plays[play]?.gain_usd ?? 0), 0));
  const drawdown = Math.max(0, ...months.map(({ plays }) => plays[play]?.max_drawdown_percent ?? 0));
  return { gain, drawdown, ratio: cents(gain / Math.max(LEAST_DRAWDOWN, drawdown)) };
}

function step(before: readonly JudgedMonth[], { month, plays }: JudgedMonth, measure: Measure): WalkStep | undefined {
  const [inForce] = plays;
  if (before.length === 0 || inForce === undefined || plays.length < 2) return undefined;
  const scores = plays.map((_play, at) => measured(before, at)[measure]);
  const chosenAt = measure === 'drawdown' ? firstOf(scores, Math.min) : firstOf(scores, Math.max);
  const chosen = plays[chosenAt] ?? inForce;
  const best =
    plays[
      firstOf(
        plays.map(({ gain_usd }) => gain_usd),
        Math.max,
      )
    ] ?? inForce;
  return {
    month,
    chosen_on: before.map((each) => each.month),
    chosen: chosen.name,
    measured: scores[chosenAt] ?? 0,
    gain_usd: chosen.gain_usd,
    max_drawdown_percent: chosen.max_drawdown_percent,
    in_force_gain_usd: inForce.gain_usd,
    best: best.name,
    best_gain_usd: best.gain_usd,
  };
}

function firstOf(values: readonly number[], pick: (...all: number[]) => number): number {
  return values.indexOf(pick(...values));
}
