import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { DemoNow } from '../../schemas/api/demo.ts';
import { TOKEN, WITH_TOKEN } from '../support/http.ts';
import { freePort } from '../support/ports.ts';
import { PROGRAM } from '../support/program.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';

const WHOLE_MS = 300_000;
const OFF = {
  P26_METRICS_PORT: '0',
  P27_METRICS_PORT: '0',
  P27_HEALTH_PORT: '0',
  P28_PORT: '0',
  GOV_METRICS_PORT: '0',
};

let redis: TestRedis;
const children: ChildProcess[] = [];
beforeAll(async () => {
  redis = await startRedis();
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => redis.stop());

async function startProcess() {
  const port = await freePort();
  const env = { PATH: '/usr/bin:/bin', REDIS_URL: redis.url, ADMIN_TOKEN: TOKEN, HTTP_PORT: String(port), ...OFF };
  const child = spawn(process.execPath, [PROGRAM, 'start'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  children.push(child);
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += String(chunk);
  });
  await until('the system to run', () => said.includes('Portcullis is running.'));
  const ask = async (path: string, body?: object) => {
    const post = body && { method: 'POST', body: JSON.stringify(body) };
    const headers = { ...WITH_TOKEN, ...(body && { 'content-type': 'application/json' }) };
    return (await (await fetch(`http://127.0.0.1:${port}/v1${path}`, { ...post, headers })).json()) as unknown;
  };
  return { child, ask, now: async () => DemoNow.parse(await ask('/demo')) };
}

async function demoKeys(): Promise<string[]> {
  return (await redis.client.keys('*')).filter((key) => key.includes(':demo-'));
}

test('the whole month is played beside running gates; killed with its process, another deletes it', {
  timeout: WHOLE_MS,
}, async () => {
  const one = await startProcess();
  await one.ask('/demo', { actor: 'ann' });
  const done = await until(
    'the month to be played',
    async () => {
      const run = await one.now();
      return run.state === 'running' ? undefined : run;
    },
    WHOLE_MS,
  );
  expect(done).toMatchObject({ state: 'done', played: 744, hours: 744 });
  expect(done.says).toContain('Of 78 exits 55 would have been softened, which would have cost $18,759.13.');
  expect(done.says).toContain('Plans got 160 permits and 143 blocks.');
  const other = await startProcess();
  one.child.kill('SIGKILL');
  await once(one.child, 'exit');
  expect((await demoKeys()).length).toBeGreaterThan(100);
  await until('it to be told lost', async () => (await other.now()).state === 'lost');
  await until('nothing to be left', async () => (await demoKeys()).length === 0);
  await until('it to be forgotten', async () => (await redis.client.exists('quantum:portcullis:demos')) === 0);
  expect(await other.now()).toMatchObject({ state: 'lost', refused: '' });
});

test('a process that is told to stop deletes its demo first', { timeout: WHOLE_MS }, async () => {
  const { child, ask, now } = await startProcess();
  await ask('/demo', {});
  await until('some hours to be played', async () => (await now()).played > 30);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(await demoKeys()).toEqual([]);
  expect(await redis.client.exists('quantum:portcullis:demos', 'quantum:portcullis:demo_alive')).toBe(0);
});
