import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AnyHandler } from '../../handlers/contract/handler.ts';
import governor from '../../handlers/governor/index.ts';
import governorWatch from '../../handlers/governor-watch.ts';
import { HOUR_MS } from '../../schemas/duration.ts';
import { ChaosServer } from '../chaos/server.ts';
import { until } from '../support/redis.ts';
import { urlAt } from '../support/redis-server.ts';
import { entriesOf, QUICK, startSystem, type TestSystem } from '../support/system.ts';

const KILL = 'quantum:kill';
const PERMIT = 'quantum:permit:c1';
const handlers = [governor, governorWatch] as unknown as AnyHandler[];

let folder: string;
let server: ChaosServer;
let system: TestSystem;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-rest-'));
  server = await ChaosServer.start(folder);
  system = await startSystem(
    { url: urlAt(server.port) },
    { handlers, timings: { ...QUICK, restMs: HOUR_MS, maintenanceMs: HOUR_MS } },
  );
  await atRest();
});
afterEach(async () => {
  await system.stop();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const exists = async () =>
  Number(/cmdstat_exists:calls=(\d+)/.exec(await server.client.info('commandstats'))?.[1] ?? 0);
const reads = async () => Number(/cmdstat_zrange:calls=(\d+)/.exec(await server.client.info('commandstats'))?.[1] ?? 0);

/** Waits until the watcher looks, and does not read: outstanding permits are read in each turn of it. */
async function atRest(): Promise<void> {
  await until('the watcher to rest', async () => {
    const [looked, read] = [await exists(), await reads()];
    await until('looks', async () => (await exists()) >= looked + 3);
    return (await reads()) === read;
  });
}

async function events(name: string): Promise<number> {
  const all = await entriesOf(server.client, 'quantum:stream:governor.events');
  return all.filter(({ fields }) => fields.event === name).length;
}

test('a watcher at rest reports a kill, takes a permit back, and rests again', async () => {
  const plan = { plan_id: 'c1', symbol: 'BTCUSDT', action: 'FULL_CLOSE' };
  await server.client.xadd('quantum:stream:apply.plan', '*', ...Object.entries(plan).flat());
  await until('a permit', async () => (await server.client.exists(PERMIT)) === 1);
  await server.client.set(KILL, '1');
  await until('the permit to be gone', async () => (await server.client.exists(PERMIT)) === 0);
  expect([await events('KILL_ON'), await events('PERMIT_REVOKED')]).toEqual([1, 1]);
  await atRest();
  await server.client.del(KILL);
  await until('the end of the kill', async () => (await events('KILL_OFF')) === 1);
});

test.each<[string, () => Promise<unknown>]>([
  ['a key of another type', () => server.client.rpush(KILL, 'x')],
  ['a copy of another key', () => server.client.multi().set('quantum:other', '1').copy('quantum:other', KILL).exec()],
])('a watcher at rest reports a kill by %s', async (_how, turn) => {
  await turn();
  await until('a report', async () => (await events('KILL_ON')) === 1);
});

test('a watcher at rest reports a kill after all data are gone, and after Redis began anew', async () => {
  await server.client.flushall();
  await server.client.set(KILL, '1');
  await until('a report', async () => (await events('KILL_ON')) === 1);
  await server.kill();
  await server.startAgain();
  await server.client.del(KILL);
  await server.client.set('quantum:governor:kill_seen', '1');
  await until('a report', async () => (await events('KILL_OFF')) > 0);
});
