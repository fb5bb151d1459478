import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AnyHandler } from '../../handlers/contract/handler.ts';
import { type Answer, evaluate, readQuestions } from '../../runtime/desk/evaluate/index.ts';
import { buildApp } from '../../runtime/doors/http/app.ts';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import type { Question } from '../../schemas/evaluation.ts';
import { runCli } from '../support/cli.ts';
import { echoGate } from '../support/gates.ts';
import { fakeRuntime, httpContext, WITH_TOKEN } from '../support/http.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const PLAN = { symbol: 'BTCUSDT', action: 'OPEN', side: 'BUY', qty: '1', price: '100' };
const EXIT = { symbol: 'ETHUSDT', action: 'FULL_CLOSE', reason: 'take_profit' };
let redis: TestRedis;

beforeAll(async () => {
  redis = await startRedis('--enable-debug-command', 'local');
});
afterAll(async () => redis.stop());

/** Heat 0.427 (WARM) and two positions of 42,000 dollars; an account of 10,000 dollars, known now. */
beforeEach(async () => {
  const { client } = redis;
  await client.flushall();
  const timestamp = String((await client.time())[0]);
  await client.hset('quantum:state:portfolio', { equity_usd: '10000', positions_count: '2', timestamp });
  const snapshot = async (symbol: string, notional: string, sigma: string) =>
    await client.xadd(
      'quantum:stream:position.snapshot',
      '*',
      'symbol',
      symbol,
      'position_notional_usd',
      notional,
      'position_qty',
      '1',
      'sigma',
      sigma,
      'timestamp',
      timestamp,
    );
  await snapshot('ETHUSDT', '1800', '0.15');
  await snapshot('BTCUSDT', '40000', '0.1');
});

async function asked(entry: Record<string, string>, state?: Record<string, unknown>): Promise<Answer> {
  const supposed = state === undefined ? [] : ['--state', JSON.stringify(state)];
  const fields = Object.entries(entry).map(([name, value]) => `${name}=${value}`);
  const { out, err } = await runCli(redis.url, ['evaluate', ...fields, '--json', ...supposed]);
  expect(err).toBe('');
  return JSON.parse(out) as Answer;
}

describe('an exit', () => {
  test('is judged on the heat of now', async () => {
    expect(await asked(EXIT)).toMatchObject({
      gate: 'heat-gate',
      verdict: 'DOWNGRADE',
      reason: 'portfolio_heat_warm',
      calibrated_action: 'PARTIAL_75',
      heat: { heat: 0.427, cooler: { cut_usd: 16_800.01 } },
      largest: null,
    });
  });

  test.each([
    [{ heat: 0.1 }, 'PARTIAL_25'],
    [{ heat: 0.6499999999 }, 'PARTIAL_75'],
    [{ heat: 0.65 }, 'FULL_CLOSE'],
    [{ equity_usd: 100_000 }, 'PARTIAL_25'],
    [{ equity_usd: 5_000 }, 'FULL_CLOSE'],
    [{ equity_usd: 0 }, 'PARTIAL_25'],
  ])('supposing %j it becomes %s', async (state, action) => {
    expect((await asked(EXIT, state)).calibrated_action).toBe(action);
  });
});

