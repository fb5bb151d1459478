import type { HeatFacts } from '../../../schemas/heat-facts.ts';
import type { HeatBucket } from '../../../schemas/heat-gate.ts';
import { round10 } from '../../../schemas/number.ts';
import { type PricedPosition, riskOf } from '../../../schemas/position-risk.ts';

/** A position and by how much it would have to shrink. US dollars of gross notional, whole cents. */
export interface Cut {
  readonly symbol: string;
  readonly cut_usd: number;
  readonly left_usd: number;
}

/** What would have brought the portfolio into the next cooler bucket, at the same equity. */
export interface Cooling {
  readonly bucket: HeatBucket;
  /** The heat has to be below this. */
  readonly heat_below: number;
  readonly cuts: readonly Cut[];
  readonly cut_usd: number;
  /** False when all listed positions together are not enough: more than the listed ones carry the heat. */
  readonly enough: boolean;
}

/** How much more risk leads into the next hotter bucket, US dollars at 10 digits. */
export interface Heating {
  readonly bucket: HeatBucket;
  readonly heat_from: number;
  readonly risk_usd: number;
}

/**
 * The least notional to sell for the next cooler bucket: the positions with the most risk to a dollar first, because a dollar sold there
 * cools the most. `undefined` in COLD, and when the heat is not known (contract §1).
 */
export function coolingOf(facts: HeatFacts): Cooling | undefined {
  const { bucket, thresholds, equity_usd: equityUsd, cause, book } = facts;
  if (cause !== undefined || equityUsd === null || bucket === 'COLD') return undefined;
  const limit = bucket === 'HOT' ? thresholds.heat_max : thresholds.heat_min;
  const isCool = (riskUsd: number) => round10(riskUsd / equityUsd) < limit;
  const cuts: Cut[] = [];
  let riskUsd = book.risk_usd;
  for (const position of [...book.largest].sort((a, b) => riskWith(b, 1) - riskWith(a, 1))) {
    if (isCool(riskUsd)) break;
    const { symbol, notional_usd: notional } = position;
    const without = riskUsd - riskOf(position);
    const riskAfter = (cutUsd: number) => without + riskWith(position, notional - cutUsd);
    const cents = leastCents(notional, (cutUsd) => isCool(riskAfter(cutUsd)));
    const cutUsd = Math.min(notional, cents / 100);
    cuts.push({ symbol, cut_usd: cutUsd, left_usd: round10(notional - cutUsd) });
    riskUsd = riskAfter(cutUsd);
  }
  return {
    bucket: bucket === 'HOT' ? 'WARM' : 'COLD',
    heat_below: limit,
    cuts,
    cut_usd: round10(cuts.reduce((sum, cut) => sum + cut.cut_usd, 0)),
    enough: isCool(riskUsd),
  };
}

/** How far the next hotter bucket was; `undefined` in HOT, and when the heat is not known. */
export function heatingOf({ bucket, thresholds, equity_usd: equityUsd, cause, book }: HeatFacts): Heating | undefined {
  if (cause !== undefined || equityUsd === null || bucket === 'HOT') return undefined;
  const from = bucket === 'COLD' ? thresholds.heat_min : thresholds.heat_max;
  const riskUsd = round10(Math.max(0, from * equityUsd - book.risk_usd));
  return { bucket: bucket === 'COLD' ? 'WARM' : 'HOT', heat_from: from, risk_usd: riskUsd };
}

/** The risk of a position, were it of so much notional. */
function riskWith(position: PricedPosition, notionalUsd: number): number {
  return riskOf({ ...position, notional_usd: notionalUsd });
}

/** The fewest whole cents, at most all of `notional`, that are enough; all of it where nothing is. */
function leastCents(notional: number, isEnough: (cutUsd: number) => boolean): number {
  let low = 0;
  let high = Math.ceil(notional * 100);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isEnough(middle / 100)) high = middle;
    else low = middle;
  }
  return high;
}
