import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { HOUR_MS } from '../../schemas/duration.ts';
import { runCli } from '../support/cli.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { startSystem } from '../support/system.ts';

let redis: TestRedis;
let nowMs: number;

beforeAll(async () => {
  redis = await startRedis();
});

afterAll(() => redis.stop());

beforeEach(async () => {
  await redis.client.flushall();
  nowMs = Number((await redis.client.time())[0]) * 1000;
});

async function add(prefix: string, planId: string, fields: Readonly<Record<string, string>>, agoMs = 0): Promise<void> {
  const flat = Object.entries({ plan_id: planId, ...fields }).flat();
  await redis.client.xadd(`${prefix}:stream:harvest.calibrated`, `${nowMs - agoMs}-*`, ...flat);
}

async function compare(...argv: string[]) {
  return await runCli(redis.url, ['compare', ...argv]);
}

test('what is the same in both ends with 0, times aside and over many pages', async () => {
  const pipeline = redis.client.pipeline();
  for (let i = 0; i < 2_500; i += 1) {
    for (const prefix of ['quantum', 'beside']) {
      pipeline.xadd(`${prefix}:stream:s`, '*', 'plan_id', `p${i}`, 'heat', String(i / 7), 'timestamp', prefix);
    }
  }
  await pipeline.exec();
  const { code, out, err } = await compare('--stream', 's', '--with', 'beside');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/^same +2500$/m);
  expect(out).toContain('Nothing differs.\nNot compared: timestamp, ts_epoch, ts, created_at, inputs_age_sec\n');
});

test('what differs ends with 1, and is shown field by field', async () => {
  await add('quantum', 'p1', { calibrated_action: 'FULL_CLOSE', heat_value: '0.66' }, 2 * HOUR_MS);
  await add('beside', 'p1', { calibrated_action: 'PARTIAL_75', heat_value: '0.64' }, 2 * HOUR_MS);
  await add('quantum', 'p2', { calibrated_action: 'PARTIAL_25', heat_value: '0.1' });
  await add('beside', 'p2', { calibrated_action: 'PARTIAL_25', heat_value: '0.10' });
  await add('beside', 'p3', { calibrated_action: 'PARTIAL_25', heat_value: '0.1' });
  const { code, out } = await compare('--stream', 'harvest.calibrated', '--with', 'beside');
  expect(code).toBe(1);
  expect(out).toContain('harvest.calibrated of quantum and beside, matched by plan_id');
  expect(out).toMatch(/^only beside +1 +p3$/m);
  expect(out).toMatch(/^calibrated_action +1 +p1 +FULL_CLOSE +PARTIAL_75$/m);
  expect(out).toMatch(/^heat_value +1 +p1 +0\.66 +0\.64$/m);
  const within = await compare('--stream', 'harvest.calibrated', '--with', 'beside', '--tolerance', '0.05', '--json');
  expect(JSON.parse(within.out)).toMatchObject({
    name: 'harvest.calibrated',
    here: 'quantum',
    there: 'beside',
    same: 1,
    different: 1,
    only_there: { count: 1, examples: ['p3'] },
    fields: [{ field: 'calibrated_action', count: 1 }],
  });
  const recent = await compare('--stream', 'harvest.calibrated', '--with', 'beside', '--since', '1h', '--json');
  expect(JSON.parse(recent.out)).toMatchObject({ same: 1, different: 0, only_there: { count: 1 } });
});

test('keys are compared by their names: hashes, and strings that hold JSON', async () => {
  for (const prefix of ['quantum', 'beside']) {
    await redis.client.hset(`${prefix}:harvest:heat:by_plan:p1`, { heat_level: 'cold', ts_epoch: prefix });
    await redis.client.set(`${prefix}:permit:p1`, JSON.stringify({ computed_qty: prefix === 'beside' ? 2 : 1 }));
  }
  await redis.client.set('quantum:permit_of_another_family', 'x');
  expect((await compare('--keys', 'harvest:heat:by_plan:*', '--with', 'beside:')).code).toBe(0);
  const { code, out } = await compare('--keys', 'permit:*', '--with', 'beside', '--json');
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({
    by: ['name'],
    different: 1,
    only_here: { count: 0 },
    fields: [{ field: 'value.computed_qty', worst: { key: 'permit:p1', here: '1', there: '2' } }],
  });
});

