import { gatesByHandler } from '../../../../desk/explain/decision-rows.ts';
import type { Runtime } from '../../../../engine/status/types.ts';
import type { Known } from '../../../../engine/streams/known.ts';
import type { Portfolio } from '../../../../settings/portfolio.ts';
import { HttpError } from '../../errors.ts';
import type { LiveClient } from './client.ts';
import { PortfolioFeed } from './feed.ts';
import type { OverviewOf } from './overview-teller.ts';

const MOST_STREAMS = 256;
const COMMAND_TIMEOUT_MS = 5_000;

/** The live streams that are open in this process, by portfolio: one reader for each that somebody watches. */
export class LiveStreams {
  readonly #runtime: Runtime;
  readonly #known: Known;
  readonly #overviewOf: OverviewOf;
  readonly #feeds = new Map<string, PortfolioFeed>();
  readonly #clients = new Set<LiveClient>();
  #closed = false;

  constructor(runtime: Runtime, known: Known, overviewOf: OverviewOf) {
    this.#runtime = runtime;
    this.#known = known;
    this.#overviewOf = overviewOf;
  }

  /** Throws a 503 when no further stream can be opened. */
  requireRoom(): void {
    if (this.#closed) throw new HttpError(503, 'expected a process that goes on, got one that is stopping');
    if (this.#clients.size < MOST_STREAMS) return;
    throw new HttpError(
      503,
      `expected at most ${MOST_STREAMS} open streams, got one more: close pages that nobody needs`,
    );
  }

  /** Lets somebody watch a portfolio from now on, or from `lastId` on. */
  async add(client: LiveClient, portfolio: Portfolio, lastId: string | undefined): Promise<void> {
    if (client.isClosed) return;
    this.#clients.add(client);
    client.onClose(() => this.#clients.delete(client));
    const feed = this.#feeds.get(portfolio.prefix) ?? this.#feedOf(portfolio);
    await feed.add(client, lastId);
  }

  /** Ends every stream, and opens none any more. */
  close(): void {
    this.#closed = true;
    for (const feed of [...this.#feeds.values()]) feed.close();
  }

  #feedOf(portfolio: Portfolio): PortfolioFeed {
    const redis = this.#runtime.redisOf(portfolio).duplicate({ commandTimeout: COMMAND_TIMEOUT_MS });
    redis.on('error', () => undefined);
    const feed: PortfolioFeed = new PortfolioFeed({
      redis,
      portfolio,
      log: this.#runtime.log,
      gateOf: gatesByHandler(this.#known.handlers),
      overviewOf: this.#overviewOf,
      onEmpty: () => {
        if (this.#feeds.get(portfolio.prefix) === feed) this.#feeds.delete(portfolio.prefix);
      },
    });
    this.#feeds.set(portfolio.prefix, feed);
    return feed;
  }
}
