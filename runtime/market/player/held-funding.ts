import { HOUR_MS, MINUTE_MS } from '../../../schemas/duration.ts';
import type { FundingRate } from '../../../schemas/funding.ts';

/** Perpetual futures pay at 00:00, 08:00 and 16:00 UTC, where no other times are recorded. */
export const FUNDING_EVERY_MS = 8 * HOUR_MS;
/** A payment is at a moment when it is so near to it. */
const NEAR_MS = MINUTE_MS;

/** Between these shares of the notional, each eight hours, a payment is taken to be that is not recorded; above 0 long pays. */
export interface FundingBounds {
  readonly low: number;
  readonly high: number;
}

/**
 * The least and the most by which Binance's funding rate differs from its premium index: within 0.05 % of it the rate is
 * 0.01 % (docs/evidence.md, Funding).
 */
export const FUNDING_BOUNDS: FundingBounds = { low: -0.0005, high: 0.0005 };

/** The payments of a symbol in order of time, and times (Unix ms, both ends with it) between which none is missing. */
export interface SymbolFunding {
  readonly rates: readonly FundingRate[];
  readonly whole: readonly (readonly [fromMs: number, toMs: number])[];
}

/** A moment at which a part pays, Unix ms. */
export interface FundingPayment {
  readonly atMs: number;
  readonly isRecorded: boolean;
}

/** What funding holds of a part: each for a dollar held at its beginning, up to a moment of Unix ms. */
export interface HeldFunding {
  /** Paid by recorded rates; below 0 received. */
  paidBy(atMs: number): number;
  /** The payments that came, in no order. */
  paymentsBy(atMs: number): readonly FundingPayment[];
  /** Payments that came and are not recorded. */
  missingBy(atMs: number): number;
  /** By how much these move what was earned, at least and at most. */
  movesBy(atMs: number): FundingMoves;
}

/** By how much something moves, US dollars: the least first. */
export interface FundingMoves {
  readonly low: number;
  readonly high: number;
}

/** A part that is held: since when, at which price, US dollars, on which side. */
export interface FundedPart {
  readonly symbol: string;
  readonly fromMs: number;
  readonly fromPrice: number;
  readonly side: 1 | -1;
  /** The mark of a payment that was recorded without one; undefined where none is known. */
  markAt(atMs: number): number | undefined;
}

/** What funding does to a part. A payment counts that comes after its beginning, on its notional at that moment. */
export function heldFunding(
  part: FundedPart,
  { rates = [], whole = [] }: Partial<SymbolFunding>,
  bounds: FundingBounds,
): HeldFunding {
  const { fromMs, fromPrice, side } = part;
  const paid = rates
    .filter(({ atMs }) => atMs > fromMs)
    .map(({ atMs, rate, mark }) => ({
      atMs,
      share: (side * rate * (mark ?? part.markAt(atMs) ?? fromPrice)) / fromPrice,
    }));
  const isRecorded = (atMs: number) =>
    whole.some(([from, to]) => from <= atMs && atMs <= to) || rates.some((one) => Math.abs(one.atMs - atMs) <= NEAR_MS);
  const missedBy = (toMs: number) => {
    const missed: number[] = [];
    for (let at = (Math.floor(fromMs / FUNDING_EVERY_MS) + 1) * FUNDING_EVERY_MS; at <= toMs; at += FUNDING_EVERY_MS)
      if (!isRecorded(at)) missed.push(at);
    return missed;
  };
  const missingBy = (toMs: number) => missedBy(toMs).length;
  return {
    paymentsBy: (toMs) => [
      ...paid.flatMap(({ atMs }) => (atMs <= toMs ? [{ atMs, isRecorded: true }] : [])),
      ...missedBy(toMs).map((atMs) => ({ atMs, isRecorded: false })),
    ],
    paidBy: (toMs) => paid.reduce((sum, { atMs, share }) => sum + (atMs <= toMs ? share : 0), 0),
    missingBy,
    movesBy(toMs) {
      const missing = missingBy(toMs);
      const [one, other] = [-side * missing * bounds.low, -side * missing * bounds.high];
      return { low: Math.min(one, other), high: Math.max(one, other) };
    },
  };
}

/** What funding comes to in a sum of dollars. */
export interface FundingSum {
  /** Shares of the notional every eight hours between which a payment is taken to be that is not recorded. */
  readonly low_rate: number;
  readonly high_rate: number;
  /** Paid by recorded rates, below 0 received: it is in the sum. */
  readonly paid_usd: number;
  /** Of how many (exits, plans) a payment is not recorded, and by how much that moves the sum. */
  readonly not_recorded: number;
  readonly moves_usd: FundingMoves;
}

/** What funding comes to of one exit or plan, US dollars. */
export interface FundedUsd {
  readonly paidUsd: number;
  readonly missing: number;
  readonly moves: FundingMoves;
}

/** What funding comes to of this much that was held, up to a moment; `sign` -1 takes it off. */
export function fundedUsd(held: HeldFunding, usd: number, atMs: number, sign: 1 | -1 = 1): FundedUsd {
  const { low, high } = held.movesBy(atMs);
  const [one, other] = [sign * usd * low, sign * usd * high];
  const moves = { low: Math.min(one, other), high: Math.max(one, other) };
  return { paidUsd: sign * usd * held.paidBy(atMs), missing: held.missingBy(atMs), moves };
}

/** The sum over what several came to, each an exit or a plan in one or more pieces. */
export function fundingSum(all: readonly (readonly FundedUsd[])[], bounds: FundingBounds): FundingSum {
  const pieces = all.flat();
  const sum = (of: (one: FundedUsd) => number) => pieces.reduce((total, one) => total + of(one), 0);
  return {
    low_rate: bounds.low,
    high_rate: bounds.high,
    paid_usd: sum(({ paidUsd }) => paidUsd),
    not_recorded: all.filter((of) => of.some(({ missing }) => missing > 0)).length,
    moves_usd: { low: sum(({ moves }) => moves.low), high: sum(({ moves }) => moves.high) },
  };
}
