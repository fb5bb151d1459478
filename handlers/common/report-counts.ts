import type { LoggedCheck } from '../../schemas/decision.ts';
import { HOUR_MS } from '../../schemas/duration.ts';

/** Decisions of one symbol, bucket or reason, and on how many of them the gate stood in the way, or would have. */
export interface CountRow {
  readonly name: string;
  readonly decisions: number;
  readonly changed: number;
  readonly changed_share: number | null;
}

/** The same of one hour, with the last level that was read in it. */
export interface HourRow {
  /** Unix seconds of its beginning. */
  readonly at: number;
  readonly decisions: number;
  readonly changed: number;
  /** Null where nothing was read. */
  readonly level: number | null;
}

/** Counts decisions by a name. */
export class Counts {
  readonly #counts = new Map<string, { decisions: number; changed: number }>();

  /** Counts one decision. */
  add(name: string, changed: boolean): void {
    const known = this.#counts.get(name) ?? { decisions: 0, changed: 0 };
    this.#counts.set(name, known);
    known.decisions += 1;
    if (changed) known.changed += 1;
  }

  /** The rows, those with the most changed first. */
  rows(): readonly CountRow[] {
    const rows = [...this.#counts].map(([name, count]) => {
      return { name, ...count, changed_share: share(count.changed, count.decisions) };
    });
    return rows.sort((a, b) => b.changed - a.changed || b.decisions - a.decisions || a.name.localeCompare(b.name));
  }
}

/** Counts decisions by the hour, and keeps the last level read in each. */
export class HourlyCounts {
  readonly #hours = new Map<number, { decisions: number; changed: number; level: number | null }>();

  /** Counts one decision. */
  add(atMs: number, changed: boolean): void {
    const hour = this.#hour(atMs);
    hour.decisions += 1;
    if (changed) hour.changed += 1;
  }

  /** Takes a level in; levels come in order of time. */
  level(atMs: number, level: number): void {
    this.#hour(atMs).level = level;
  }

  /** The hours in which there was anything, in order. */
  rows(): readonly HourRow[] {
    const rows = [...this.#hours].map(([hour, row]) => ({ at: (hour * HOUR_MS) / 1000, ...row }));
    return rows.sort((a, b) => a.at - b.at);
  }

  #hour(atMs: number): { decisions: number; changed: number; level: number | null } {
    const hour = Math.floor(atMs / HOUR_MS);
    const known = this.#hours.get(hour) ?? { decisions: 0, changed: 0, level: null };
    this.#hours.set(hour, known);
    return known;
  }
}

/** How often a check was judged, and on how many decisions it refused or (where the mode does not let it) would have. */
export interface CheckRow {
  readonly check: string;
  readonly judged: number;
  readonly refused: number;
  readonly would_refuse: number;
}

/** Counts checks by their name. */
export class CheckCounts {
  readonly #checks = new Map<string, { judged: number; refused: number; would_refuse: number }>();

  /** Counts the checks of one decision; those that were skipped were not judged. */
  add(checks: readonly LoggedCheck[]): void {
    for (const { gate, verdict } of checks) {
      if (verdict === 'skipped') continue;
      const known = this.#checks.get(gate) ?? { judged: 0, refused: 0, would_refuse: 0 };
      this.#checks.set(gate, known);
      known.judged += 1;
      if (verdict === 'refuse') known.refused += 1;
      if (verdict === 'would_refuse') known.would_refuse += 1;
    }
  }

  /** The rows, in the order in which the checks were first seen. */
  rows(): readonly CheckRow[] {
    return [...this.#checks].map(([check, row]) => ({ check, ...row }));
  }
}

/** A part of a whole, 0 … 1; null where there is no whole. */
export function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
