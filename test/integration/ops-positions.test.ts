import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { gatherStatus } from '../../runtime/desk/doctor/status.ts';
import { listPositions } from '../../runtime/desk/positions/held-positions.ts';
import { clearPosition } from '../../runtime/desk/positions/positions.ts';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { fieldsOf } from '../../schemas/wire.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const handlers = await loadHandlers();

const portfolio = portfolioOf('quantum');
const change = { actor: 'ada', reason: 'closed by hand at the venue' };
const settings = { GOV_POSITION_MAX_AGE_SEC: 86_400 };
const SNAPSHOTS = 'quantum:stream:position.snapshot';
let redis: TestRedis;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => redis.stop());
beforeEach(async () => redis.client.flushall());

async function report(symbol: string, qty: number, price: number): Promise<void> {
  const fields = { symbol, position_qty: qty, mark_price: price, position_notional_usd: Math.abs(qty) * price };
  await redis.client.xadd(SNAPSHOTS, '*', ...Object.entries(fields).flat().map(String));
}

async function symbols(): Promise<string[]> {
  return (await listPositions(redis.client, portfolio, settings)).map(({ symbol }) => symbol);
}

test('positions are the newest reports of the stream and the hashes, largest first', async () => {
  await report('ETHUSDT', 2, 1_000);
  await report('BTCUSDT', 1, 30_000);
  await report('BTCUSDT', -0.5, 40_000);
  await report('XRPUSDT', 0, 1);
  const [seconds] = await redis.client.time();
  const hash = { position_qty: '10', mark_price: '100', timestamp: String(seconds) };
  await redis.client.hset('quantum:position:snapshot:SOLUSDT', hash);
  expect(await listPositions(redis.client, portfolio, settings)).toMatchObject([
    { symbol: 'BTCUSDT', qty: -0.5, notional_usd: 20_000, mark_price: 40_000 },
    { symbol: 'ETHUSDT', qty: 2, notional_usd: 2_000 },
    { symbol: 'SOLUSDT', qty: 10, notional_usd: 1_000 },
  ]);
});

test('clearing a position writes the zero entry that closes it and deletes its two hashes', async () => {
  await report('BTCUSDT', 1, 30_000);
  await report('ETHUSDT', 2, 1_000);
  await redis.client.hset('quantum:position:snapshot:BTCUSDT', { position_qty: '1', mark_price: '30000' });
  await redis.client.hset('quantum:state:positions:BTCUSDT', { position_amt: '1' });
  const cleared = await clearPosition(redis.client, portfolio, 'BTCUSDT', change);
  expect(cleared).toMatchObject({ symbol: 'BTCUSDT', before: '1', hashes: 2 });
  const [[id, flat] = ['', [] as string[]]] = await redis.client.xrevrange(SNAPSHOTS, '+', '-', 'COUNT', 1);
  expect(id).toBe(cleared.id);
  expect(fieldsOf(flat)).toMatchObject({
    symbol: 'BTCUSDT',
    side: 'FLAT',
    position_qty: '0',
    position_notional_usd: '0',
    source: 'operator',
    reason: 'closed by hand at the venue',
    timestamp: expect.stringMatching(/^\d{10}$/),
  });
  expect(await symbols()).toEqual(['ETHUSDT']);
  const [[, ledger] = ['', []]] = await redis.client.xrange('quantum:stream:ops.ledger', '-', '+');
  expect(fieldsOf(ledger)).toMatchObject({ action: 'positions_clear', actor: 'ada', symbol: 'BTCUSDT', after: 'FLAT' });
});

test('clearing works where a position hash is of another type, and where none exists', async () => {
  await redis.client.set('quantum:state:positions:BTCUSDT', 'x');
  expect(await clearPosition(redis.client, portfolio, 'BTCUSDT', change)).toMatchObject({ before: '', hashes: 1 });
  expect(await clearPosition(redis.client, portfolio, 'BTCUSDT', change)).toMatchObject({ hashes: 0 });
});

test('a symbol of which nothing was ever reported is refused, and nothing is written', async () => {
  await report('BTCUSDT', 1, 30_000);
  await expect(clearPosition(redis.client, portfolio, 'BTCUSD', change)).rejects.toThrow(
    'expected a symbol of which a position was reported, got BTCUSD: portcullis positions list',
  );
  expect(await redis.client.keys('*')).toEqual([SNAPSHOTS]);
  expect(await redis.client.xlen(SNAPSHOTS)).toBe(1);
});

test.each(['', 'BTC USDT', 'BTC:USDT', '{BTC}', 'x'.repeat(129)])('%j is not a symbol', async (symbol) => {
  await expect(clearPosition(redis.client, portfolio, symbol, change)).rejects.toThrow('expected a symbol');
  expect(await redis.client.dbsize()).toBe(0);
});

test('the status of an empty Redis is whole: active, armed, kill off, nothing known', async () => {
  const status = await gatherStatus(redis.client, portfolio, { handlers, lanes: [] }, 5);
  expect(status).toMatchObject({
    portfolio: 'quantum',
    heat: null,
    trading: { trading_state: 'ACTIVE', armed: true, kill: 'off' },
    lanes: [],
    decisions: [],
  });
  expect(status.modes.map(({ gate, mode }) => [gate, mode])).toEqual([
    ['heat-gate', ''],
    ['risk-governor', ''],
    ['governor', ''],
  ]);
});

test('the status says what is stored, lag and dead letters included', async () => {
  const key = 'quantum:stream:apply.plan';
  const stream = { name: 'apply.plan', key, deadLetters: `${key}.dlq` };
  const [seconds] = await redis.client.time();
  await redis.client.hset('quantum:state:heat', {
    heat: '0.8825',
    bucket: 'HOT',
    reason: 'portfolio_heat_hot',
    equity_usd: '1000',
    timestamp: String(seconds),
  });
  await redis.client.rpush('quantum:kill', 'x');
  await redis.client.xadd(stream.key, '*', 'plan_id', 'p1');
  await redis.client.xgroup('CREATE', stream.key, 'governor', '0');
  await redis.client.xadd(`${stream.key}.dlq`, '*', 'plan_id', 'p0');
  await redis.client.xadd('quantum:stream:decisions', '*', 'verdict', 'BLOCK', 'handler', 'governor');
  const lane = { handler: 'governor', gate: 'governor', stream, group: 'governor' };
  const status = await gatherStatus(redis.client, portfolio, { handlers, lanes: [lane] }, 5);
  expect(status.heat).toMatchObject({ heat: 0.8825, bucket: 'HOT', equity_usd: 1_000 });
  expect(status.trading.kill).toBe('on');
  expect(status.lanes).toMatchObject([{ handler: 'governor', undelivered: 1, pending: 0, deadLetters: 1 }]);
  expect(status.decisions).toMatchObject([{ verdict: 'BLOCK', handler: 'governor' }]);
});
