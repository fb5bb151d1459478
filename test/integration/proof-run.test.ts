import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ProofRun } from '../../schemas/api/proof.ts';
import { WITH_TOKEN } from '../support/http.ts';
import { type Provable, startProvable } from '../support/provable.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';

const WHOLE_MS = 120_000;
const RECORDS = /^quantum:portcullis:proof_(?:last|run:.*|stop)$/;
let redis: TestRedis;
let system: Provable;

beforeAll(async () => {
  redis = await startRedis();
  system = await startProvable(redis);
});
afterAll(async () => {
  await system.stop();
  await redis.stop();
});

async function asked(path: string, body?: object): Promise<{ status: number; answer: Record<string, unknown> }> {
  const init = body && {
    method: 'POST',
    headers: { ...WITH_TOKEN, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  const response = await fetch(`${system.base}/v1${path}`, init ?? { headers: WITH_TOKEN });
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
}

async function run(): Promise<ProofRun> {
  return ProofRun.parse((await asked('/proof')).answer);
}

async function over(): Promise<ProofRun> {
  return await until('the proof to be over', async () => {
    const now = await run();
    return now.state === 'running' ? undefined : now;
  });
}

/** Keys that tell of scratch portfolios, or are of one. */
async function scratchKeys(client: Redis): Promise<string[]> {
  return (await client.keys('*')).filter((key) => /prove|scratch/.test(key) && !RECORDS.test(key));
}

test('a proof is begun, watched, told of in words, and leaves nothing', { timeout: WHOLE_MS }, async () => {
  expect(await run()).toMatchObject({ state: 'none', at: null, checks: [] });
  await redis.client.mset('quantum:portcullis:proof_last', 'x', 'quantum:portcullis:proof_run:x', '{"run":');
  expect(await run()).toMatchObject({ state: 'none', at: null, checks: [] });
  await redis.client.del('quantum:portcullis:proof_last');
  await redis.client.lpush('quantum:portcullis:proof_last', 'x');
  expect(await run()).toMatchObject({ state: 'none', at: null, checks: [] });
  const { status, answer } = await asked('/proof', { actor: 'ann', reason: 'before the month' });
  expect([status, answer]).toMatchObject([
    200,
    { state: 'running', by: 'ann', reason: 'before the month', says: '', report: '' },
  ]);
  expect(await asked('/proof', { actor: 'ben' })).toMatchObject({
    status: 409,
    answer: { message: expect.stringContaining('expected no other proof on quantum') },
  });
  const some = await until('some checks to be told', async () => {
    const now = await run();
    return now.checks.length > 5 ? now : undefined;
  });
  expect(some.state).toBe('running');
  expect(some.sections[0]).toBe('Running system');
  const done = await over();
  expect(done.checks.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
  expect(done).toMatchObject({ state: 'done', by: 'ann' });
  expect(done.says).toMatch(/^\d+ passed, 0 failed, 0 skipped\. Nothing is left of quantum:prove-[0-9a-f]{12}\.$/);
  expect(new Set(done.checks.map(({ section }) => section))).toEqual(new Set(done.sections));
  expect(done.report).toContain('| PASS | 1. COLD: FULL_CLOSE becomes PARTIAL_25 |');
  expect(await scratchKeys(redis.client)).toEqual([]);
});

test('one that is stopped ends early, and leaves nothing', { timeout: WHOLE_MS }, async () => {
  expect((await asked('/proof', {})).status).toBe(200);
  expect((await asked('/proof/stop', { actor: 'ben', reason: 'enough' })).status).toBe(200);
  const stopped = await over();
  expect(stopped).toMatchObject({
    state: 'stopped',
    by: 'http',
    says: expect.stringMatching(/^Stopped by ben: enough\. Interrupted/),
  });
  expect(stopped.says).toContain('Nothing is left of quantum:prove-');
  await until('all to be gone', async () => (await scratchKeys(redis.client)).length === 0);
  expect(await asked('/proof/stop', {})).toMatchObject({
    status: 409,
    answer: { message: 'expected a proof that runs on quantum, got none' },
  });
});

test('one whose process died is lost, and a running worker clears its scratch portfolio away', {
  timeout: WHOLE_MS,
}, async () => {
  const { client } = redis;
  const scratch = 'quantum:prove-00aa11bb22cc';
  await client.set(`${scratch}:policy:governor`, 'left');
  await client.set('quantum:prove-left-alone', 'not of a proof');
  await client.sadd('quantum:portcullis:scratches', scratch, 'quantum:stream', 'other:prove-00aa11bb22cc');
  await client.set('other:prove-00aa11bb22cc:x', 'of another');
  const now = { ...(await run()), state: 'running', scratch };
  await client.set('quantum:portcullis:proof_last', 'dead');
  await client.set('quantum:portcullis:proof_run:dead', JSON.stringify({ run: now, saidMs: Date.now() - 60_000 }));
  expect(await run()).toMatchObject({ state: 'lost', says: expect.stringContaining(`clears ${scratch} away`) });
  await until('it to be cleared away', async () => (await client.exists(`${scratch}:policy:governor`)) === 0);
  expect(await client.mget('quantum:prove-left-alone', 'other:prove-00aa11bb22cc:x')).toEqual([
    'not of a proof',
    'of another',
  ]);
  await client.del('quantum:portcullis:scratches', 'quantum:prove-left-alone', 'other:prove-00aa11bb22cc:x');
});

test('a process that stops meanwhile leaves nothing either', { timeout: WHOLE_MS }, async () => {
  const { client } = redis;
  const second = await startProvable(redis);
  const begun = await fetch(`${second.base}/v1/proof`, {
    method: 'POST',
    headers: { ...WITH_TOKEN, 'content-type': 'application/json' },
    body: '{}',
  });
  expect(begun.status).toBe(200);
  await until('some checks to be told', async () => (await run()).checks.length > 0);
  await second.stop();
  expect(await run()).toMatchObject({ state: 'stopped' });
  await until('all to be gone', async () => (await scratchKeys(client)).length === 0);
});
