import type { HourOfRisk } from './hours.ts';
import { type MeasureName, measureNames } from './measures.ts';

/** What a book may lose of its equity in 24 hours while it is called COLD. */
export const TOLERATED_LOSS = 0.3;

/** How far what was lost in 24 hours went beyond what a measure had said. Parts of equity. */
export interface MeasureRow {
  readonly measure: MeasureName;
  /** Hours at which it said something. */
  readonly hours: number;
  /** The worst hour: loss ÷ figure, and what that was made of; null where the measure never said anything. */
  readonly worst: {
    readonly at: string;
    readonly figure: number;
    readonly loss: number;
    readonly loss_per_figure: number;
    /** The figure at which the book, made larger or smaller, would have lost `TOLERATED_LOSS`; null where it never lost. */
    readonly limit: number | null;
  } | null;
}

/** Limits of figures: a book is COLD below all of them. */
export type Limits = Partial<Readonly<Record<MeasureName, number>>>;

/** The worst 24 hours of a book that was held at limits: as large as it can be while it is called COLD. */
export interface HeldAt {
  readonly at: string;
  /** Gross notional ÷ equity. */
  readonly leverage: number;
  /** A part of equity. */
  readonly loss: number;
}

/** For each measure the hour in which it was furthest from what came. */
export function tableOf(hours: readonly HourOfRisk[]): readonly MeasureRow[] {
  return measureNames.map((measure) => {
    const said = hours.flatMap(({ figures, ...hour }) => {
      const figure = figures[measure];
      return figure === undefined ? [] : [{ ...hour, figure, ratio: hour.loss / figure }];
    });
    const worst = said.reduce<(typeof said)[number] | undefined>((most, hour) => {
      return most === undefined || hour.ratio > most.ratio ? hour : most;
    }, undefined);
    return { measure, hours: said.length, worst: worst === undefined ? null : worstOf(worst) };
  });
}

function worstOf({ atMs, figure, loss, ratio }: { atMs: number; figure: number; loss: number; ratio: number }) {
  const limit = ratio > 0 ? TOLERATED_LOSS / ratio : null;
  return { at: new Date(atMs).toISOString(), figure, loss, loss_per_figure: ratio, limit };
}

/** The worst that came of a book held at limits; an hour at which one of their figures is missing is not called COLD. `undefined` without any hour. */
export function worstHeldAt(hours: readonly HourOfRisk[], limits: Limits): HeldAt | undefined {
  let worst: HeldAt | undefined;
  for (const { atMs, loss, figures } of hours) {
    const sizes = Object.entries(limits).map(([name, limit]) => limit / (figures[name as MeasureName] ?? Number.NaN));
    const leverage = Math.min(...sizes);
    if (!Number.isFinite(leverage)) continue;
    const lost = leverage * loss;
    if (worst === undefined || lost > worst.loss) worst = { at: new Date(atMs).toISOString(), leverage, loss: lost };
  }
  return worst;
}
