import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Count } from '../../../handlers/contract/effects.ts';
import type { AnyHandler, MetricSpec } from '../../../handlers/contract/handler.ts';
import { Extremes } from './extremes.ts';

type Labels = Readonly<Record<string, string>>;

type Instrument = { readonly perProcess: boolean } & (
  | { readonly type: 'counter'; readonly metric: Counter }
  | { readonly type: 'gauge'; readonly metric: Gauge; readonly kept: boolean; readonly extremes: Extremes | undefined }
  | { readonly type: 'left out' }
  | { readonly type: 'histogram'; readonly metric: Histogram }
);

/** What is asked of a portfolio before each exposition. */
export interface MetricSource {
  readonly portfolio: string;
  /** Figures of this process, as they are now. */
  counts(): readonly Count[];
  /** Whether its state in Redis can be known now; where not, the gauges of it are absent. */
  known(): boolean;
}

/** The name under which the runtime's own metrics are kept. */
export const RUNTIME = 'runtime';

const MAX_SYMBOLS = 1_000;
/** The label of symbols beyond the first thousand, so that a flood of symbols cannot flood the metrics. */
const OTHER = 'other';

/** All metric families of the process, a registry for each gate and one for the runtime itself. */
export class Metrics {
  readonly #registries = new Map<string, Registry>();
  readonly #instruments = new Map<string, Instrument>();
  readonly #portfolios: readonly string[];
  readonly #told: MetricSource[] = [];
  readonly #symbols = new Set<string>();
  readonly #isSummed: boolean;

  /**
   * `portfolios` are the prefixes served: with more than one, every family carries a `portfolio` label (contract §0). With
   * more than `labelledUpTo` none does: counters and histograms are summed, and of a gauge the extreme is shown, if any.
   */
  constructor(portfolios: readonly string[], labelledUpTo = Number.POSITIVE_INFINITY) {
    this.#portfolios = portfolios;
    this.#isSummed = portfolios.length > Math.max(1, labelledUpTo);
  }

  /** Declares the families of the handlers, label values that are known from the start at 0. A family named twice is one. */
  declareHandlers(handlers: readonly AnyHandler[]): void {
    for (const { gate, metrics } of handlers) {
      for (const spec of metrics) this.declare(spec.gate ?? gate, [spec]);
    }
  }

