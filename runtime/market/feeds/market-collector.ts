import { type CandleInterval, formatCandle } from '../../../schemas/candle.ts';
import { MINUTE_MS } from '../../../schemas/duration.ts';
import type { FeedName } from '../../../schemas/feed.ts';
import { keys, streams } from '../../../schemas/keys.ts';
import { filterFields } from '../../../schemas/market-state.ts';
import { formatNumber } from '../../../schemas/number.ts';
import { formatSymbols } from '../../../schemas/risk-governor.ts';
import { ExchangeError } from '../exchange/errors.ts';
import type { ExchangeCandle, ExchangeSymbol, MarkPrice, Subscription } from '../exchange/port.ts';
import { CandleStore } from './candle-store.ts';
import { FundingStore } from './funding-store.ts';
import { RunningCandles } from './running-candles.ts';
import { addRaw, type CollectorDeps, Turns } from './turns.ts';
import { type WatchedSymbols, type WatchOptions, watchedSymbols } from './watched-symbols.ts';

const SHORTEST_MS = 500;
/** Clusters and the figures of the book's risk are computed once a second at most. */
const SHORTEST_CLUSTERS_MS = 1_000;
/** So long a symbol that was not watched is waited for, ms, and so often is looked. */
const EXPECTED_WITHIN_MS = 2_000;
const LOOK_MS = 100;
/** The list of symbols is long: a megabyte or two. */
const LISTING_EVERY_MS = 10 * MINUTE_MS;

/** What a market collector is told by the settings. */
export interface MarketOptions extends WatchOptions {
  readonly interval: CandleInterval;
  readonly lookback: number;
  /** How often clusters are to be judged again; undefined where that feed is off. */
  readonly clusterMs: number | undefined;
}

/** Keeps marks, candles and funding of the watched symbols, and says when market state and clusters are to be judged again. */
export class MarketCollector {
  readonly #deps: CollectorDeps;
  readonly #options: MarketOptions;
  readonly #candles: CandleStore;
  readonly #funding: FundingStore;
  #fundingAsked: Promise<void> | undefined;
  #ofFunding: readonly string[] = [];
  readonly #turns: Turns;
  readonly #clusterTurns: Turns | undefined;
  readonly #running: RunningCandles;
  #watched: WatchedSymbols | undefined;
  #followed = '';
  #subscription: Subscription | undefined;
  #listing: ReadonlyMap<string, ExchangeSymbol> | undefined;
  #listedMs = -Infinity;
  /** Symbols that were listed without a mark when the list was read last. */
  #unmarked: ReadonlySet<string> = new Set();
  #problems = '';
  /** Symbols that the account held when it was read last. */
  #expected: readonly string[] = [];
  #stopping = false;

