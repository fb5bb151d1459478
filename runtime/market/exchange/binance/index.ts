import type { CandleInterval } from '../../../../schemas/candle.ts';
import { type BinanceEnvironment, endpointsOf } from '../../../settings/binance-endpoints.ts';
import { ExchangeError } from '../errors.ts';
import type {
  AccountReading,
  CandleRange,
  CandlesReading,
  ExchangeHealth,
  ExchangePort,
  FundingsReading,
  KlineHandlers,
  MarksReading,
  StreamState,
  Subscription,
  SymbolsReading,
  TransfersReading,
  UserHandlers,
} from '../port.ts';
import { readAccount, requiredItem, requiredList } from './account.ts';
import { candlesBetween, newestCandles } from './candle-pages.ts';
import { fundingsSince } from './funding-pages.ts';
import { KlineStream } from './kline-stream.ts';
import { readMarks, readSymbols, readTransfers } from './market.ts';
import { RestClient } from './rest.ts';
import { Secrets } from './secrets.ts';
import { BINANCE_TIMINGS, type BinanceTimings } from './timings.ts';
import { UserStream } from './user-stream.ts';

const MOST_TRANSFERS = 1_000;
const STATES: readonly StreamState[] = ['waiting', 'connecting', 'open'];

/** What it takes to reach an account; without keys only public market data is to be had. */
export interface BinanceOptions {
  readonly environment: BinanceEnvironment;
  readonly apiKey?: string | undefined;
  readonly apiSecret?: string | undefined;
  /** Another address than the environment's own. */
  readonly baseUrl?: string | undefined;
  readonly wsUrl?: string | undefined;
  readonly timings?: Partial<BinanceTimings> | undefined;
}

/**
 * Binance USD-M futures as an exchange. Throws on an address that cannot be used; asks nothing until it is called. Own, because
 * of three libraries two passed an HTML page on as an answer and none recovered from clock skew (docs/decisions/010-own-exchange-adapter.md).
 */
export function binanceExchange(options: BinanceOptions): ExchangePort {
  return new BinanceExchange(options);
}

class BinanceExchange implements ExchangePort {
  readonly name: string;
  readonly #secrets: Secrets;
  readonly #rest: RestClient;
  readonly #streamUrl: string;
  readonly #timings: BinanceTimings;
  readonly #userStreams = new Set<UserStream>();
  readonly #klineStreams = new Set<KlineStream>();
  /** Older test servers know version 2 of the account alone. */
  #accountVersion: 'v3' | 'v2' = 'v3';

  constructor({ environment, apiKey = '', apiSecret = '', baseUrl, wsUrl, timings }: BinanceOptions) {
    const { restUrl, streamUrl } = endpointsOf(environment, baseUrl, wsUrl);
    this.name = `binance-usdm-${environment}`;
    this.#secrets = new Secrets(apiKey, apiSecret);
    this.#streamUrl = streamUrl;
    this.#timings = { ...BINANCE_TIMINGS, ...timings };
    this.#rest = new RestClient({ restUrl, environment, secrets: this.#secrets, timings: this.#timings });
  }

  async account(): Promise<AccountReading> {
    const sentMs = this.#rest.clock.nowMs();
    const account = await this.#accountPart('account', requiredItem);
    const risk = await this.#accountPart('positionRisk', requiredList);
    return { sentMs, readMs: this.#rest.clock.nowMs(), ...readAccount(account, risk) };
  }

  async marks(symbols?: readonly string[]): Promise<MarksReading> {
    const call = { method: 'GET', path: '/fapi/v1/premiumIndex', weight: 10, access: 'public' } as const;
    return this.#rest.request(call, (body) => readMarks(body, symbols, this.#rest.clock.nowMs()));
  }

  candles(symbol: string, interval: CandleInterval, range: CandleRange = {}): Promise<CandlesReading> {
    const asked = { rest: this.#rest, symbol, interval };
    return range.startMs === undefined
      ? newestCandles(asked, range)
      : candlesBetween(asked, { ...range, startMs: range.startMs });
  }

  fundings(symbol: string, sinceMs: number): Promise<FundingsReading> {
    return fundingsSince(this.#rest, symbol, sinceMs);
  }

  async symbols(): Promise<SymbolsReading> {
    const call = { method: 'GET', path: '/fapi/v1/exchangeInfo', weight: 1, access: 'public' } as const;
    const { weightLimit, ...reading } = await this.#rest.request(call, readSymbols);
    if (weightLimit !== undefined) this.#rest.budget.limit = weightLimit;
    return reading;
  }

  async transfers(sinceMs: number): Promise<TransfersReading> {
    const query = { incomeType: 'TRANSFER', startTime: sinceMs, limit: MOST_TRANSFERS };
    const path = '/fapi/v1/income';
    return this.#rest.request({ method: 'GET', path, query, weight: 30, access: 'signed' }, readTransfers);
  }

  userEvents(handlers: UserHandlers): Subscription {
    const options = { rest: this.#rest, secrets: this.#secrets, streamUrl: this.#streamUrl, timings: this.#timings };
    return subscribed(this.#userStreams, new UserStream(options, handlers));
  }

  klineEvents(symbols: readonly string[], interval: CandleInterval, handlers: KlineHandlers): Subscription {
    const options = { streamUrl: this.#streamUrl, timings: this.#timings };
    return subscribed(this.#klineStreams, new KlineStream(options, symbols, interval, handlers));
  }

  health(): ExchangeHealth {
    const { budget, clock, lastSuccessMs, lastError } = this.#rest;
    const pause = budget.pauseAt(Date.now(), true);
    return {
      name: this.name,
      usedWeight: budget.usedAt(clock.nowMs()),
      weightLimit: budget.limit,
      pausedUntilMs: pause?.untilMs,
      pauseReason: pause?.reason,
      clockOffsetMs: clock.offsetMs,
      userStream: worstOf(this.#userStreams),
      klineStream: worstOf(this.#klineStreams),
      lastSuccessMs,
      lastError,
    };
  }

  close(): Promise<void> {
    for (const stream of [...this.#userStreams, ...this.#klineStreams]) stream.close();
    this.#userStreams.clear();
    this.#klineStreams.clear();
    this.#rest.close();
    return Promise.resolve();
  }

  async #accountPart<T>(name: 'account' | 'positionRisk', read: (body: unknown) => T): Promise<T> {
    const ask = (version: 'v3' | 'v2') =>
      this.#rest.request({ method: 'GET', path: `/fapi/${version}/${name}`, weight: 5, access: 'signed' }, read);
    try {
      return await ask(this.#accountVersion);
    } catch (error) {
      if (this.#accountVersion === 'v2' || !(error instanceof ExchangeError) || error.status !== 404) throw error;
      this.#accountVersion = 'v2';
      return ask('v2');
    }
  }
}

function subscribed<T extends Subscription>(all: Set<T>, stream: T): Subscription {
  all.add(stream);
  return {
    close: () => {
      all.delete(stream);
      stream.close();
    },
  };
}

function worstOf(streams: Iterable<{ readonly state: StreamState }>): StreamState {
  const states = [...streams].map((stream) => stream.state);
  return STATES.find((state) => states.includes(state)) ?? 'off';
}