  /** Declares families in the registry of a gate (or `RUNTIME`). */
  declare(owner: string, specs: readonly MetricSpec[]): void {
    for (const spec of specs) {
      if (!this.#instruments.has(spec.name)) this.#instruments.set(spec.name, this.#create(owner, spec));
    }
  }

  /** Has a portfolio asked before each exposition. */
  tell(told: MetricSource): void {
    this.#told.push(told);
  }

  /** Takes away what gauges say of a portfolio's state in Redis, until it is seen again. */
  async forget(portfolio: string): Promise<void> {
    for (const instrument of this.#instruments.values()) {
      if (instrument.type !== 'gauge' || instrument.kept) continue;
      const { metric, extremes } = instrument;
      extremes?.forget(portfolio);
      if (extremes !== undefined) continue;
      for (const { labels } of (await metric.get()).values) {
        if (this.#portfolios.length === 1 || labels.portfolio === portfolio) metric.remove(labels);
      }
    }
  }

  /** Applies increments, gauge values and observations. An undeclared metric is a defect and throws. */
  apply(counts: readonly Count[] | undefined, portfolio: string): void {
    for (const count of counts ?? []) {
      const instrument = this.#instruments.get(count.metric);
      if (instrument === undefined) throw new Error(`expected a declared metric, got ${count.metric}`);
      if (instrument.type === 'left out') continue;
      const labels = this.#labels(instrument, count.labels, portfolio);
      if (instrument.type === 'counter') instrument.metric.inc(labels, count.by ?? 1);
      else if (instrument.type === 'gauge') setGauge(instrument, labels, { value: count.set ?? 0, portfolio });
      else instrument.metric.observe(labels, count.observe ?? 0);
    }
  }

  /** The families of one owner in the exposition format; of all without a name. */
  async exposition(owner?: string): Promise<string> {
    for (const { portfolio, counts, known } of this.#told) {
      this.apply(counts(), portfolio);
      if (!known()) await this.forget(portfolio);
    }
    for (const instrument of this.#instruments.values()) {
      if (instrument.type === 'gauge') instrument.extremes?.write(instrument.metric);
    }
    if (owner !== undefined) return (await this.#registries.get(owner)?.metrics()) ?? '';
    const parts = await Promise.all([...this.#registries.values()].map((registry) => registry.metrics()));
    return parts.filter((part) => part !== '').join('\n');
  }

  get contentType(): string {
    return Registry.PROMETHEUS_CONTENT_TYPE;
  }

  #labels(
    { perProcess = false }: Pick<MetricSpec, 'perProcess'> | Instrument,
    labels: Labels = {},
    portfolio: string,
  ): Labels {
    const bounded = this.#bounded(labels);
    return this.#byPortfolio(perProcess) ? { ...bounded, portfolio } : bounded;
  }

  #byPortfolio(perProcess: boolean): boolean {
    return this.#portfolios.length > 1 && !this.#isSummed && !perProcess;
  }

  #bounded(labels: Labels): Labels {
    if (labels.symbol === undefined) return labels;
    const symbol = this.#symbol(labels.symbol);
    return symbol === labels.symbol ? labels : { ...labels, symbol };
  }

  #symbol(symbol: string): string {
    if (this.#symbols.size < MAX_SYMBOLS) this.#symbols.add(symbol);
    return this.#symbols.has(symbol) ? symbol : OTHER;
  }

  #create(owner: string, spec: MetricSpec): Instrument {
    const { kept = false, perProcess = false, acrossPortfolios } = spec;
    const isOfMany = this.#isSummed && !perProcess;
    if (spec.type === 'gauge' && isOfMany && acrossPortfolios === undefined) return { type: 'left out', perProcess };
    const extremes =
      isOfMany && acrossPortfolios !== undefined ? new Extremes(acrossPortfolios, spec.labels) : undefined;
    const labelNames = [...(spec.labels ?? []), ...(this.#byPortfolio(perProcess) ? ['portfolio'] : [])];
    const common = { name: spec.name, help: spec.help, labelNames, registers: [this.#registry(owner)] };
    if (spec.type === 'histogram') {
      const buckets = spec.buckets === undefined ? {} : { buckets: [...spec.buckets] };
      return { type: 'histogram', perProcess, metric: new Histogram({ ...common, ...buckets }) };
    }
    const instrument: Instrument =
      spec.type === 'counter'
        ? { type: 'counter', perProcess, metric: new Counter(common) }
        : { type: 'gauge', perProcess, kept, metric: new Gauge(common), extremes };
    this.#begin(instrument, spec);
    return instrument;
  }

  /** Counters, and gauges that are kept, begin at 0; a gauge of state that nobody has seen yet is absent. */
  #begin(instrument: Instrument, spec: MetricSpec): void {
    if (instrument.type === 'gauge' && !instrument.kept) {
      instrument.metric.remove({});
      return;
    }
    const initial = spec.initial ?? ((spec.labels ?? []).length === 0 ? [{}] : []);
    for (const portfolio of this.#portfolios) {
      for (const labels of initial.map((one) => this.#labels(spec, one, portfolio))) {
        if (instrument.type === 'counter') instrument.metric.inc(labels, 0);
        else if (instrument.type === 'gauge') setGauge(instrument, labels, { value: 0, portfolio });
      }
    }
  }

  #registry(owner: string): Registry {
    const registry = this.#registries.get(owner) ?? new Registry();
    this.#registries.set(owner, registry);
    return registry;
  }
}

function setGauge(
  { metric, extremes }: { readonly metric: Gauge; readonly extremes: Extremes | undefined },
  labels: Labels,
  { value, portfolio }: { readonly value: number | 'unknown'; readonly portfolio: string },
): void {
  if (extremes !== undefined) extremes.set(labels, portfolio, value);
  else if (value === 'unknown') metric.remove(labels);
  else metric.set(labels, value);
}
