import { DAY_MS, HOUR_MS } from '../../schemas/duration.ts';
import type { HeatBucket } from '../../schemas/heat-gate.ts';

/** A reading of the portfolio's equity, US dollars. */
export interface EquityReading {
  readonly atMs: number;
  readonly equityUsd: number;
}

/** What was seen of a position says for so long which way a symbol is held, ms. */
export const SIGHTING_COUNTS_MS = HOUR_MS;

/** A kept part is followed for so long at most where nothing else is said, ms: in reports, on the console and in the demo. */
export const KEPT_HORIZON_MS = DAY_MS;

/** Why the kept part of an exit ended: the last is that the report ends while it is (or would be) still held. */
export type KeptEnd = 'next_full_close' | 'position_closed' | 'horizon' | 'still_open';

/** A full close that the gate softened, or would have. */
export interface SoftenedExit {
  readonly atMs: number;
  readonly symbol: string;
  readonly planId: string;
  /** Whether it was softened; in shadow it would have been. */
  readonly enforced: boolean;
  readonly bucket: HeatBucket;
  readonly softenedTo: 'PARTIAL_25' | 'PARTIAL_75';
  /** Share of the position that is kept, 0 … 1. */
  readonly keptShare: number;
  readonly heat: number | undefined;
  /** Volatility of the symbol at the decision, as the heat was made of; undefined where it is not known. */
  readonly sigma?: number | undefined;
  readonly reason: string;
  /** Gross notional of the position at the decision, US dollars; undefined while it is not known. */
  notionalUsd: number | undefined;
  /** 1 when long, -1 when short; undefined while it is not known. */
  side: 1 | -1 | undefined;
  /** Unix ms of the next full close that is proposed of the symbol, and of the position being seen closed or turned. */
  nextFullCloseMs: number | undefined;
  closedMs: number | undefined;
}

/** When and why the kept part of an exit ends, within a horizon and a report that ends at `endMs`. */
export function keptEndOf(exit: SoftenedExit, horizonMs: number, endMs: number): { atMs: number; end: KeptEnd } {
  const ends: { atMs: number; end: KeptEnd }[] = [{ atMs: exit.atMs + horizonMs, end: 'horizon' }];
  if (exit.nextFullCloseMs !== undefined) ends.unshift({ atMs: exit.nextFullCloseMs, end: 'next_full_close' });
  if (exit.enforced && exit.closedMs !== undefined) ends.unshift({ atMs: exit.closedMs, end: 'position_closed' });
  const first = ends.reduce((a, b) => (b.atMs < a.atMs ? b : a));
  return first.atMs <= endMs ? first : { atMs: endMs, end: 'still_open' };
}

/** The side that a signed quantity is on; undefined for none. */
export function signOf(qty: number): 1 | -1 | undefined {
  if (qty === 0) return undefined;
  return qty > 0 ? 1 : -1;
}