describe('a plan', () => {
  const ROOM = { positions: 2, gross_notional_usd: 1000 };

  test('is judged on the positions of now, and no size passes where it is not the size that refuses', async () => {
    expect(await asked(PLAN)).toMatchObject({ verdict: 'BLOCK', reason: 'total_notional_exceeded', largest: null });
  });

  test.each([
    [ROOM, 'PERMIT', 'ok', 200],
    [{ ...ROOM, gross_notional_usd: 1850.5 }, 'PERMIT', 'ok', 149.5],
    [{ ...ROOM, gross_notional_usd: 1950 }, 'BLOCK', 'total_notional_exceeded', 50],
    [{ ...ROOM, kill: 'on' }, 'BLOCK', 'kill_switch_active', undefined],
    [{ ...ROOM, trading_state: 'REDUCING' }, 'BLOCK', 'reducing_only', undefined],
    [{ ...ROOM, armed: false }, 'BLOCK', 'disarmed', undefined],
    [{ ...ROOM, since_last_permit_sec: 59.9 }, 'BLOCK', 'symbol_cooldown', undefined],
    [{ ...ROOM, since_last_permit_sec: 61 }, 'PERMIT', 'ok', 200],
    [{ ...ROOM, positions: 10 }, 'BLOCK', 'max_positions_reached', undefined],
    [{ ...ROOM, mode: 'production', permits_5min: 2 }, 'BLOCK', 'burst_limit_exceeded', undefined],
    [{ ...ROOM, mode: 'production', permits_hour: 3 }, 'BLOCK', 'hourly_limit_exceeded', undefined],
    [{ ...ROOM, mode: 'dry_run', gross_notional_usd: 1950 }, 'WOULD_BLOCK', 'total_notional_exceeded', 50],
  ])('supposing %j: %s, %s, at most %s dollars', async (state, verdict, reason, most) => {
    const answer = await asked(PLAN, state);
    expect([answer.verdict, answer.reason, answer.largest?.notional_usd]).toEqual([verdict, reason, most]);
  });

  test('the largest size passes; a cent, or the smallest quantity, more does not', async () => {
    const { largest } = await asked({ ...PLAN, price: '61234.56' }, { ...ROOM, gross_notional_usd: 1876.54 });
    expect(largest).toEqual({ notional_usd: 123.46, qty: 0.00201618, price_usd: 61_234.56 });
    const verdict = async (size: Record<string, string>) =>
      (
        await asked(
          { symbol: 'BTCUSDT', action: 'OPEN', price: '61234.56', ...size },
          { ...ROOM, gross_notional_usd: 1876.54 },
        )
      ).verdict;
    expect(await verdict({ notional_usd: '123.46' })).toBe('PERMIT');
    expect(await verdict({ notional_usd: '123.47' })).toBe('BLOCK');
    expect(await verdict({ qty: '0.00201618' })).toBe('PERMIT');
    expect(await verdict({ qty: '0.00201619' })).toBe('BLOCK');
  });

  test('that reduces risk has no largest size', async () => {
    expect(await asked({ ...PLAN, reduceOnly: 'true' })).toMatchObject({
      gate: 'governor',
      verdict: 'PERMIT',
      heat: null,
      largest: null,
    });
  });
});

describe('the limits', () => {
  const GROSS = { positions: 2, gross_notional_usd: 0 };
  const most = async (environment?: Record<string, string>) => {
    const fields = Object.entries(PLAN).map(([name, value]) => `${name}=${value}`);
    const argv = ['evaluate', ...fields, '--json', '--state', JSON.stringify(GROSS)];
    const { out } = await runCli(redis.url, argv, { ...(environment !== undefined && { environment }) });
    return (JSON.parse(out) as Answer).largest?.notional_usd;
  };

  test("are the policy's, else those of the workers' environment, else those of the command's own", async () => {
    const own = { GOV_MAX_NOTIONAL_PER_TRADE_USDT: '77' };
    expect(await most(own)).toBe(77);
    const workers = JSON.stringify({ GOV_MAX_NOTIONAL_PER_TRADE_USDT: '88' });
    await redis.client.hset('quantum:policy:governor', 'env_settings', workers);
    expect(await most(own)).toBe(88);
    const policy = JSON.stringify({ GOV_MAX_NOTIONAL_PER_TRADE_USDT: '99' });
    await redis.client.hset('quantum:policy:governor', 'settings', policy);
    expect(await most(own)).toBe(99);
  });

  test('of a policy that cannot be used are those of the environment, as in the workers', async () => {
    await redis.client.hset('quantum:policy:governor', 'settings', '{"GOV_MAX_NOTIONAL_PER_TRADE_USDT":"many"}');
    expect(await most({ GOV_MAX_NOTIONAL_PER_TRADE_USDT: '77' })).toBe(77);
    const workers = JSON.stringify({ GOV_MAX_NOTIONAL_PER_TRADE_USDT: '88' });
    await redis.client.hset('quantum:policy:governor', 'env_settings', workers);
    expect(await most({ GOV_MAX_NOTIONAL_PER_TRADE_USDT: '77' })).toBe(88);
  });
});

test('many entries are JSON lines on standard input, answered in order', async () => {
  const lines = [EXIT, PLAN, { entry: { ...PLAN, qty: 1 }, state: { positions: 0, gross_notional_usd: 0 } }];
  const input = lines.map((line) => JSON.stringify(line)).join('\n');
  const { out } = await runCli(redis.url, ['evaluate', '--file', '-', '--json'], { input });
  const verdicts = out
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as Answer).verdict);
  expect(verdicts).toEqual(['DOWNGRADE', 'BLOCK', 'PERMIT']);
});

