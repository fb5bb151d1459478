import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

let redis: TestRedis;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => redis.stop());
beforeEach(async () => redis.client.flushall());

async function decide(fields: Record<string, string>): Promise<void> {
  const whole = { handler: 'governor', verdict: 'BLOCK', symbol: 'BTCUSDT', reason: 'symbol_cooldown', ...fields };
  await redis.client.xadd('quantum:stream:decisions', '*', ...Object.entries(whole).flat());
}

test('kill on, then off, is in the key, in the ledger under the user, and said', async () => {
  await redis.client.set('quantum:portcullis:worker:one', 'runs');
  expect(await runCli(redis.url, ['kill', 'on'])).toEqual({ code: 0, out: 'Kill switch on (was off).\n', err: '' });
  expect(await redis.client.get('quantum:kill')).toBe('1');
  const off = await runCli(redis.url, ['kill', 'off', '--reason', 'back', '--actor', 'ada', '--yes']);
  expect(off).toEqual({ code: 0, out: 'Kill switch off (was on).\n', err: '' });
  expect(await redis.client.get('quantum:kill')).toBe('0');
  const ledger = await redis.client.xrange('quantum:stream:ops.ledger', '-', '+');
  expect(ledger.map(([, flat]) => flat.slice(0, 6))).toEqual([
    ['action', 'kill_on', 'actor', 'tester', 'reason', 'none given'],
    ['action', 'kill_off', 'actor', 'ada', 'reason', 'back'],
  ]);
});

test.each([
  [['kill', 'on'], 'Kill switch on (was off).\n', ''],
  [['mode', 'governor', 'production', '--reason', 'x', '--yes'], 'governor is in production (was not set).\n', ''],
  [['status'], '', 'No worker serves quantum. '],
] as const)('%j says that nobody serves the portfolio, and which are served', async (argv, out, inOut) => {
  const alone = await runCli(redis.url, [...argv]);
  expect(alone.code).toBe(0);
  expect(alone.out + alone.err).toContain('No worker serves quantum. Nothing runs on this Redis: npm start.\n');
  await redis.client.flushall();
  await redis.client.mset('demo:portcullis:worker:one', 'runs', '{fund:a}:portcullis:worker:two', 'runs');
  const elsewhere = await runCli(redis.url, [...argv]);
  expect(elsewhere.out).toContain(out + inOut);
  expect(elsewhere.out + elsewhere.err).toContain(
    'No worker serves quantum. Running on this Redis: demo, {fund:a} (--portfolio demo).\n',
  );
  await redis.client.set('quantum:portcullis:worker:here', 'runs');
  const served = await runCli(redis.url, [...argv]);
  expect(served.out + served.err).not.toContain('No worker');
});

test.each([
  { argv: ['kill', 'on'], json: { before: 'off', after: 'on', recorded: true, workers: [] } },
  { argv: ['disarm', '--reason', 'x'], json: { rev: '1', before: '1', after: '0' } },
  { argv: ['arm', '--reason', 'x', '--yes'], json: { rev: '1', after: '1' } },
  { argv: ['state', 'HALTED', '--reason', 'x'], json: { before: 'ACTIVE', after: 'HALTED' } },
  { argv: ['mode', 'governor', 'production', '--reason', 'x', '--yes'], json: { after: 'production', budgets: 0 } },
  { argv: ['positions', 'clear', 'BTCUSDT', '--reason', 'x', '--yes'], json: { symbol: 'BTCUSDT', hashes: 0 } },
  { argv: ['positions', 'list'], json: [] },
  { argv: ['dlq', 'list'], json: [] },
  { argv: ['status'], json: { portfolio: 'quantum', heat: null, trading: { kill: 'off' } } },
])('$argv with --json prints one JSON value and nothing else', async ({ argv, json }) => {
  await redis.client.xadd('quantum:stream:position.snapshot', '*', 'symbol', 'BTCUSDT', 'position_qty', '0');
  const { code, out, err } = await runCli(redis.url, [...argv, '--json']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(JSON.parse(out)).toMatchObject(json);
});

test('another portfolio is named by its prefix, and the default one is left alone', async () => {
  await redis.client.hset('{fund-a}:policy:governor', 'mode', 'testnet');
  await runCli(redis.url, ['kill', 'on', '--portfolio', '{fund-a}']);
  expect(await redis.client.mget('{fund-a}:kill', 'quantum:kill')).toEqual(['1', null]);
  await runCli(redis.url, ['kill', 'on'], { environment: { PORTFOLIOS: '{fund-b}' } });
  expect(await redis.client.get('{fund-b}:kill')).toBe('1');
});

test('a prefix without a key, and not among PORTFOLIOS, is no portfolio', async () => {
  const { code, err } = await runCli(redis.url, ['kill', 'on', '--portfolio', 'fnud-a'], {
    environment: { PORTFOLIOS: 'fund-a,fund-b' },
  });
  expect({ code, err }).toEqual({
    code: 2,
    err:
      'portcullis: --portfolio: expected fund-a, fund-b (of PORTFOLIOS), or a prefix that has keys in this Redis, ' +
      'got fnud-a\n',
  });
  expect(await redis.client.exists('fnud-a:kill')).toBe(0);
});

describe('with several portfolios', () => {
  const both = { environment: { PORTFOLIOS: 'a,b', HTTP_PORT: '0' } };

  test.each([
    [['kill', 'off', '--reason', 'x', '--yes']],
    [['arm', '--reason', 'x', '--yes']],
    [['state', 'HALTED', '--reason', 'x']],
    [['mode', 'governor', 'testnet', '--reason', 'x']],
    [['positions', 'list']],
    [['dlq', 'list']],
    [['tail']],
  ])('%j wants one of them named', async (argv) => {
    const { code, err } = await runCli(redis.url, argv, both);
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('--portfolio with one of a, b') });
    expect(await redis.client.dbsize()).toBe(0);
  });

  test('kill on is for all, kill off for one', async () => {
    const { code, out } = await runCli(redis.url, ['kill', 'on'], both);
    expect({ code, out }).toEqual({ code: 0, out: 'Kill switch on (was off) on a.\nKill switch on (was off) on b.\n' });
    await runCli(redis.url, ['kill', 'off', '--portfolio', 'b', '--reason', 'x', '--yes'], both);
    expect(await redis.client.mget('a:kill', 'b:kill')).toEqual(['1', '0']);
  });

  test('status and doctor look at all of them', async () => {
    const status = JSON.parse((await runCli(redis.url, ['status', '--json'], both)).out) as { portfolio: string }[];
    expect(status.map(({ portfolio }) => portfolio)).toEqual(['a', 'b']);
    const one = await runCli(redis.url, ['status', '--json', '--portfolio', 'b'], both);
    expect(JSON.parse(one.out)).toMatchObject({ portfolio: 'b' });
    const { out } = await runCli(redis.url, ['doctor'], both);
    expect(out).toMatch(/^warn +a workers +none is running/m);
    expect(out).toMatch(/^warn +b workers +none is running/m);
  });

  test('streams are renamed on the default one alone', async () => {
    const environment = { PORTFOLIOS: 'quantum,a', STREAM_PLANS: 'anywhere:plans', P27_GROUP: 'other' };
    const status = await runCli(redis.url, ['status', '--json'], { environment });
    const lanes = (JSON.parse(status.out) as { lanes: { handler: string; group: string }[] }[]).map((one) =>
      one.lanes.find(({ handler }) => handler === 'heat-bridge'),
    );
    expect(lanes.map((lane) => lane?.group)).toEqual(['other', 'heat_bridge']);
  });
});

