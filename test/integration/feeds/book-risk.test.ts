import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EXCHANGE_STAGE } from '../../../runtime/doors/demo/broker/stage.ts';
import { playMonth } from '../../../runtime/doors/demo/play.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';

/** The core book is bought at hour 24; correlations are known after 48 returns, and an expected shortfall is not. */
const HOURS = 54;
const PLAY_TIMEOUT_MS = 120_000;

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

test(
  "keeps the figures of the book's risk as the feeds read it on an exchange",
  async () => {
    const settings = {
      ...EXCHANGE_STAGE.settings,
      MARKET_LOOKBACK: '600',
      RISK_SHOCK: 'report',
      RISK_LEVERAGE: 'report',
      RISK_CORRELATED_HEAT: 'report',
      RISK_EXPECTED_SHORTFALL: 'report',
      RISK_MARGIN: 'report',
    };
    const connect = () => new Redis(redis.url, { maxRetriesPerRequest: null });
    await playMonth({ connect, hours: HOURS, stage: { ...EXCHANGE_STAGE, settings } });
    const fields = await redis.client.hgetall('demo:state:risk');
    expect(fields).toMatchObject({
      shock_reason: 'ok',
      leverage_reason: 'ok',
      correlated_heat_reason: 'ok',
      expected_shortfall_reason: 'not_enough_data',
    });
    expect(fields).not.toHaveProperty('expected_shortfall');
    expect(Number(fields.margin)).toBeCloseTo(0.025 * Number(fields.leverage), 3);
    expect(Number(fields.liquidation_distance)).toBeGreaterThan(0);
    expect(fields.liquidation_symbol).toMatch(/^[A-Z]+USDT$/);
    const history = await redis.client.xrevrange('demo:stream:heat.history', '+', '-', 'COUNT', 1);
    const heat = Number(history[0]?.[1][1]);
    expect(Number(fields.correlated_heat)).toBeLessThan(heat);
    expect(Number(fields.correlated_heat)).toBeGreaterThan(0);
    const components = JSON.parse(fields.components ?? '') as Record<string, Record<string, number>>;
    const symbols = Object.keys(components.leverage ?? {});
    expect(symbols).toEqual(expect.arrayContaining(['BTCUSDT', 'ETHUSDT', 'LTCUSDT', 'XRPUSDT']));
    expect(symbols).toHaveLength(Number(fields.positions));
    expect(await redis.client.ttl('demo:state:risk')).toBeGreaterThan(0);
  },
  PLAY_TIMEOUT_MS,
);
