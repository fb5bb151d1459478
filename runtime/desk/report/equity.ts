import { HOUR_MS } from '../../../schemas/duration.ts';

/** A reading of the portfolio's equity, US dollars. */
export interface EquityReading {
  readonly atMs: number;
  readonly equityUsd: number;
}

/** Keeps the last reading of equity in every hour. */
export class HourlyEquity {
  readonly #readings = new Map<number, EquityReading>();

  /** Takes a reading in; readings come in order of time. */
  take(reading: EquityReading): void {
    this.#readings.set(Math.floor(reading.atMs / HOUR_MS), reading);
  }

  /** The readings that were kept, in order of time. */
  readings(): readonly EquityReading[] {
    return [...this.#readings.values()].sort((a, b) => a.atMs - b.atMs);
  }
}

/** The deepest fall of a path below its highest point before, as a share of that point; null without a point above 0. */
export function maxDrawdown(path: readonly number[]): number | null {
  let peak = 0;
  let deepest: number | null = null;
  for (const equity of path) {
    peak = Math.max(peak, equity);
    if (peak > 0) deepest = Math.max(deepest ?? 0, (peak - equity) / peak);
  }
  return deepest;
}
