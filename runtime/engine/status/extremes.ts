import type { Gauge } from 'prom-client';

type Labels = Readonly<Record<string, string>>;

interface Series {
  readonly labels: Labels;
  readonly byPortfolio: Map<string, number>;
}

/** What a gauge says of each of many portfolios, and of them all: the largest value, or the least. */
export class Extremes {
  readonly #which: 'max' | 'min';
  readonly #labelNames: readonly string[];
  readonly #series = new Map<string, Series>();

  constructor(which: 'max' | 'min', labelNames: readonly string[] = []) {
    this.#which = which;
    this.#labelNames = labelNames;
  }

  /** Notes the value of a portfolio; `unknown` takes away what was noted. */
  set(labels: Labels, portfolio: string, value: number | 'unknown'): void {
    const name = this.#labelNames.map((label) => labels[label]).join('\n');
    const series = this.#series.get(name) ?? { labels, byPortfolio: new Map() };
    this.#series.set(name, series);
    if (value === 'unknown') series.byPortfolio.delete(portfolio);
    else series.byPortfolio.set(portfolio, value);
  }

  /** Takes away all that was noted of a portfolio. */
  forget(portfolio: string): void {
    for (const { byPortfolio } of this.#series.values()) byPortfolio.delete(portfolio);
  }

  /** Gives a gauge the value of each series; one that no portfolio has a value of is absent. */
  write(gauge: Gauge): void {
    for (const { labels, byPortfolio } of this.#series.values()) {
      if (byPortfolio.size === 0) gauge.remove(labels);
      else gauge.set(labels, this.#extreme(byPortfolio.values()));
    }
  }

  #extreme(values: Iterable<number>): number {
    const choose = this.#which === 'max' ? Math.max : Math.min;
    let found: number | undefined;
    for (const value of values) found = found === undefined ? value : choose(found, value);
    return found ?? Number.NaN;
  }
}