test('the other prefix is that of the settings, where the command line names none', async () => {
  await add('quantum', 'p1', {});
  await add('beside', 'p1', {});
  const environment = { OUTPUT_PREFIX: 'beside', GROUP_SUFFIX: '-beside' };
  const { code } = await runCli(redis.url, ['compare', '--stream', 'harvest.calibrated'], { environment });
  expect(code).toBe(0);
});

test('nothing on either side is no agreement', async () => {
  const { code, out } = await compare('--stream', 'harvest.calibratd', '--with', 'beside');
  expect(code).toBe(1);
  expect(out).toContain('Nothing to compare: expected entries of quantum and beside, got none.');
});

test.each([
  [['--with', 'b'], 'expected one of --stream and --keys'],
  [['--stream', 's', '--keys', 'k*', '--with', 'b'], 'expected one of --stream and --keys'],
  [['--stream', 's'], 'expected --with and the prefix of the other system'],
  [['--stream', 's', '--with', 'quantum'], 'expected --with another prefix than quantum'],
  [['--stream', 's', '--with', 'b', '--tolerance', '-1'], 'expected a number of at least 0, got "-1"'],
  [['--stream', 's', '--with', 'b', '--since', '1h', '--until', '2h'], 'expected --since before --until'],
])('%j is used wrongly', async (argv, says) => {
  const { code, err } = await compare(...argv);
  expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(says) });
});

test('Ctrl-C ends it without a verdict', async () => {
  await add('quantum', 'p1', {});
  const ended = AbortSignal.abort();
  const result = await runCli(redis.url, ['compare', '--stream', 'harvest.calibrated', '--with', 'beside'], { ended });
  expect(result).toMatchObject({ code: 1, out: '', err: expect.stringContaining('stopped') });
});

test('two systems beside each other answer the same', async () => {
  const open = { GOV_SYMBOL_COOLDOWN_SECONDS: '0' };
  await redis.client.hset('quantum:state:portfolio', {
    equity_usd: '3000',
    positions_count: '1',
    timestamp: String(nowMs / 1000),
  });
  const snapshot = { symbol: 'ETHUSDT', position_notional_usd: '1800', sigma: '0.3' };
  await redis.client.xadd('quantum:stream:position.snapshot', '*', ...Object.entries(snapshot).flat());
  const systems = [
    await startSystem(redis, { env: open, workerName: 'one' }),
    await startSystem(redis, { env: { ...open, OUTPUT_PREFIX: 'beside', GROUP_SUFFIX: '-beside' }, workerName: 'two' }),
  ];
  const plan = { action: 'OPEN', side: 'BUY', qty: '1', price: '30' };
  const proposal = { symbol: 'ETHUSDT', action: 'FULL_CLOSE' };
  for (let i = 0; i < 20; i += 1) {
    const own = { plan_id: `p${i}`, symbol: `S${i}USDT` };
    await redis.client.xadd('quantum:stream:apply.plan', '*', ...Object.entries({ ...plan, ...own }).flat());
    await redis.client.xadd(
      'quantum:stream:harvest.proposal',
      '*',
      ...Object.entries({ ...proposal, plan_id: `e${i}` }).flat(),
    );
  }
  for (const prefix of ['quantum', 'beside']) {
    for (const name of ['governor.events', 'harvest.calibrated', 'harvest.heat.decision']) {
      await until(`20 of ${name}`, async () => (await redis.client.xlen(`${prefix}:stream:${name}`)) >= 20);
    }
  }
  const events = await compare(
    '--stream',
    'governor.events',
    '--with',
    'beside',
    '--by',
    'plan_id,event',
    '--ignore',
    'timestamp,checks',
  );
  const exits = await compare('--stream', 'harvest.calibrated', '--with', 'beside');
  const decisions = await compare('--stream', 'harvest.heat.decision', '--with', 'beside');
  for (const system of systems) await system.stop();
  expect([events, exits, decisions].map(({ code, out }) => ({ code, same: /^same +(\d+)$/m.exec(out)?.[1] }))).toEqual(
    Array.from({ length: 3 }, () => ({ code: 0, same: '20' })),
  );
});
