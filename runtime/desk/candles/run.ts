import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { DAY_MS } from '../../../schemas/duration.ts';
import { streams } from '../../../schemas/keys.ts';
import { cents } from '../../../schemas/number.ts';
import type { FundingRules, PlayPayments } from '../../market/player/funded-book.ts';
import type { Market } from '../../market/player/market.ts';
import { type OpenPlay, openPlay } from '../../market/player/open-play.ts';
import { PAPER_STAGE } from '../../market/player/stage.ts';
import type { Summary } from '../../market/player/summary.ts';
import type { ProposalCounts } from '../../market/player/trader.ts';
import { connectTo, type RedisAddress } from '../../redis/connection/address.ts';
import { portfolioOf } from '../../settings/portfolio.ts';
import type { LoggedDecision } from '../decisions/decisions.ts';
import { FactsJoin } from '../decisions/facts-join.ts';
import type { PlayedStrategy } from './cast.ts';
import type { RunSettings } from './run-settings.ts';

/** What one run came to: the figures of the demo's summary, and more of the money. */
export interface RunResult
  extends Pick<Summary, 'modes' | 'hours' | 'equity' | 'exits' | 'plans' | 'softening' | 'funding'> {
  /** Violation events over all hours. */
  readonly violations: number;
  /** What each symbol that was held gained, less fees and recorded funding, US dollars. */
  readonly gains_usd: Readonly<Record<string, number>>;
  /** At the end of each day, UTC, and of the last hour: ISO 8601 and US dollars. */
  readonly equity_by_day: readonly (readonly [at: string, usd: number])[];
  /** Where a strategy of the user's proposed. */
  readonly proposals?: ProposalCounts;
}

/** What is played by whom, and where. */
export interface RunSpec {
  /** A Redis of its own: every key of the portfolio is deleted. */
  readonly address: RedisAddress;
  readonly market: Market;
  readonly cast: PlayedStrategy;
  readonly handlers: readonly AnyHandler[];
  readonly settings: RunSettings;
  /** What positions pay for being held; nothing is recorded without it. */
  readonly funding?: FundingRules | undefined;
  /** Prefix of the portfolio it is played on. */
  readonly prefix: string;
}

/** A strategy on a market through gates of its own, on a portfolio of its own. */
export class Run {
  readonly #spec: RunSpec;
  readonly #redis: Redis;
  readonly #play: OpenPlay;
  readonly #equity: (readonly [at: string, usd: number])[] = [];
  readonly #facts: FactsJoin;
  #lastHour = -1;

  private constructor(spec: RunSpec, redis: Redis, play: OpenPlay) {
    this.#spec = spec;
    this.#redis = redis;
    this.#play = play;
    this.#facts = new FactsJoin(redis, portfolioOf(spec.prefix, { simulatedClock: true }));
  }

  /** Starts the gates. */
  static async open(spec: RunSpec): Promise<Run> {
    const { address, market, cast, handlers, prefix, funding } = spec;
    const { strategy, trader } = cast;
    const connect = () => connectTo(address, { maxRetriesPerRequest: null }, prefix);
    const redis = connect();
    redis.on('error', () => undefined);
    try {
      const portfolio = portfolioOf(prefix, { simulatedClock: true });
      const { settings, executesBlocked } = spec.settings;
      const about = {
        connect,
        redis,
        portfolio,
        market,
        strategy,
        stage: PAPER_STAGE,
        handlers,
        settings,
        funding,
        executesBlocked,
      };
      return new Run(spec, redis, await openPlay({ ...about, ...(trader !== undefined && { trader }) }));
    } catch (error) {
      redis.disconnect();
      throw error;
    }
  }

  /** Plays one hour to its end and answers with what was decided in it. */
  async playHour(hour: number): Promise<readonly LoggedDecision[]> {
    const { player, link } = this.#play;
    await player.playHour(hour);
    this.#lastHour = hour;
    if (this.#spec.market.closedAtMs(hour) % DAY_MS === 0) this.#markEquity();
    return await this.#facts.join(await link.entriesNow(streams.decisions));
  }

  /** What it came to; at least one hour with a volatility must have been played. */
  result(): RunResult {
    const { player } = this.#play;
    const { modes } = this.#spec.settings;
    if (this.#spec.market.closedAtMs(this.#lastHour) % DAY_MS !== 0) this.#markEquity();
    const { hours, equity, exits, plans, softening, funding, budgets } = player.summary({
      modes,
      settings: {},
      rules: {},
    });
    const proposals = player.proposals();
    const gains = Object.entries(player.gainsUsd()).map(([symbol, usd]) => [symbol, cents(usd)] as const);
    return {
      modes,
      hours,
      equity,
      exits,
      plans,
      softening,
      funding,
      violations: budgets.violations,
      gains_usd: Object.fromEntries(gains),
      equity_by_day: this.#equity,
      ...(proposals !== undefined && { proposals }),
    };
  }

  /** The funding of every position so far. */
  payments(): PlayPayments {
    return this.#play.player.payments();
  }

  /** Stops the gates and closes every connection. */
  async close(): Promise<void> {
    await this.#play.close();
    this.#redis.disconnect();
  }

  #markEquity(): void {
    const at = new Date(this.#spec.market.closedAtMs(this.#lastHour)).toISOString();
    this.#equity.push([at, cents(this.#play.player.equityUsd())]);
  }
}
