import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Count } from '../handlers/common/effects.ts';
import type { AnyHandler, MetricSpec } from '../handlers/common/handler.ts';

type Instrument =
  | { readonly type: 'counter'; readonly metric: Counter }
  | { readonly type: 'gauge'; readonly metric: Gauge }
  | { readonly type: 'histogram'; readonly metric: Histogram };

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
  readonly #symbols = new Set<string>();

  /** `portfolios` are the prefixes served: with more than one, every family carries a `portfolio` label (contract §0). */
  constructor(portfolios: readonly string[]) {
    this.#portfolios = portfolios;
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

  /** Applies increments, gauge values and observations. An undeclared metric is a defect and throws. */
  apply(counts: readonly Count[] | undefined, portfolio: string): void {
    for (const count of counts ?? []) {
      const instrument = this.#instruments.get(count.metric);
      if (instrument === undefined) throw new Error(`expected a declared metric, got ${count.metric}`);
      const labels = this.#labels(count.labels, portfolio);
      if (instrument.type === 'counter') instrument.metric.inc(labels, count.by ?? 1);
      else if (instrument.type === 'gauge') instrument.metric.set(labels, count.set ?? 0);
      else instrument.metric.observe(labels, count.observe ?? 0);
    }
  }

  /** The families of one owner in the exposition format; of all without a name. */
  async exposition(owner?: string): Promise<string> {
    if (owner !== undefined) return (await this.#registries.get(owner)?.metrics()) ?? '';
    const parts = await Promise.all([...this.#registries.values()].map((registry) => registry.metrics()));
    return parts.filter((part) => part !== '').join('\n');
  }

  get contentType(): string {
    return Registry.PROMETHEUS_CONTENT_TYPE;
  }

  #labels(labels: Readonly<Record<string, string>> = {}, portfolio: string): Readonly<Record<string, string>> {
    const bounded = this.#bounded(labels);
    return this.#portfolios.length > 1 ? { ...bounded, portfolio } : bounded;
  }

  #bounded(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    if (labels.symbol === undefined) return labels;
    const symbol = this.#symbol(labels.symbol);
    return symbol === labels.symbol ? labels : { ...labels, symbol };
  }

  #symbol(symbol: string): string {
    if (this.#symbols.size < MAX_SYMBOLS) this.#symbols.add(symbol);
    return this.#symbols.has(symbol) ? symbol : OTHER;
  }

  #create(owner: string, spec: MetricSpec): Instrument {
    const labelNames = [...(spec.labels ?? []), ...(this.#portfolios.length > 1 ? ['portfolio'] : [])];
    const common = { name: spec.name, help: spec.help, labelNames, registers: [this.#registry(owner)] };
    if (spec.type === 'histogram') {
      const buckets = spec.buckets === undefined ? {} : { buckets: [...spec.buckets] };
      return { type: 'histogram', metric: new Histogram({ ...common, ...buckets }) };
    }
    const initial = spec.initial ?? ((spec.labels ?? []).length === 0 ? [{}] : []);
    const instrument: Instrument =
      spec.type === 'counter'
        ? { type: 'counter', metric: new Counter(common) }
        : { type: 'gauge', metric: new Gauge(common) };
    for (const portfolio of this.#portfolios) {
      for (const labels of initial) {
        if (instrument.type === 'counter') instrument.metric.inc(this.#labels(labels, portfolio), 0);
        else if (instrument.type === 'gauge') instrument.metric.set(this.#labels(labels, portfolio), 0);
      }
    }
    return instrument;
  }

  #registry(owner: string): Registry {
    const registry = this.#registries.get(owner) ?? new Registry();
    this.#registries.set(owner, registry);
    return registry;
  }
}
