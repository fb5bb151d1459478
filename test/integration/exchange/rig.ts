import { afterEach, beforeEach } from 'vitest';
import { type BinanceOptions, binanceExchange } from '../../../runtime/market/exchange/binance/index.ts';
import type { ExchangePort } from '../../../runtime/market/exchange/port.ts';
import type { LocalExchange, LocalExchangeOptions } from '../../../runtime/market/local-exchange/index.ts';
import { startTestExchange, TEST_KEY, TEST_SECRET } from '../../support/exchange.ts';

/** Waits that a test can wait for. */
const QUICK = { retryMs: 5, reopenLeastMs: 5, reopenMostMs: 50 };

/** A local exchange for each test of a file, and the adapter's connections to it. */
export interface ExchangeRig {
  readonly exchange: LocalExchange;
  /** A connection with the test's keys and quick waits; a test names what is different. */
  connect(options?: Partial<BinanceOptions>): ExchangePort;
  /** Puts another exchange in the place of this one. */
  restart(options: Partial<LocalExchangeOptions>): Promise<void>;
  /** How many requests for a path were answered so far. */
  asked(path: string, method?: string): number;
}

/** Starts the exchange before each test and stops it, and all connections, after it. */
export function exchangeRig(): ExchangeRig {
  let exchange: LocalExchange;
  let ports: ExchangePort[] = [];
  beforeEach(async () => {
    exchange = await startTestExchange();
  });
  afterEach(async () => {
    for (const port of ports) await port.close();
    ports = [];
    await exchange.stop();
  });
  return {
    get exchange() {
      return exchange;
    },
    connect: ({ timings, ...options } = {}) => {
      const { url: baseUrl, wsUrl } = exchange;
      const keys = { apiKey: TEST_KEY, apiSecret: TEST_SECRET };
      const changed = { ...options, timings: { ...QUICK, ...timings } };
      const port = binanceExchange({ environment: 'testnet', ...keys, baseUrl, wsUrl, ...changed });
      ports.push(port);
      return port;
    },
    restart: async (options) => {
      await exchange.stop();
      exchange = await startTestExchange(options);
    },
    asked: (path, method = 'GET') =>
      exchange.requests().filter((request) => request.path === path && request.method === method).length,
  };
}
