import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PROGRAM } from '../support/program.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';

const OFF = { HTTP_PORT: '0', P26_METRICS_PORT: '0', P27_METRICS_PORT: '0', P27_HEALTH_PORT: '0' };

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

test('a system whose Redis is gone still ends when it is told to, and does not say that it drained', async () => {
  const argv = [PROGRAM, 'start'];
  const env = { PATH: '/usr/bin:/bin', REDIS_URL: redis.url, ...OFF };
  const child = spawn(process.execPath, argv, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const output of [child.stdout, child.stderr]) {
    output.on('data', (chunk: Buffer) => {
      said += String(chunk);
    });
  }
  const exit = once(child, 'exit');
  await until('the system to run', () => said.includes('Portcullis is running.'));
  redis.process.kill('SIGKILL');
  await until('the loss to be said', () => said.includes('Redis is gone'));
  child.kill('SIGTERM');
  expect(await exit).toEqual([0, null]);
  expect(said).toContain('not drained in time');
  expect(said).not.toContain('nothing was left half done');
});
