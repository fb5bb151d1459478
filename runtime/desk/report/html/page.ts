/** A report as it is shown, on a terminal and as a page: what is said, in which order. */
export interface ReportPage {
  readonly title: string;
  /** What it is about: portfolio, time, mode. */
  readonly about: string;
  /** What a reader has to know, in sentences, the most important first. */
  readonly sentences: readonly string[];
  readonly tiles: readonly Tile[];
  readonly sections: readonly Section[];
}

/** One figure that is shown large. */
export interface Tile {
  readonly name: string;
  readonly value: string;
  readonly note: string;
}

/** A part of the page under a heading of its own. */
export interface Section {
  readonly heading: string;
  readonly text: string;
  readonly plots: readonly Plot[];
  readonly table: Table | undefined;
}

/** Rows under headings; `bars` names a column of figures that is drawn beside them, with as many figures as rows. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly bars?: readonly number[];
}

/** A drawing over time; moments are Unix seconds. */
export type Plot = BarPlot | LinePlot;

/** Counts by a span of time, of which a part is marked. */
export interface BarPlot {
  readonly kind: 'bars';
  readonly title: string;
  readonly spanSec: number;
  readonly bars: readonly { readonly at: number; readonly whole: number; readonly part: number }[];
  readonly wholeName: string;
  readonly partName: string;
}

/** Values over time, with limits as lines across. */
export interface LinePlot {
  readonly kind: 'lines';
  readonly title: string;
  readonly series: readonly {
    readonly name: string;
    readonly points: readonly (readonly [at: number, value: number])[];
  }[];
  readonly limits: readonly { readonly name: string; readonly value: number }[];
  readonly unit: 'usd' | 'number';
  /** Whether the scale has to begin at 0. */
  readonly fromZero: boolean;
}
