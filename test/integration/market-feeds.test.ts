import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AnyHandler } from '../../handlers/contract/handler.ts';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { HOUR_MS } from '../../schemas/duration.ts';
import { candlesOf, storeOf, walk } from '../support/candles.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { entriesOf, metricOf, startSystem, type TestSystem } from '../support/system.ts';

const RUN = ['market-state', 'cluster-stress', 'risk-governor', 'heat-monitor'];
const together = walk(100, 21);
const CLOSES = { BTCUSDT: together, ETHUSDT: together.map((price) => price ** 1.5 / 10), XRPUSDT: walk(100, 22) };
const QTY = { BTCUSDT: 30, ETHUSDT: 20, XRPUSDT: 10 };
const MARK = 100;

let redis: TestRedis;
let lastCloseMs: number;
let client: Redis;
let system: TestSystem;

beforeEach(async () => {
  redis = await startRedis();
  client = redis.client;
  lastCloseMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  const handlers: AnyHandler[] = (await loadHandlers()).filter(({ name }) => RUN.includes(name));
  system = await startSystem(redis, { handlers, env: { FEEDS: 'market,cluster' } });
});

afterEach(async () => {
  await system.stop();
  await redis.stop();
});

function add(stream: string, fields: Readonly<Record<string, string>>): Promise<string | null> {
  return client.xadd(`quantum:stream:${stream}`, '*', ...Object.entries(fields).flat());
}

async function store(symbol: string, closes: readonly number[]): Promise<void> {
  await client.hset(`quantum:market:candles:${symbol}:1h`, { ...storeOf(candlesOf(closes, lastCloseMs)) });
}

async function reading(symbol: string): Promise<void> {
  await add('feed.market', { symbol, interval: '1h', mark_price: String(MARK), taken_ms: String(Date.now()) });
}

async function hold(symbol: string, qty: number): Promise<void> {
  const side = qty === 0 ? 'FLAT' : 'LONG';
  await add('position.snapshot', { symbol, side, position_qty: String(qty), mark_price: String(MARK) });
}

/** The hash at a key once it has this field. */
function hashWith(key: string, field: string): Promise<Record<string, string>> {
  return until(`${key} to have ${field}`, async () => {
    const fields = await client.hgetall(`quantum:${key}`);
    return fields[field] === undefined ? undefined : fields;
  });
}

async function portfolio(): Promise<void> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  await client.hset('quantum:state:portfolio', { equity_usd: '100000', drawdown: '0', timestamp });
  for (const [symbol, closes] of Object.entries(CLOSES)) {
    await store(symbol, closes);
    await hold(symbol, QTY[symbol as keyof typeof QTY]);
    await reading(symbol);
  }
}

describe('candles alone', () => {
  it('become market states, from which heat is what the candles say', async () => {
    await portfolio();
    const daily = new Map<string, number>();
    for (const [symbol, closes] of Object.entries(CLOSES)) {
      const state = await hashWith(`state:market:${symbol}`, 'sigma_1d');
      daily.set(symbol, ewma(closes) * Math.sqrt(24));
      expect(Number(state.sigma_1d)).toBeCloseTo(daily.get(symbol) ?? 0, 9);
      expect(state).toMatchObject({ mark_price: '100', reason: 'ok', observations: '99' });
    }
    await add('tick.heat-monitor', { tick_id: 't1', scheduled_ms: String(Date.now()) });
    const risks = Object.entries(QTY).map(([symbol, qty]) => qty * MARK * (daily.get(symbol) ?? 0));
    const { heat } = await hashWith('state:heat', 'heat');
    expect(Number(heat)).toBeCloseTo(risks.reduce((sum, risk) => sum + risk) / 100_000, 9);
  });

  it('become clusters, and a budget is the lower for the stress of its own', async () => {
    await portfolio();
    await add('feed.cluster', { symbols: 'BTCUSDT ETHUSDT XRPUSDT', interval: '1h' });
    const map = await hashWith('cluster:map', 'BTCUSDT');
    expect(map).toEqual({ BTCUSDT: 'BTCUSDT', ETHUSDT: 'BTCUSDT', XRPUSDT: 'XRPUSDT' });
    const stress = await client.hgetall('quantum:cluster:stress:BTCUSDT');
    expect(stress).toMatchObject({ symbols: 'BTCUSDT ETHUSDT', notional: '5000', share: '0.8333333333' });
    expect(Number(stress.stress)).toBeCloseTo((5 / 6) * Number(stress.correlation), 9);
    await add('tick.risk-governor', { tick_id: 't1', scheduled_ms: String(Date.now()) });
    const bitcoin = await hashWith('portfolio:budget:BTCUSDT', 'budget_usd');
    const ether = await hashWith('portfolio:budget:ETHUSDT', 'budget_usd');
    const ripple = await hashWith('portfolio:budget:XRPUSDT', 'budget_usd');
    expect([bitcoin.cluster_stress, ether.cluster_stress]).toEqual([stress.stress, stress.stress]);
    expect(ripple.cluster_stress).toBe('0.1666666667');
    const { portfolio_heat, vol_regime, budget_usd, stress_factor } = bitcoin;
    const expected = 0.4 * Number(portfolio_heat) + 0.4 * Number(stress.stress) + 0.2 * Number(vol_regime);
    expect(Number(stress_factor)).toBeCloseTo(expected, 9);
    expect(Number(budget_usd)).toBeCloseTo(2000 * (1 - expected), 6);
  });
});

