import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { PROGRAM } from '../support/program.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { startSystem } from '../support/system.ts';

const LIMIT = { GOV_MAX_REDUCE_NOTIONAL_PER_DAY_USD: '5000' };
const ACCEPTED = { ...LIMIT, GOV_ACCEPT_DROPPED: 'GOV_MAX_REDUCE_NOTIONAL_PER_DAY_USD' };
let redis: TestRedis;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => redis.stop());

function start(more: Readonly<Record<string, string>>) {
  const args = [PROGRAM, 'start'];
  const env = { PATH: '/usr/bin:/bin', REDIS_URL: redis.url, HTTP_PORT: '0', ...more };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const said = { err: '' };
  child.stderr.on('data', (chunk: Buffer) => {
    said.err += String(chunk);
  });
  return { child, said, exit: once(child, 'exit') };
}

test('the start refuses a limit of the original governor that is not built', async () => {
  const { said, exit } = start(LIMIT);
  expect(await exit).toEqual([2, null]);
  expect(said.err).toContain('GOV_MAX_REDUCE_NOTIONAL_PER_DAY_USD: expected none, got "5000"');
  expect(await redis.client.exists('quantum:portcullis:dropped_limits')).toBe(0);
});

test('one that is accepted is on the first lines and in the status', async () => {
  const { child, said, exit } = start(ACCEPTED);
  await until('the system to run', () => said.err.includes('Ctrl-C stops'));
  expect(said.err).toContain('NOT IN FORCE   GOV_MAX_REDUCE_NOTIONAL_PER_DAY_USD=5000: no cap blocks a close here');
  expect((await runCli(redis.url, ['status'])).out).toMatch(
    /^NOT IN FORCE {3}GOV_MAX_REDUCE_NOTIONAL_PER_DAY_USD=5000/m,
  );
  child.kill('SIGTERM');
  expect(await exit).toEqual([0, null]);
  expect((await runCli(redis.url, ['status'])).out).not.toContain('NOT IN FORCE');
});

test('a worker that starts again without it takes it back', async () => {
  for (const [env, limits] of [
    [ACCEPTED, ['GOV_MAX_REDUCE_NOTIONAL_PER_DAY_USD=5000']],
    [{}, []],
  ] as const) {
    const system = await startSystem(redis, { env, workerName: 'one' });
    const status = JSON.parse((await runCli(redis.url, ['status', '--json'])).out) as { dropped_limits: string[] };
    expect(status.dropped_limits).toEqual(limits);
    await system.stop();
  }
});
