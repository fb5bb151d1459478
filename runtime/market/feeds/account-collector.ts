import type { AccountChange, AccountFigures, AccountFill, ListedTransfer } from '../../../schemas/account.ts';
import { MINUTE_MS } from '../../../schemas/duration.ts';
import type { FeedName } from '../../../schemas/feed.ts';
import { keys, streams } from '../../../schemas/keys.ts';
import { parseNumber } from '../../../schemas/number.ts';
import { identifierProblem } from '../../../schemas/wire.ts';
import type { AccountReading, OrderUpdate, Subscription, UserEvent } from '../exchange/port.ts';
import type { MarketCollector } from './market-collector.ts';
import { addRaw, type CollectorDeps, Turns } from './turns.ts';

/** Readings of the account are at least so far apart, ms, however many events ask for one. */
const SHORTEST_MS = 500;
/** The list of transfers is dear to ask for, and asked for after a gap and while no events come alone, ms. */
const TRANSFERS_EVERY_MS = 10_000;
/** A transfer just before may not have been in the list yet, and a stream that died is found out so late at most, ms. */
const TRANSFERS_BEFORE_MS = MINUTE_MS;
const CHANGES_KEPT = 200;
const FILLS_KEPT = 2_000;
/** Field of `feed:status:account`: up to when every transfer is known, Unix ms of the exchange. */
const KNOWN_TO = 'transfers_known_to_ms';

type Kind = 'start' | 'poll' | 'event' | 'resync';

/** Reads the account every few seconds, and within a second of each of its events. */
export class AccountCollector {
  readonly #deps: CollectorDeps;
  readonly #turns: Turns;
  readonly #markets: Pick<MarketCollector, 'expect'> | undefined;
  #subscription: Subscription | undefined;
  #kind: Kind = 'start';
  #changes: readonly AccountChange[] = [];
  #fills: readonly AccountFill[] = [];
  #transfersWanted = true;
  #transfersAskedMs = -Infinity;
  /** Up to when every transfer is known, Unix ms of the exchange; undefined before that is looked up. */
  #knownToMs: number | undefined;

  /** `markets` gets symbols ready before they are told of as held. */
  constructor(deps: CollectorDeps, markets?: Pick<MarketCollector, 'expect'>) {
    this.#deps = deps;
    this.#markets = markets;
    this.#turns = new Turns(deps, 'account', (takenMs) => this.collect(takenMs), SHORTEST_MS);
  }

  /** Starts reading, and following the account's events. */
  start(): void {
    const { exchange, log } = this.#deps;
    this.#turns.start();
    this.#subscription = exchange.userEvents({
      onEvent: (event) => this.#told(event),
      onResync: () => this.#resync(),
      onProblem: (problem) => log.debug(`account feed: ${problem}`),
    });
  }

  /** Reads at once where this is the feed that is asked. */
  ask(feed: FeedName): void {
    if (feed === 'account') this.#turns.again();
  }

  /** Resolves once nothing is read any more. */
  async stop(): Promise<void> {
    this.#subscription?.close();
    await this.#turns.stop();
  }

  #told(event: UserEvent): void {
    if (event.kind === 'account_update') {
      const change = { reason: event.reason, atMs: event.transactionMs, balances: event.balances };
      this.#changes = [...this.#changes, change].slice(-CHANGES_KEPT);
    }
    if (event.kind === 'order_update' && event.tradeId !== undefined) {
      const { symbol, transactionMs: atMs, side, filledQty, realizedPnlUsd: usd } = event;
      const qty = side === 'SELL' ? -filledQty : filledQty;
      const plan = this.#deps.fillResults && !event.closes ? planOf(event) : undefined;
      this.#fills = [...this.#fills, { symbol, atMs, qty, usd, plan }].slice(-FILLS_KEPT);
    }
    if (this.#kind === 'poll') this.#kind = 'event';
    this.#turns.soon();
  }

  #resync(): void {
    this.#kind = 'resync';
    this.#transfersWanted = true;
    this.#turns.soon();
  }

  /** Reads the account once and writes what it read; `takenMs` is the moment of Redis's clock just before. */
  async collect(takenMs: number): Promise<void> {
    const { exchange, isHolder } = this.#deps;
    const kind = this.#kind;
    const [changes, fills] = [this.#changes, this.#fills];
    this.#kind = 'poll';
    const reading = await this.#orAgain(kind, () => exchange.account());
    const transfers = await this.#transfers(reading);
    await this.#markets?.expect(reading.positions.map(({ symbol }) => symbol));
    if (!isHolder()) return;
    await this.#orAgain(kind, () =>
      addRaw(this.#deps, streams.feedAccount, takenMs, {
        kind,
        source: exchange.name,
        reading: readingJson(reading),
        told: JSON.stringify({ changes, transfers, fills }),
      }),
    );
    this.#changes = this.#changes.filter((change) => !changes.includes(change));
    this.#fills = this.#fills.filter((fill) => !fills.includes(fill));
  }

  /** What could not be read or written now is asked for as urgently the next time. */
  async #orAgain<T>(kind: Kind, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#kind = kind;
      throw error;
    }
  }

  /** Transfers since the account's events came last without a gap: until they come again, each may be the one that nobody told. */
  async #transfers({ sentMs, readMs }: AccountReading): Promise<readonly ListedTransfer[]> {
    const { exchange, log } = this.#deps;
    const hears = exchange.health().userStream === 'open';
    if (hears && !this.#transfersWanted) {
      await this.#known(readMs);
      return [];
    }
    this.#transfersWanted = true;
    if (performance.now() - this.#transfersAskedMs < TRANSFERS_EVERY_MS) return [];
    this.#transfersAskedMs = performance.now();
    try {
      const since = await this.#sinceMs();
      const { transfers } = since === undefined ? { transfers: [] } : await exchange.transfers(since);
      this.#transfersWanted = !hears;
      await this.#known(sentMs);
      return transfers;
    } catch (error) {
      log.warn(`account feed: the list of transfers could not be read: ${error instanceof Error ? error.message : ''}`);
      return [];
    }
  }

  /** Unix ms of the exchange from which on transfers are asked for; undefined where nothing was ever read. */
  async #sinceMs(): Promise<number | undefined> {
    const { redis, portfolio } = this.#deps;
    const stored = async (key: string, field: string) => parseNumber(await redis.hget(portfolio.key(key), field));
    this.#knownToMs ??= await stored(keys.feed('account'), KNOWN_TO);
    const knownToMs = this.#knownToMs ?? (await stored(keys.highWaterMark, 'read_ms'));
    return knownToMs === undefined ? undefined : Math.max(0, Math.floor(knownToMs - TRANSFERS_BEFORE_MS));
  }

  /** Kept for the worker that collects next. */
  async #known(toMs: number): Promise<void> {
    this.#knownToMs = toMs;
    const { redis, portfolio } = this.#deps;
    await redis.hset(portfolio.key(keys.feed('account')), KNOWN_TO, String(Math.floor(toMs)));
  }
}

/** Adapters send the plan id as client order id; what cannot be a plan id is named by the exchange's number. */
function planOf({ clientOrderId, orderId }: OrderUpdate): string {
  return identifierProblem(clientOrderId) === undefined ? clientOrderId : `order-${orderId}`;
}

function readingJson(reading: AccountReading): string {
  const { assets, positions, ...rest } = reading;
  const figures: AccountFigures = {
    ...rest,
    assets: assets.map(({ asset, wallet }) => ({ asset, wallet })),
    positions: positions.map(({ updatedMs: _updatedMs, ...position }) => position),
  };
  return JSON.stringify(figures);
}