describe('clusters', () => {
  it('that are no more leave nothing behind', async () => {
    await portfolio();
    await client.hset('quantum:cluster:stress:default', { stress: '0.2', source: 'engine' });
    await add('feed.cluster', { symbols: 'BTCUSDT ETHUSDT XRPUSDT', interval: '1h' });
    await hashWith('cluster:map', 'BTCUSDT');
    await hold('BTCUSDT', 0);
    await add('feed.cluster', { symbols: 'ETHUSDT XRPUSDT', interval: '1h' });
    expect(await hashWith('cluster:stress:ETHUSDT', 'stress')).toMatchObject({ symbols: 'ETHUSDT' });
    expect(await client.hgetall('quantum:cluster:map')).toEqual({ ETHUSDT: 'ETHUSDT', XRPUSDT: 'XRPUSDT' });
    expect((await client.keys('quantum:cluster:stress:*')).sort()).toEqual(
      ['ETHUSDT', 'XRPUSDT', 'default'].map((id) => `quantum:cluster:stress:${id}`),
    );
    for (const symbol of ['ETHUSDT', 'XRPUSDT']) await hold(symbol, 0);
    await add('feed.cluster', { interval: '1h' });
    await until('the map to be gone', async () => (await client.exists('quantum:cluster:map')) === 0);
    expect(await client.keys('quantum:cluster:stress:*')).toEqual(['quantum:cluster:stress:default']);
    await metricIs('feed_clusters', 0);
  });

  it('are told of in the decision log, and so is what is missing', async () => {
    await portfolio();
    await hold('NEWUSDT', 5);
    await add('feed.cluster', { symbols: 'BTCUSDT ETHUSDT NEWUSDT XRPUSDT', interval: '1h' });
    expect(await hashWith('cluster:missing', 'NEWUSDT')).toEqual({ NEWUSDT: 'no_candles' });
    const [decision] = await entriesOf(client, 'quantum:stream:decisions');
    expect(decision?.fields).toMatchObject({ handler: 'cluster-stress', verdict: 'CLUSTERS', reason: 'ok' });
    const facts = JSON.parse(decision?.fields.facts ?? '') as { largest: object[]; missing: object };
    expect(facts.largest[0]).toMatchObject({ id: 'BTCUSDT', symbols: 2 });
    expect(facts.missing).toEqual({ NEWUSDT: 'no_candles' });
    await metricIs('feed_cluster_missing{reason="no_candles"}', 1);
    expect(system.lines.filter((line) => line.includes('Cluster stress: none for NEWUSDT')).length).toBe(1);
  });
});

describe('what cannot be used', () => {
  it('of the entries is a dead letter, and the next is judged', async () => {
    await store('BTCUSDT', CLOSES.BTCUSDT);
    await add('feed.market', { symbol: 'BTCUSDT', interval: '7m' });
    await add('feed.cluster', { symbols: 'a:b', interval: '1h' });
    await reading('BTCUSDT');
    await hashWith('state:market:BTCUSDT', 'sigma');
    for (const stream of ['feed.market', 'feed.cluster']) {
      const letters = () => entriesOf(client, `quantum:stream:${stream}.dlq`);
      expect(await until(`the dead letter of ${stream}`, async () => (await letters()).length)).toBe(1);
    }
  });

  it('of the keys is left alone and counted, and the other symbols are written', async () => {
    await client.set('quantum:state:market:BTCUSDT', 'mine');
    await client.set('quantum:cluster:map', 'mine');
    await portfolio();
    await add('feed.cluster', { symbols: 'BTCUSDT ETHUSDT XRPUSDT', interval: '1h' });
    await hashWith('state:market:XRPUSDT', 'sigma');
    await hashWith('cluster:stress:BTCUSDT', 'stress');
    expect(await client.get('quantum:state:market:BTCUSDT')).toBe('mine');
    expect(await client.get('quantum:cluster:map')).toBe('mine');
    await metricIs('feed_market_write_fail_total', 1);
    await metricIs('feed_cluster_write_fail_total', 1);
  });

  it('of the candles leaves a state without a volatility: the position is left out of heat, loudly', async () => {
    await portfolio();
    await hashWith('state:market:BTCUSDT', 'sigma');
    await client.del('quantum:market:candles:BTCUSDT:1h');
    await reading('BTCUSDT');
    const state = await until('the state to have no sigma', async () => {
      const fields = await client.hgetall('quantum:state:market:BTCUSDT');
      return fields.reason === 'no_candles' ? fields : undefined;
    });
    expect(state).not.toHaveProperty('sigma');
    expect(state).not.toHaveProperty('sigma_1d');
    expect(state.mark_price).toBe('100');
    const shown = async () => await system.runtime.metrics.exposition();
    await until('no sigma to be shown', async () => !(await shown()).includes('feed_sigma{symbol="BTCUSDT"}'));
    await metricIs('feed_sigma_missing_total{reason="no_candles"}', 1);
  });
});

async function metricIs(series: string, value: number): Promise<void> {
  await until(`${series} to be ${value}`, async () => Object.is(await metricOf(system, series), value));
}

/** By the recursion, with the half-life of 24 hours that is the default. */
function ewma(closes: readonly number[]): number {
  let [variance, weight] = [0, 0];
  for (const [at, close] of closes.slice(1).entries()) {
    variance = variance * 0.5 ** (1 / 24) + Math.log(close / (closes[at] ?? close)) ** 2;
    weight = weight * 0.5 ** (1 / 24) + 1;
  }
  return Math.sqrt(variance / weight);
}