  constructor(deps: CollectorDeps, options: MarketOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#candles = new CandleStore(deps, options.interval, options.lookback);
    this.#funding = new FundingStore(deps);
    this.#running = new RunningCandles(options.interval);
    this.#turns = new Turns(deps, 'market', (takenMs) => this.collect(takenMs), SHORTEST_MS);
    const { clusterMs } = options;
    if (clusterMs !== undefined) {
      const every = { ...deps, pollMs: clusterMs };
      this.#clusterTurns = new Turns(
        every,
        'cluster',
        (takenMs) => this.collectClusters(takenMs),
        SHORTEST_CLUSTERS_MS,
      );
    }
  }

  /** Starts collecting; returns at once. */
  start(): void {
    this.#turns.start();
    this.#clusterTurns?.start();
  }

  /** Collects at once where this is a feed that is asked. */
  ask(feed: FeedName): void {
    if (feed === 'market') this.#turns.again();
    if (feed === 'cluster') this.#clusterTurns?.again();
  }

  /** Resolves once nothing is collected any more. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#subscription?.close();
    await Promise.all([this.#turns.stop(), this.#clusterTurns?.stop()]);
    await this.#fundingAsked;
  }

  /**
   * Watches symbols that are held from now on, and waits until the volatility of those it did not know is known, two
   * seconds at most: the first snapshot of each then carries it.
   */
  async expect(symbols: readonly string[]): Promise<void> {
    const news = symbols.filter((symbol) => !this.#expected.includes(symbol));
    this.#expected = symbols;
    if (news.length === 0 || !(await this.#lackVolatility(news))) return;
    this.#turns.soon();
    const untilMs = performance.now() + EXPECTED_WITHIN_MS;
    while (!this.#stopping && performance.now() < untilMs && (await this.#lackVolatility(news))) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** One that cannot be looked up lacks it: a reading of the account never fails for that. */
  async #lackVolatility(symbols: readonly string[]): Promise<boolean> {
    const { redis, portfolio } = this.#deps;
    if (redis.status !== 'ready') return true;
    const known = symbols.map((symbol) => redis.hexists(portfolio.key(keys.market(symbol)), 'sigma_1d').catch(() => 0));
    return (await Promise.all(known)).includes(0);
  }

  /** Reads marks and missing candles once and writes an entry a symbol; `takenMs` is the moment of Redis's clock just before. */
  async collect(takenMs: number): Promise<void> {
    const { redis, portfolio, exchange, isHolder } = this.#deps;
    const named = [...this.#expected, ...this.#options.named];
    const watched = await watchedSymbols(redis, portfolio, { ...this.#options, named }, takenMs);
    const before = this.#watched;
    this.#watched = watched;
    this.#running.keep(watched.all);
    this.#follow(watched.all);
    if (watched.all.length === 0) return this.#clustersIfChanged(before, watched);
    await this.#readListing(LISTING_EVERY_MS);
    const { marks, problems } = await exchange.marks(watched.all);
    await this.#listAgain(watched.all, new Set(marks.map(({ symbol }) => symbol)));
    const ofCandles = await this.#candles.refresh(watched.all);
    if (!isHolder()) return this.#tell([...problems, ...ofCandles]);
    const readMs = Date.now() + (exchange.health().clockOffsetMs ?? 0);
    const bySymbol = new Map(marks.map((mark) => [mark.symbol, mark]));
    await Promise.all(watched.all.map((symbol) => this.#entry(symbol, bySymbol.get(symbol), { takenMs, readMs })));
    this.#clustersIfChanged(before, watched);
    this.#refreshFunding(marks, readMs);
    this.#tell([...problems, ...ofCandles, ...this.#ofFunding]);
  }

  /** Beside the turns: no mark waits for what only reports look at. What goes wrong is told by the next turn. */
  #refreshFunding(marks: readonly MarkPrice[], readMs: number): void {
    this.#fundingAsked ??= this.#funding
      .refresh(marks, readMs)
      .then((told) => {
        this.#ofFunding = told;
      })
      .finally(() => {
        this.#fundingAsked = undefined;
      });
  }

  /** A symbol that was opened or closed changes what its cluster carries. */
  #clustersIfChanged(before: WatchedSymbols | undefined, after: WatchedSymbols): void {
    const set = (watched: WatchedSymbols | undefined) => watched?.active.toSorted().join(' ');
    if (set(before) !== set(after)) this.#clusterTurns?.soon();
  }

  async #entry(
    symbol: string,
    mark: MarkPrice | undefined,
    { takenMs, readMs }: { readonly takenMs: number; readonly readMs: number },
  ): Promise<void> {
    const { exchange } = this.#deps;
    const newestMs = this.#candles.newestMs(symbol);
    const running = this.#running.of(symbol, mark, readMs);
    const listed = this.#listing?.get(symbol);
    await addRaw(this.#deps, streams.feedMarket, takenMs, {
      symbol,
      interval: this.#options.interval,
      ...(mark !== undefined && { mark_price: formatNumber(mark.price), mark_ms: formatNumber(mark.atMs) }),
      read_ms: formatNumber(readMs),
      newest_candle_ms: newestMs === undefined ? '' : String(newestMs),
      ...(this.#listing !== undefined && { trading: String(listed?.tradable ?? false) }),
      ...(listed !== undefined && filterFields(listed.filters)),
      ...((this.#watched?.held.has(symbol) || this.#expected.includes(symbol)) && { held: 'true' }),
      ...(running !== undefined && { open_ms: String(running.openMs), open_candle: formatCandle(running) }),
      source: exchange.name,
    });
  }

  /** Asks for the clusters of the symbols that are held or planned to be judged again. */
  async collectClusters(takenMs: number): Promise<void> {
    const { redis, portfolio, isHolder } = this.#deps;
    const watched = await watchedSymbols(redis, portfolio, this.#options, takenMs);
    if (!isHolder()) return;
    const symbols = watched.active.length === 0 ? {} : { symbols: formatSymbols(watched.active) };
    await addRaw(this.#deps, streams.feedCluster, takenMs, { ...symbols, interval: this.#options.interval });
  }

  #follow(symbols: readonly string[]): void {
    const wanted = symbols.toSorted().join(' ');
    if (wanted === this.#followed) return;
    this.#followed = wanted;
    this.#subscription?.close();
    this.#subscription = undefined;
    if (symbols.length === 0) return;
    this.#subscription = this.#deps.exchange.klineEvents(symbols, this.#options.interval, {
      onCandle: (candle) => this.#take(candle),
      onResync: () => this.#candles.askAgain(),
      onProblem: (problem) => this.#deps.log.debug(`market feed: ${problem}`),
    });
  }

  #take(candle: ExchangeCandle): void {
    if (!candle.closed) this.#running.take(candle);
    if (!candle.closed || this.#deps.redis.status !== 'ready' || !this.#deps.isHolder()) return;
    this.#candles.take(candle).then(
      (taken) => {
        if (taken) this.#turns.soon();
      },
      (error: unknown) => this.#deps.log.debug({ err: error }, 'market feed: a candle could not be kept'),
    );
  }

  /** A listed symbol that has no mark any more may be delisted: the list is read with that poll, then once a minute. */
  async #listAgain(watched: readonly string[], marked: ReadonlySet<string>): Promise<void> {
    const unmarked = watched.filter((symbol) => !marked.has(symbol) && this.#listing?.get(symbol)?.tradable === true);
    const isNews = unmarked.some((symbol) => !this.#unmarked.has(symbol));
    if (unmarked.length > 0) await this.#readListing(isNews ? 0 : MINUTE_MS);
    this.#unmarked = new Set(unmarked);
  }

  /** Without the list of symbols nothing is known to be delisted, and the rest goes on. */
  async #readListing(everyMs: number): Promise<void> {
    if (performance.now() - this.#listedMs < everyMs) return;
    this.#listedMs = performance.now();
    try {
      const { symbols } = await this.#deps.exchange.symbols();
      this.#listing = new Map(symbols.map((symbol) => [symbol.symbol, symbol]));
    } catch (error) {
      if (!(error instanceof ExchangeError)) throw error;
      this.#listedMs = -Infinity;
    }
  }

  #tell(problems: readonly string[]): void {
    const text = problems.slice(0, 10).join('; ');
    if (text !== '' && text !== this.#problems) this.#deps.log.warn(`market feed: ${text}`);
    this.#problems = text;
  }
}
