import { round10 } from '../../../schemas/number.ts';
import type { ShrunkCorrelation } from './shrunk-correlation.ts';

/** A position as its correlated heat needs it. */
export interface CorrelatedPosition {
  readonly symbol: string;
  /** Signed notional ÷ equity: above 0 long, below 0 short. */
  readonly weight: number;
  /** Volatility over a day, a fraction: that of the heat. */
  readonly sigma: number;
}

/** A figure of the book with what each position adds to it. */
export interface FigureOfBook {
  /** At 10 digits. */
  readonly value: number;
  /** By symbol; they add up to `value`. */
  readonly components: ReadonlyMap<string, number>;
}

/**
 * Correlated heat √(wᵀΣw): the volatility of the book over a day in parts of equity, Σ of the sigmas of the heat and of a
 * shrunk correlation. A position without a known correlation adds all it adds to the heat, so that the figure never
 * exceeds the heat and never gains from what is not known. What a position adds is wᵢ(Σw)ᵢ ÷ √(wᵀΣw) (Euler); it is below
 * 0 for a hedge. `undefined` when a weight or sigma is no finite number: unknown, and not calm.
 */
export function correlatedHeat(
  positions: readonly CorrelatedPosition[],
  correlation: ShrunkCorrelation | undefined,
): FigureOfBook | undefined {
  const heat = positions.reduce((sum, { weight, sigma }) => sum + Math.abs(weight * sigma), 0);
  if (!Number.isFinite(heat) || positions.some(({ sigma }) => sigma < 0)) return undefined;
  const moved = risksTogether(positions, correlation);
  const variance = moved.reduce((sum, { risk, together }) => sum + risk * (together ?? 0), 0);
  const root = Math.sqrt(Math.max(0, variance));
  const components = moved.map(({ symbol, risk, together }) => {
    if (together === undefined) return [symbol, round10(Math.abs(risk))] as const;
    return [symbol, root === 0 ? 0 : round10((risk * together) / root)] as const;
  });
  const unknown = moved.reduce((sum, { risk, together }) => sum + (together === undefined ? Math.abs(risk) : 0), 0);
  return { value: round10(Math.min(heat, root + unknown)), components: new Map(components) };
}

/** The risk of each position (weight × sigma), and how far the whole book moves with it. */
export function risksTogether(
  positions: readonly CorrelatedPosition[],
  correlation: ShrunkCorrelation | undefined,
): readonly Risk[] {
  const risks = positions.map(({ symbol, weight, sigma }) => ({ symbol, risk: weight * sigma }));
  const places = new Map(correlation?.symbols.map((symbol, at) => [symbol, at]));
  return withOthers(risks, places, correlation?.matrix ?? new Float64Array(0));
}

interface Risk {
  readonly symbol: string;
  /** Weight × sigma. */
  readonly risk: number;
  /** The risk of the whole book as far as it moves with this symbol; undefined where that is not known. */
  readonly together?: number;
}

function withOthers(
  risks: readonly Risk[],
  places: ReadonlyMap<string, number>,
  matrix: Float64Array,
): readonly Risk[] {
  const known = risks.flatMap(({ symbol, risk }) => {
    const place = places.get(symbol);
    return place === undefined ? [] : [{ place, risk }];
  });
  return risks.map(({ symbol, risk }) => {
    const place = places.get(symbol);
    if (place === undefined) return { symbol, risk };
    const row = place * places.size;
    const together = known.reduce((sum, other) => sum + (matrix[row + other.place] ?? 0) * other.risk, 0);
    return { symbol, risk, together };
  });
}
