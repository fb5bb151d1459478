import { afterEach, beforeEach, expect, test } from 'vitest';
import { portfolioOf } from '../../../runtime/settings/portfolio.ts';
import { startTestExchange } from '../../support/exchange.ts';
import { startRedis, type TestRedis, until } from '../../support/redis.ts';
import { startSystem } from '../../support/system.ts';

const PREFIXES = ['{fund-a}', '{fund-b}'] as const;
let redis: TestRedis;

beforeEach(async () => {
  redis = await startRedis();
});
afterEach(async () => redis.stop());

test('each portfolio has the state, positions and heat of its own account, and of no other', async () => {
  const exchange = await startTestExchange({
    accounts: [
      { apiKey: 'key-a', apiSecret: 'secret-a', balanceUsd: 100_000 },
      { apiKey: 'key-b', apiSecret: 'secret-b', balanceUsd: 40_000 },
    ],
  });
  const env = {
    PORTFOLIOS: PREFIXES.join(','),
    BINANCE_BASE_URL: exchange.url,
    BINANCE_WS_URL: exchange.wsUrl,
    BINANCE_TESTNET_API_KEY__FUND_A: 'key-a',
    BINANCE_TESTNET_API_SECRET__FUND_A: 'secret-a',
    BINANCE_TESTNET_API_KEY__FUND_B: 'key-b',
    BINANCE_TESTNET_API_SECRET__FUND_B: 'secret-b',
  };
  const portfolios = PREFIXES.map((prefix) => portfolioOf(prefix));
  const system = await startSystem(redis, { env, portfolios, schedules: true });
  try {
    exchange.fill({ apiKey: 'key-a', symbol: 'BTCUSDT', side: 'BUY', qty: 0.5 });
    exchange.fill({ apiKey: 'key-b', symbol: 'ETHUSDT', side: 'SELL', qty: 4 });
    const own = { '{fund-a}': ['BTCUSDT', '0.5', 100_000], '{fund-b}': ['ETHUSDT', '4', 40_000] } as const;
    for (const prefix of PREFIXES) {
      const [symbol, qty, balance] = own[prefix];
      const state = await until(`the position of ${prefix}`, async () => {
        const fields = await redis.client.hgetall(`${prefix}:state:portfolio`);
        return fields.positions_count === '1' ? fields : undefined;
      });
      expect(Math.abs(Number(state.equity_usd) - balance)).toBeLessThan(balance / 10);
      const snapshot = await redis.client.hgetall(`${prefix}:position:snapshot:${symbol}`);
      expect(snapshot.position_amt ?? snapshot.position_qty).toBe(qty);
      await until(`the heat of ${prefix}`, async () => {
        const { heat, reason } = await redis.client.hgetall(`${prefix}:state:heat`);
        return Number(heat) > 0 && reason?.startsWith('portfolio_heat_');
      });
    }
    expect(await redis.client.exists('{fund-a}:position:snapshot:ETHUSDT', '{fund-b}:position:snapshot:BTCUSDT')).toBe(
      0,
    );
  } finally {
    await system.stop();
    await exchange.stop();
  }
});
