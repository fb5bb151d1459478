import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import { lossFileCompanion } from '../../runtime/desk/switches/loss-file.ts';
import { runCli } from '../support/cli.ts';
import { LOSS_ENV as env, lossRig } from '../support/loss-rig.ts';
import { until } from '../support/redis.ts';

const LATCH = 'quantum:governor:loss_latch';
const CONFIRM = ['loss', 'confirm', '--reason', 'compared with the statement', '--yes'];

async function start(context: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'losses-'));
  context.onTestFinished(() => rm(folder, { recursive: true }));
  const made = await lossRig(context);
  const worker = (name: string) => made.rig.worker({ env, companions: [lossFileCompanion(join(folder, name))] });
  const file = (name: string) => join(folder, name, 'losses-quantum.json');
  const filed = (name: string) =>
    until('the file to be as Redis', async () => {
      const text = await readFile(file(name), 'utf8').catch(() => '{}');
      return JSON.parse(text).rev === (await made.rig.client.hget(LATCH, 'rev'));
    });
  const lost = () => until('a loss to be marked', () => made.rig.client.hget(LATCH, 'lost'));
  return { ...made, worker, file, filed, lost };
}

test.concurrent('what Redis lost comes back from the file, latch included, and nothing opens until a person confirms', async (context) => {
  const { rig, read, verdict, ledger, worker, filed, lost } = await start(context);
  await worker('a');
  await read(10_000, 10_000, 9_700);
  expect(await verdict('p1')).toBe('permit');
  await read(9_400, 9_400);
  await filed('a');
  await rig.client.del(LATCH);
  expect(await lost()).toBe('redis');
  await read(9_400, 9_400);
  expect(await verdict('p2')).toBe('daily_loss_exceeded');
  expect((await runCli(rig.redis.url, ['loss', 'release', '--reason', 'x', '--yes'])).code).toBe(0);
  await read(9_400);
  expect(await verdict('p3')).toBe('caps_data_unavailable');
  const { code, out } = await runCli(rig.redis.url, CONFIRM);
  expect([code, out]).toEqual([0, 'Confirmed (redis).\n']);
  expect(await verdict('p4')).toBe('permit');
  // The watcher may have begun anew before the file was looked at.
  const entries = (await ledger()).filter((action) => action !== 'loss_started');
  expect(entries).toEqual(['loss_limit', 'loss_marks_lost', 'loss_release', 'loss_confirm']);
  expect((await runCli(rig.redis.url, CONFIRM)).err).toContain('expected marks of losses that were lost');
});

test.concurrent('what began anew in Redis, or went back, is judged by the worse of both', async (context) => {
  const { rig, read, verdict, worker, filed, lost } = await start(context);
  await worker('a');
  await read(10_000, 10_000);
  await filed('a');
  const early = await rig.client.hgetall(LATCH);
  await read(9_450, 9_450);
  await filed('a');
  await rig.client.hset(LATCH, early);
  expect(await lost()).toBe('redis');
  expect(await verdict('p1')).toBe('daily_loss_exceeded');
  await rig.stopWorkers();
  await rig.client.del(LATCH);
  await rig.worker({ env });
  await read(9_450, 9_450);
  expect(await verdict('p2')).toBe('permit');
  await rig.stopWorkers();
  await worker('a');
  expect(await lost()).toBe('redis');
  expect(await verdict('p3')).toBe('daily_loss_exceeded');
  const { bases } = JSON.parse((await runCli(rig.redis.url, ['loss', '--json'])).out);
  expect(bases[0]).toMatchObject({ kind: 'daily', base_usd: 10_000 });
});

test.concurrent('a file that is gone opens nothing until a person confirms; a second folder beside it is no loss', async (context) => {
  const { rig, read, verdict, ledger, worker, file, filed, lost } = await start(context);
  await worker('a');
  await read(10_000, 10_000);
  await filed('a');
  await worker('b');
  await read(10_000);
  await filed('b');
  await rm(file('b'));
  await filed('b');
  expect(await verdict('p1')).toBe('permit');
  await rig.stopWorkers();
  await rm(file('a'));
  // The mark of the file that was kept a moment ago is still there: whoever starts now waits whether it is renewed.
  expect(await rig.client.pexpire('quantum:portcullis:loss_file_seen', 2_500)).toBe(1);
  await worker('a');
  expect(await lost()).toBe('file');
  expect(await verdict('p2')).toBe('caps_data_unavailable');
  expect((await runCli(rig.redis.url, CONFIRM)).out).toBe('Confirmed (file).\n');
  await read(10_000);
  expect(await verdict('p3')).toBe('permit');
  await filed('a');
  expect(await ledger()).toEqual(['loss_started', 'loss_marks_lost', 'loss_confirm']);
});

test.concurrent('a hash that cannot be read comes back from the file, and without one is confirmed away', async (context) => {
  const { rig, read, verdict, worker, filed, lost } = await start(context);
  await worker('a');
  await read(10_000, 10_000);
  await filed('a');
  await rig.client.hset(LATCH, 'marks', '{');
  expect(await lost()).toBe('redis');
  expect((await runCli(rig.redis.url, CONFIRM)).out).toBe('Confirmed (redis).\n');
  expect(await verdict('p1')).toBe('permit');
  await rig.stopWorkers();
  await rig.client.hset(LATCH, 'marks', '{');
  await rig.worker({ env });
  expect(await verdict('p2')).toBe('caps_data_unavailable');
  expect((await runCli(rig.redis.url, ['status'])).out).toContain('OPEN REFUSED   what losses are counted against');
  expect((await runCli(rig.redis.url, CONFIRM)).out).toBe('Confirmed (unreadable).\n');
  await read(10_000, 10_000);
  expect(await verdict('p3')).toBe('permit');
});

test.concurrent('without a loss limit there is neither file nor key', async (context) => {
  const { rig, verdict, file } = await start(context);
  await rig.account();
  await rig.worker({ companions: [lossFileCompanion(join(file('a'), '..'))] });
  expect(await verdict('p1')).toBe('permit');
  await rig.stopWorkers();
  expect(await rig.client.keys('quantum:*loss*')).toEqual([]);
  await expect(readdir(join(file('a'), '..'))).rejects.toThrow('ENOENT');
});
