import { round10 } from '../../../schemas/number.ts';
import type { FigureOfBook } from './correlated.ts';
import type { WeightedPosition } from './shortfall.ts';

/** A position as the scenarios move it: its worst and its best day in the data, as fractions; undefined where there is no data. */
export interface ShockedPosition extends WeightedPosition {
  readonly worstDay: number | undefined;
  readonly bestDay: number | undefined;
}

/** The scenarios by name, as docs/risk.md has them. */
export const shockScenarios = ['fall_25', 'fall_50', 'rise_25', 'rise_50', 'worst_days', 'largest_lost'] as const;
export type ShockScenario = (typeof shockScenarios)[number];

/** What the worst scenario costs the book, and which it is. */
export interface ShockFigure extends FigureOfBook {
  readonly scenario: ShockScenario;
  /** What each scenario costs, in parts of equity; one that there is no data for is missing. */
  readonly losses: Partial<Readonly<Record<ShockScenario, number>>>;
}

/** What each position loses, in parts of equity and never below 0; `undefined` where the scenario cannot be told. */
type Losses = readonly number[] | undefined;

const scenarios: Readonly<Record<ShockScenario, (positions: readonly ShockedPosition[]) => Losses>> = {
  fall_25: (positions) => positions.map(({ weight }) => loss(weight, -0.25)),
  fall_50: (positions) => positions.map(({ weight }) => loss(weight, -0.5)),
  rise_25: (positions) => positions.map(({ weight }) => loss(weight, 0.25)),
  rise_50: (positions) => positions.map(({ weight }) => loss(weight, 0.5)),
  worst_days: inWorstDays,
  largest_lost: (positions) => {
    const largest = Math.max(0, ...positions.map(({ weight }) => Math.abs(weight)));
    const at = positions.findIndex(({ weight }) => Math.abs(weight) === largest);
    return positions.map((_, place) => (place === at ? largest : 0));
  },
};

/** Those that are the same of a sum as of its parts, and need no data. */
const dataless = ['fall_25', 'fall_50', 'rise_25', 'rise_50'] as const satisfies readonly ShockScenario[];

/**
 * Shock: what the book loses in the worst of the named scenarios, in parts of equity. Gains are never counted against losses:
 * in a crash the winning side is reduced (auto-deleveraging). `undefined` when a weight or a day is no finite number:
 * unknown, and not calm.
 */
export function shock(positions: readonly ShockedPosition[]): ShockFigure | undefined {
  const usable = positions.every(({ weight, worstDay = 0, bestDay = 0 }) => {
    return [weight, worstDay, bestDay].every(Number.isFinite);
  });
  if (!usable) return undefined;
  const told = shockScenarios.flatMap((scenario) => {
    const losses = scenarios[scenario](positions);
    if (losses === undefined) return [];
    return [{ scenario, losses, sum: sum(losses) }];
  });
  const worst = told.reduce((most, one) => (one.sum > most.sum ? one : most));
  if (!Number.isFinite(worst.sum)) return undefined;
  return {
    value: round10(worst.sum),
    scenario: worst.scenario,
    components: new Map(positions.map(({ symbol }, at) => [symbol, round10(worst.losses[at] ?? 0)])),
    losses: Object.fromEntries(told.map(({ scenario, sum }) => [scenario, round10(sum)])),
  };
}

/** What the worst of the scenarios that need no data costs: of sums over a book, in their unit. */
export function shockOfSums({
  long,
  short,
  largest,
}: {
  readonly long: number;
  readonly short: number;
  readonly largest: number;
}): number {
  const sides = [
    { symbol: 'long', weight: long },
    { symbol: 'short', weight: -short },
  ].map((side) => ({ ...side, worstDay: undefined, bestDay: undefined }));
  return Math.max(largest, ...dataless.flatMap((scenario) => sum(scenarios[scenario](sides) ?? [])));
}

function sum(losses: readonly number[]): number {
  return losses.reduce((total, one) => total + one, 0);
}

function loss(weight: number, change: number): number {
  return Math.max(0, -weight * change);
}

/** Each long in its worst day and each short in its best; a symbol without data has the worst of all. */
function inWorstDays(positions: readonly ShockedPosition[]): Losses {
  const falls = positions.flatMap(({ worstDay }) => worstDay ?? []);
  const rises = positions.flatMap(({ bestDay }) => bestDay ?? []);
  if (falls.length === 0 || rises.length === 0) return undefined;
  const [fall, rise] = [Math.min(...falls), Math.max(...rises)];
  return positions.map(({ weight, worstDay = fall, bestDay = rise }) => loss(weight, weight > 0 ? worstDay : bestDay));
}