test('status shows modes, heat, trading state, dead letters and the last decisions', async () => {
  await runCli(redis.url, ['mode', 'heat-gate', 'enforce', '--reason', 'agreed', '--yes']);
  await runCli(redis.url, ['disarm', '--reason', 'strategy misbehaves']);
  await redis.client.hset('quantum:state:heat', {
    heat: '0.8825',
    bucket: 'HOT',
    reason: 'portfolio_heat_hot',
    equity_usd: '1000',
  });
  await redis.client.xadd('quantum:stream:apply.plan.dlq', '*', 'plan_id', 'p0');
  await decide({ plan_id: 'p9' });
  const { out } = await runCli(redis.url, ['status']);
  expect(out).toMatch(/^heat-gate +enforce .*tester +agreed$/m);
  expect(out).toContain('DISARMED: OPEN plans are refused  (tester: strategy misbehaves');
  expect(out).toContain('0.8825 HOT (portfolio_heat_hot), equity $1,000.00');
  expect(out).toMatch(/^governor +apply\.plan +governor +0 +- +0 +1$/m);
  expect(out).toMatch(/governor +BLOCK +BTCUSDT +p9 +symbol_cooldown$/m);
});

test('a dead letter is listed, shown and put back once', async () => {
  const marks = [
    'dlq_id',
    '5-0',
    'dlq_group',
    'governor',
    'dlq_reason',
    'symbol: missing',
    'dlq_attempts',
    '1',
    'dlq_ts',
    '1',
  ];
  const id = (await redis.client.xadd('quantum:stream:apply.plan.dlq', '*', 'plan_id', 'p0', ...marks)) ?? '';
  expect((await runCli(redis.url, ['dlq', 'list'])).out).toMatch(
    new RegExp(`^apply\\.plan +${id} .*symbol: missing$`, 'm'),
  );
  expect((await runCli(redis.url, ['dlq', 'show', id])).out).toContain('  plan_id = p0\n');
  const replay = ['dlq', 'replay', id, '--reason', 'fixed', '--yes'];
  expect(await runCli(redis.url, replay)).toMatchObject({
    code: 0,
    out: expect.stringContaining('is back on apply.plan as'),
  });
  expect(await redis.client.xlen('quantum:stream:apply.plan')).toBe(1);
  expect(await runCli(redis.url, replay)).toMatchObject({ code: 1, out: '', err: expect.stringContaining('got none') });
  expect(await redis.client.xlen('quantum:stream:apply.plan')).toBe(1);
});

test('dead letters are dropped for good, with an entry of the ledger', async () => {
  const id = (await redis.client.xadd('quantum:stream:apply.plan.dlq', '*', 'plan_id', 'p0', 'dlq_reason', 'x')) ?? '';
  const drop = ['dlq', 'drop', id, '--reason', 'a test', '--yes'];
  expect(await runCli(redis.url, drop)).toMatchObject({ code: 0, out: `${id} of apply.plan is deleted.\n` });
  expect(await redis.client.xlen('quantum:stream:apply.plan.dlq')).toBe(0);
  expect((await runCli(redis.url, ['ledger'])).out).toContain('dlq_drop');
  expect(await runCli(redis.url, drop)).toMatchObject({ code: 1, out: '', err: expect.stringContaining('got none') });
});

test('an unknown stream of dead letters is used wrongly, with the names there are', async () => {
  const { code, err } = await runCli(redis.url, ['dlq', 'list', 'apply.plans']);
  expect(code).toBe(2);
  expect(err).toMatch(/expected a stream of .*apply\.plan, .*, got "apply\.plans"/);
});
