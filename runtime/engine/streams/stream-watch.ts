import type { MetricSpec } from '../../../handlers/contract/handler.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import type { Metrics } from '../status/metrics.ts';
import type { StreamProblem } from '../status/types.ts';
import type { PortfolioViews } from '../views/portfolio-views.ts';
import type { NamedStream } from './named.ts';
import { aheadInWords, isAhead, repairOf, type StreamPosition } from './positions.ts';

/** How far each stream is ahead of the clock. */
export const STREAM_METRICS: readonly MetricSpec[] = [
  {
    name: 'portcullis_stream_ahead_seconds',
    type: 'gauge',
    acrossPortfolios: 'max',
    help: 'How far the last id of a stream, or the position of one of its groups, is ahead of the clock of Redis',
    labels: ['stream'],
  },
  {
    name: 'portcullis_stream_unreadable',
    type: 'gauge',
    acrossPortfolios: 'max',
    help: '1 while the key of a stream that judgments rest on is of another type',
    labels: ['stream'],
  },
];

/** Looks how far the streams of a portfolio are ahead of Redis's clock. In simulated time there is nothing to compare with. */
export class StreamWatch {
  readonly #portfolio: Portfolio;
  readonly #streams: readonly NamedStream[];
  readonly #views: PortfolioViews;
  readonly #metrics: Metrics;
  #ahead: readonly StreamPosition[] = [];

  constructor(portfolio: Portfolio, streams: readonly NamedStream[], views: PortfolioViews, metrics: Metrics) {
    this.#portfolio = portfolio;
    this.#views = views;
    this.#streams = streams;
    this.#metrics = metrics;
  }

  /** What is wrong with those that were ahead when last looked at. */
  problems(): StreamProblem[] {
    const ahead = this.#ahead.map((position) => ({
      portfolio: this.#portfolio.prefix,
      stream: position.name,
      problem: `${aheadInWords(position)}: ${repairOf(position)}`,
    }));
    const unreadable = this.#unreadable().map(({ key, name }) => ({
      portfolio: this.#portfolio.prefix,
      stream: name,
      problem: `${key} is no stream: judgments rest on what it said before, and on nothing once that is too old; rename or delete it`,
    }));
    return [...ahead, ...unreadable];
  }

  #unreadable(): readonly NamedStream[] {
    const unreadable = this.#views.unreadable();
    return this.#streams.filter(({ key }) => unreadable.includes(key));
  }

  /**
   * Sets the gauges, lets views begin anew that stand beyond their stream, and answers how far each stream goes, by its
   * key: `positionsOf` asks for that. Errors are its own; then what was found last stays.
   */
  async turn(
    positionsOf: (streams: readonly NamedStream[]) => Promise<readonly StreamPosition[]>,
  ): Promise<ReadonlyMap<string, StreamPosition>> {
    const compare = this.#views.standing();
    const found = await positionsOf(this.#streams);
    if (!this.#portfolio.simulatedClock) this.#compared(found, compare);
    return new Map(found.map((position) => [position.key, position]));
  }

  #compared(found: readonly StreamPosition[], compare: ReturnType<PortfolioViews['standing']>): void {
    compare(new Map(found.map(({ key, lastId }) => [key, lastId])));
    this.#ahead = found.filter(isAhead);
    const gauges = found.map(({ name, aheadMs }) => ({
      metric: 'portcullis_stream_ahead_seconds',
      labels: { stream: name },
      set: aheadMs / 1000,
    }));
    const unreadable = this.#unreadable();
    const flags = this.#views.streams().map((key) => {
      const stream = this.#streams.find((one) => one.key === key);
      const set = stream !== undefined && unreadable.includes(stream) ? 1 : 0;
      return { metric: 'portcullis_stream_unreadable', labels: { stream: stream?.name ?? key }, set };
    });
    this.#metrics.apply([...gauges, ...flags], this.#portfolio.prefix);
  }
}
