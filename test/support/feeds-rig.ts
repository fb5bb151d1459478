import type { LocalExchange } from '../../runtime/market/local-exchange/index.ts';
import { exchangeSettings, startTestExchange, TEST_KEY } from './exchange.ts';
import { startRedis, type TestRedis, until } from './redis.ts';
import { type SystemOptions, startSystem, type TestSystem } from './system.ts';

/** A system that knows of its portfolio only what a local exchange says. */
export interface FeedsRig {
  readonly redis: TestRedis;
  readonly exchange: LocalExchange;
  readonly system: TestSystem;
  /** Takes the exchange away, and brings another one to its port. */
  replaceExchange(start: boolean): Promise<void>;
  /** The fields of a hash, by its name without the portfolio. */
  hash(name: string): Promise<Record<string, string>>;
  /** Fills an order on the exchange. */
  trade(symbol: string, side: 'BUY' | 'SELL', qty: number): void;
  stop(): Promise<void>;
}

/** Starts Redis, exchange and system; `env` is besides the keys and the exchange's address. */
export async function startFeedsRig(
  env: Readonly<Record<string, string>> = {},
  timings?: SystemOptions['timings'],
): Promise<FeedsRig> {
  const redis = await startRedis();
  let exchange = await startTestExchange();
  const { port } = exchange;
  const all = { ...exchangeSettings(exchange), ...env };
  const system = await startSystem(redis, { env: all, schedules: true, timings });
  return {
    redis,
    system,
    get exchange() {
      return exchange;
    },
    replaceExchange: async (start) => {
      await exchange.stop();
      if (start) exchange = await startTestExchange({ port });
    },
    hash: (name) => redis.client.hgetall(`quantum:${name}`),
    trade: (symbol, side, qty) => void exchange.fill({ apiKey: TEST_KEY, symbol, side, qty }),
    stop: async () => {
      await system.stop();
      await exchange.stop();
      await redis.stop();
    },
  };
}

/** The fields of a hash once `is` holds for them. */
export async function hashThat(
  rig: Pick<FeedsRig, 'hash'>,
  name: string,
  is: (fields: Record<string, string>) => boolean,
  timeoutMs?: number,
): Promise<Record<string, string>> {
  const what = `${name} to be as expected`;
  const found = async () => {
    const fields = await rig.hash(name);
    return is(fields) ? fields : undefined;
  };
  return await until<Record<string, string> | undefined>(what, found, timeoutMs);
}
