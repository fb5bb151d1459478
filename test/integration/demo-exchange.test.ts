import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runDemo } from '../../runtime/doors/demo/index.ts';
import type { Summary } from '../../runtime/market/player/summary.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { entriesOf } from '../support/system.ts';

/** Enough for volatilities (24) and clusters (48 returns in common). */
const HOURS = 60;
const TIMEOUT_MS = 300_000;

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

async function play(): Promise<string> {
  const printed: string[] = [];
  const write = (text: string) => printed.push(text);
  const code = await runDemo({
    json: true,
    exchange: true,
    hours: HOURS,
    redisUrl: redis.url,
    out: { write },
    err: { write: () => undefined },
  });
  expect(code).toBe(0);
  return printed.join('');
}

describe('the demo on a local exchange', () => {
  let printed: string;
  let summary: Summary;
  beforeAll(async () => {
    printed = await play();
    summary = JSON.parse(printed);
  }, TIMEOUT_MS);

  it('finds in every hour what the strategy has in its own book', () => {
    expect(summary.hours.played).toBe(HOURS);
    expect(summary.exchange?.largest_differences).toEqual({
      hours: HOURS - summary.hours.warm_up,
      equity_usd: 0,
      positions: 0,
      heat: 0,
    });
  });

  it('fills every permit and the core book, and nothing else', () => {
    const { entry_permits: entries, exit_permits: exits } = summary.plans;
    expect(entries).toBeGreaterThan(0);
    expect(summary.exchange).toMatchObject({ orders_filled: 4 + entries + exits, orders_refused: {} });
  });

  it('never doubts a reading, and never fails closed', async () => {
    const events = await entriesOf(redis.client, 'demo:stream:feed.events');
    expect(events.filter(({ fields }) => fields.event?.startsWith('EQUITY_'))).toEqual([]);
    expect(Object.keys(summary.exits.by_reason).filter((reason) => reason.startsWith('fail_closed'))).toEqual([]);
    expect(summary.plans.blocks_by_reason).not.toHaveProperty('caps_data_unavailable');
  });

  it('leaves the state of the last hour as the feeds wrote it', async () => {
    const state = await redis.client.hgetall('demo:state:portfolio');
    expect(state.source).toBe('binance-usdm-testnet');
    expect(Number(state.equity_usd)).toBeCloseTo(summary.equity.end_usd, 2);
    expect(await redis.client.hgetall('demo:state:market:BTCUSDT')).toMatchObject({ reason: 'ok', estimator: 'ewma' });
    expect(await redis.client.hlen('demo:cluster:map')).toBeGreaterThan(0);
  });

  it(
    'gives the same figures every time',
    async () => {
      expect(await play()).toBe(printed);
    },
    TIMEOUT_MS,
  );
});
