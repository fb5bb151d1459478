import { MINUTE_MS } from '../../schemas/duration.ts';
import { round10 } from '../../schemas/number.ts';
import type { EquityMarks, EquityPoint } from '../../schemas/portfolio-state.ts';

/** So long after a reading a transfer that was in it may still be told, ms. */
const SETTLES_AFTER_MS = MINUTE_MS;

/** Money that came (above 0) or went, in US dollars; Unix ms of the exchange. */
export interface PricedTransfer {
  readonly usd: number;
  readonly atMs: number;
}

/**
 * The marks as if each transfer had been made before all of them: a mark of before it moves by its dollars, one that
 * was read after it has them in it already. Where the reading cannot tell, the lower of both: the next one is right.
 */
export function shifted(marks: EquityMarks, transfers: readonly PricedTransfer[]): EquityMarks {
  return transfers.reduce(
    ({ settledUsd, recent }, transfer) => ({
      settledUsd: settledUsd === undefined ? undefined : round10(settledUsd + transfer.usd),
      recent: recent.map((point) => ({ ...point, equityUsd: round10(shiftedPoint(point, transfer)) })),
    }),
    marks,
  );
}

/**
 * The marks with one more reading; those over a minute old, in the exchange's time, can change no more, and count once
 * another reading went as high. The newest of them waits for its second however long that takes.
 */
export function raised(marks: EquityMarks, point: EquityPoint): EquityMarks {
  const { settledUsd, recent } = marks;
  const all = [...recent, point];
  const settles = (one: EquityPoint) => one.readMs < point.readMs - SETTLES_AFTER_MS && one !== recent.at(-1);
  const settling = all.filter(settles);
  if (settling.length === 0) return { settledUsd, recent: all };
  return {
    settledUsd: highest([settledUsd, ...settling.map((one) => counted(one, all, settledUsd))]),
    recent: all.filter((one) => !settles(one)),
  };
}

/** The high-water mark in US dollars: the highest equity that was read twice, so that one odd reading raises nothing; undefined before the first. */
export function highWaterMark({ settledUsd, recent }: EquityMarks): number | undefined {
  return highest([settledUsd, ...recent.map((one) => counted(one, recent, settledUsd))]);
}

/** The most of an equity that another reading confirms; the very first counts by itself, there is nothing to hold it against. */
function counted(
  point: EquityPoint,
  readings: readonly EquityPoint[],
  settledUsd: number | undefined,
): number | undefined {
  if (settledUsd === undefined && point === readings[0]) return point.equityUsd;
  const others = readings.filter((one) => one !== point).map(({ equityUsd }) => equityUsd);
  const most = highest(others);
  return most === undefined ? undefined : Math.min(most, point.equityUsd);
}

/** How far equity is below its high-water mark, in percent of the mark; 0 at or above it, and without a mark above 0. */
export function drawdownPct(equityUsd: number, markUsd: number | undefined): number {
  if (markUsd === undefined || markUsd <= 0 || equityUsd >= markUsd) return 0;
  return round10(((markUsd - equityUsd) / markUsd) * 100);
}

function shiftedPoint({ sentMs, readMs, equityUsd }: EquityPoint, { usd, atMs }: PricedTransfer): number {
  if (readMs < atMs) return equityUsd + usd;
  return sentMs >= atMs ? equityUsd : Math.min(equityUsd, equityUsd + usd);
}

function highest(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}
