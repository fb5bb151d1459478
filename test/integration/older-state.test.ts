import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { startSystem } from '../support/system.ts';

/** What 0.1.0 left: a plan judged and one waiting, a softened exit, a dead letter, and changes by an operator. */
const STATE = new URL('../fixtures/state/0.1.0.rdb', import.meta.url);
/** However old the data are by now. */
const KEEP_ALL = { STREAM_MAX_AGE_DAYS: '36500' };
let redis: TestRedis;
let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-state-'));
  copyFileSync(STATE, join(folder, 'dump.rdb'));
  redis = await startRedis('--dir', folder);
});
afterEach(async () => {
  await redis.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function permits(planId: string): Promise<number> {
  const decisions = await redis.client.xrange('quantum:stream:decisions', '-', '+');
  return decisions.filter(([, flat]) => flat.includes(planId) && flat.includes('PERMIT')).length;
}

test('data of 0.1.0 go on: what waits is judged once, and what was judged is not judged again', async () => {
  expect(await redis.client.exists('quantum:portcullis:schema')).toBe(0);
  const system = await startSystem(redis, { env: KEEP_ALL });
  await until('the waiting plan is judged', async () => (await permits('waiting')) === 1);
  await system.stop();
  expect(await permits('judged')).toBe(1);
  expect(await redis.client.get('quantum:portcullis:schema')).toBe('1');
  const groups = (await redis.client.xinfo('GROUPS', 'quantum:stream:apply.plan')) as unknown[][];
  const governor = groups.find((group) => group.includes('governor')) ?? [];
  expect([governor[governor.indexOf('pending') + 1], governor[governor.indexOf('lag') + 1]]).toEqual([0, 0]);
});

test('what operators set in 0.1.0 stands, and its ledger is whole', async () => {
  const system = await startSystem(redis, { env: KEEP_ALL });
  const status = JSON.parse((await runCli(redis.url, ['status', '--json'])).out);
  expect(status).toMatchObject({
    trading: { trading_state: 'REDUCING', kill: 'off', restored_at: null },
    modes: expect.arrayContaining([
      expect.objectContaining({ gate: 'heat-gate', mode: 'enforce' }),
      expect.objectContaining({ gate: 'governor', limits: { GOV_MAX_OPEN_POSITIONS: '7' } }),
    ]),
  });
  expect((await runCli(redis.url, ['ledger', '--verify'])).out).toMatch(/^Whole: /);
  expect((await runCli(redis.url, ['dlq', 'list', 'apply.plan'])).out).toContain('plan_id: expected');
  await system.stop();
});