test('for people it is a table and a sentence', async () => {
  const fields = Object.entries(PLAN).map(([name, value]) => `${name}=${value}`);
  const { out } = await runCli(redis.url, ['evaluate', ...fields, '--state', 'positions=1,gross_notional_usd=1950']);
  expect(out).toContain(
    'OPEN BTCUSDT: the governor (testnet) would say BLOCK: all positions with this plan would be worth $2,050.00; $2,000.00 is allowed',
  );
  expect(out).toContain('The largest size that would pass now: $50.00, which is 0.5 at 100.');
});

test('a heat that is supposed and no listed position carries is not to be cut anywhere', async () => {
  await redis.client.del('quantum:stream:position.snapshot');
  const { out } = await runCli(redis.url, ['evaluate', 'symbol=A', 'action=FULL_CLOSE', '--state', 'heat=0.7']);
  expect(out).toContain('To be WARM the heat has to be under 0.65: no position is listed that could be cut.\n');
});

test('over HTTP: one entry or a list, with the limits of the process, behind the token', async () => {
  const handlers = await loadHandlers();
  const runtime = {
    ...fakeRuntime({ redis: redis.client, handlers }),
    settingsOf: (name: string) =>
      handlers.find((handler) => handler.name === name)?.settings.parse({ GOV_MAX_TOTAL_NOTIONAL_USDT: '50000' }),
  };
  const app = await buildApp(await httpContext(runtime));
  try {
    const post = async (payload: object, headers = WITH_TOKEN) =>
      await app.inject({ method: 'POST', url: '/v1/evaluate', payload, headers });
    expect((await post({ entry: PLAN })).json()).toMatchObject({
      verdict: 'PERMIT',
      largest: { notional_usd: 200, qty: 2 },
    });
    expect((await post([{ entry: EXIT }, { entry: PLAN }])).json()).toMatchObject([
      { verdict: 'DOWNGRADE' },
      { verdict: 'PERMIT' },
    ]);
    expect((await post({ entry: { symbol: 'A' } })).statusCode).toBe(400);
    expect((await post([{ entry: PLAN }, { entry: 1 }])).json().message).toBe(
      '1.entry: expected record, received number',
    );
    expect((await post({ entry: PLAN, state: { surprise: 1 } })).statusCode).toBe(400);
    expect((await post({ entry: PLAN }, { authorization: 'Bearer other' })).statusCode).toBe(401);
  } finally {
    await app.close();
  }
});

test('nothing is written and no group is read, whatever is asked', async () => {
  const { client } = redis;
  const before = await client.call('DEBUG', 'DIGEST');
  await client.config('RESETSTAT');
  const handlers = await loadHandlers();
  const settingsOf = ({ settings }: AnyHandler) => settings.parse({});
  const questions = readQuestions([{ entry: PLAN }, { entry: EXIT }], handlers);
  await evaluate(client, portfolioOf('quantum'), questions, settingsOf);
  const used = [...(await client.info('commandstats')).matchAll(/cmdstat_([^:|]+)/g)].map(([, name]) => name);
  const reads = ['config', 'debug', 'get', 'hgetall', 'hmget', 'info', 'scan', 'time', 'xrange', 'xrevrange', 'zrange'];
  const readScript = ['eval', 'evalsha', 'script'];
  expect(used.filter((name) => ![...reads, ...readScript].includes(name ?? ''))).toEqual([]);
  expect(await client.call('DEBUG', 'DIGEST')).toBe(before);
});

test('a face that throws is as if it were not there, and touches no other gate', async () => {
  const fails = () => {
    throw new Error('no idea');
  };
  const size = { isAsked: fails, passes: fails, priceUsd: fails };
  const echo = { ...echoGate(), stage: 0, whatIf: { suppose: fails, claims: fails, size } };
  const handlers = [echo, ...(await loadHandlers())];
  const settingsOf = ({ settings }: AnyHandler) => settings.parse({});
  const asked = async (question: Question) =>
    (await evaluate(redis.client, portfolioOf('quantum'), readQuestions([question], handlers), settingsOf))[0];
  expect(await asked({ entry: EXIT, state: { heat: 0.7 } })).toMatchObject({ gate: 'heat-gate', verdict: 'PASS' });
  const own = { gate: 'echo', entry: { n: '1' } };
  expect(await asked(own)).toMatchObject({ gate: 'echo', verdict: 'judged', words: 'judged', largest: null });
  const supposing = asked({ ...own, state: { heat: 0.7 } });
  await expect(supposing).rejects.toThrow('echo: expected it to suppose heat, got no idea');
});
