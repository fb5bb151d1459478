import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type CliResult, type CliWorld, runCli } from '../support/cli.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';

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

test('tail shows what passes the filters, from the moment it is asked, until it is ended', async () => {
  await decide({ plan_id: 'before' });
  const ended = new AbortController();
  let shown = '';
  const tail = runCli(redis.url, ['tail', '--gate', 'governor', '--verdict', 'block', '--json'], {
    ended: ended.signal,
    onOut: (text) => {
      shown += text;
    },
  });
  await until('a decision made while it follows', async () => {
    await decide({ handler: 'heat-gate', plan_id: 'other gate' });
    await decide({ verdict: 'PERMIT', plan_id: 'other verdict' });
    await decide({ plan_id: 'p1' });
    return shown.includes('"p1"');
  });
  ended.abort();
  expect((await tail).code).toBe(0);
  expect(shown).not.toMatch(/before|other/);
});

test('tail --last begins with decisions made before', async () => {
  await decide({ plan_id: 'p1' });
  await decide({ plan_id: 'p2' });
  const ended = new AbortController();
  const { code, out } = await runCli(redis.url, ['tail', '--last', '5'], {
    ended: ended.signal,
    onOut: (text) => {
      if (text.includes('p2')) ended.abort();
    },
  });
  expect(code).toBe(0);
  expect(
    out
      .trim()
      .split('\n')
      .map((line) => line.split('  ').slice(1).join(' ')),
  ).toEqual(['governor BLOCK BTCUSDT p1 - symbol_cooldown', 'governor BLOCK BTCUSDT p2 - symbol_cooldown']);
});

describe('tail --last filters before it counts', () => {
  async function logOf(ticks: number): Promise<void> {
    const pipeline = redis.client.pipeline();
    const add = (fields: string[]) => pipeline.xadd('quantum:stream:decisions', '*', ...fields);
    add(['handler', 'governor', 'verdict', 'BLOCK', 'symbol', 'BTCUSDT', 'plan_id', 'long-ago']);
    for (let i = 0; i < ticks; i++) add(['handler', 'risk-governor', 'verdict', 'BUDGET', 'symbol', 'ETHUSDT']);
    add(['handler', 'governor', 'verdict', 'BLOCK', 'symbol', 'BTCUSDT', 'plan_id', 'newer']);
    for (let i = 0; i < ticks; i++) add(['handler', 'risk-governor', 'verdict', 'BUDGET', 'symbol', 'ETHUSDT']);
    await pipeline.exec();
  }

  async function tailUntil(plan: string, argv: readonly string[], world: CliWorld = {}): Promise<CliResult> {
    const ended = new AbortController();
    const onOut = (text: string) => {
      if (text.includes(plan)) ended.abort();
    };
    return await runCli(redis.url, ['tail', ...argv], { ...world, ended: ended.signal, onOut });
  }

  test.each([
    { argv: ['--gate', 'governor', '--last', '20'], plans: ['long-ago', 'newer'] },
    { argv: ['--verdict', 'BLOCK', '--last', '1'], plans: ['newer'] },
    { argv: ['--symbol', 'btcusdt', '--last', '2'], plans: ['long-ago', 'newer'] },
  ])('$argv', async ({ argv, plans }) => {
    await logOf(1_200);
    const { code, out, err } = await tailUntil('newer', [...argv, '--json']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const lines = out.split('\n').filter((line) => line !== '');
    expect(lines.map((line) => JSON.parse(line).plan_id)).toEqual(plans);
  });

  test('says at a terminal how far it has looked', async () => {
    await logOf(600);
    const { err } = await tailUntil('newer', ['--gate', 'governor', '--last', '5'], { answer: '' });
    expect(err).toMatch(/1202 decisions looked at, back to .*: 2 of 5 found/);
  });
});

test('tail of a gate that does not exist is used wrongly', async () => {
  expect(await runCli(redis.url, ['tail', '--gate', 'heat'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('expected a gate of'),
  });
});
