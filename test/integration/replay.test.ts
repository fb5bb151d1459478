import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TimedReplay } from '../../runtime/desk/replay/index.ts';
import { runCli } from '../support/cli.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { startSystem, type TestSystem } from '../support/system.ts';

const LOG = 'quantum:stream:decisions';
const ENV = {
  HEAT_MIN: '0.2',
  GOV_MODE: 'production',
  GOV_MAX_EXEC_PER_HOUR: '5',
  GOV_MAX_OPEN_POSITIONS: '4',
  GOV_MAX_TOTAL_NOTIONAL_USDT: '900',
  GOV_SYMBOL_COOLDOWN_SECONDS: '0',
  GOV_DISARM_ON_BURST_BREACH: 'false',
  BASE_RISK_PCT: '0.05',
};

const symbol = fc.constantFrom('BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'ADAUSDT', 'DOGEUSDT');
const figure = fc.oneof(
  fc.double({ min: 0, max: 300, noNaN: true }).map(String),
  fc.constantFrom('', 'NaN', '0', '1e400', '0.1', '99.99999999999999'),
);
const entry = fc.oneof(
  fc.record({
    stream: fc.constant('harvest.proposal'),
    symbol,
    action: fc.constantFrom('FULL_CLOSE', 'FULL_CLOSE_PROPOSED', 'PARTIAL_50', 'HOLD'),
    reason: fc.constantFrom('', 'stop_loss', 'take \u{1f4b0} profit'),
  }),
  fc.record({
    stream: fc.constant('apply.plan'),
    symbol,
    action: fc.constantFrom('OPEN_LONG', 'OPEN_SHORT', 'FULL_CLOSE', 'UPDATE_SL', 'HOLD'),
    side: fc.constantFrom('BUY', 'SELL'),
    qty: figure,
    price: figure,
    kill_score: figure,
  }),
  fc.record({ stream: fc.constant('position.snapshot'), symbol, position_notional_usd: figure, sigma: figure }),
);

let redis: TestRedis;
let system: TestSystem | undefined;

beforeEach(async () => {
  redis = await startRedis();
});
afterEach(async () => {
  await system?.stop();
  system = undefined;
  await redis.stop();
});

async function start(): Promise<void> {
  const [now] = await redis.client.time();
  await redis.client.hset('quantum:state:portfolio', { equity_usd: '1000.123456789012', timestamp: String(now) });
  system = await startSystem(redis, { env: ENV });
}

async function replayed(...argv: string[]): Promise<TimedReplay> {
  const { code, out, err } = await runCli(redis.url, ['replay', '--json', ...argv], { environment: ENV });
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as TimedReplay;
}

async function decided(count: number): Promise<void> {
  await until(`${count} decisions`, async () => (await redis.client.xlen(LOG)) >= count);
}

test('whatever was sent to the running gates comes out of the log as it was decided, to the byte', async () => {
  await start();
  let expected = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { minLength: 60, maxLength: 60 }), async (entries) => {
      const pipeline = redis.client.pipeline();
      for (const [at, { stream, ...fields }] of entries.entries()) {
        if (stream !== 'position.snapshot') expected += 1;
        const all = { plan_id: `p${expected}-${at}`, ...fields };
        pipeline.xadd(`quantum:stream:${stream}`, '*', ...Object.entries(all).flat());
      }
      const tick = { tick_id: `t${expected}`, scheduled_ms: String(Date.now()) };
      pipeline.xadd('quantum:stream:tick.risk-governor', '*', ...Object.entries(tick).flat());
      expected += 1;
      await pipeline.exec();
      await decided(expected);
      const found = await replayed('--same');
      expect(found).toMatchObject({ not_recorded: 0, changed: 0, identical: found.replayed });
    }),
    { numRuns: 5, endOnFailure: true },
  );
  const gates = (await replayed()).gates.map(({ name }) => name).sort();
  expect(gates).toEqual(['governor', 'heat-gate', 'risk-governor']);
});

test('settings that a policy has in force lie over those of the environment, and those of the file over both', async () => {
  await start();
  const add = (stream: string, fields: Record<string, string>) =>
    redis.client.xadd(`quantum:stream:${stream}`, '*', ...Object.entries(fields).flat());
  await add('position.snapshot', { symbol: 'BTCUSDT', position_notional_usd: '1000', sigma: '0.3' });
  await add('harvest.proposal', { plan_id: 'p', symbol: 'BTCUSDT', action: 'FULL_CLOSE' });
  await decided(1);
  expect(await replayed()).toMatchObject({ changed: 0, identical: 1 });
  await redis.client.del('quantum:stream:policy.history:heat-gate');
  await redis.client.hset('quantum:policy:heat-gate', 'settings', '{"HEAT_MIN":"0.31"}');
  const { changes } = await replayed();
  expect(changes.map(({ to }) => to)).toEqual(['DOWNGRADE portfolio_heat_cold']);
  await redis.client.hset('quantum:policy:heat-gate', 'settings', 'nonsense');
  const { code, err } = await runCli(redis.url, ['replay'], { environment: ENV });
  expect({ code, err }).toEqual({
    code: 1,
    err: 'portcullis: quantum:policy:heat-gate: settings is no JSON object of texts: nonsense\n',
  });
});
