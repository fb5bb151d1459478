import type { HeldPosition } from '../exposure.ts';
import type { ReportOf } from '../reservations.ts';
import { isHeld, type OtherPositions, positionHere, type SeenPosition } from './positions.ts';

/** What a logged plan shows of positions: that of a symbol, undefined where it does not tell. */
export type SeenOf = (symbol: string) => SeenPosition | undefined;

/** What a decision shows of the portfolio, and when. */
export interface Look {
  readonly seenOf: SeenOf;
  /** Unix ms at which it was judged. */
  readonly nowMs: number;
  /** Reservations that were live in the log; undefined where it does not say. */
  readonly live: number | undefined;
}

/** Positions as reservations are compared with them: as logged, or as they would be. */
export function reportsOf(seenOf: SeenOf, others?: OtherPositions): ReportOf {
  return (symbol): HeldPosition | undefined => {
    const seen = seenOf(symbol);
    const other = others?.get(symbol);
    if (seen === undefined && other === undefined) return undefined;
    const { qty, usd: notionalUsd } = positionHere(seen, other);
    const held = isHeld({ qty, usd: notionalUsd });
    return { symbol, held, qty, hedged: false, notionalUsd, markPrice: undefined, atMs: undefined };
  };
}
