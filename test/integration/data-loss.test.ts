import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AnyHandler } from '../../handlers/contract/handler.ts';
import governor from '../../handlers/governor/index.ts';
import governorWatch from '../../handlers/governor-watch.ts';
import { ChaosServer } from '../chaos/server.ts';
import { until } from '../support/redis.ts';
import { urlAt } from '../support/redis-server.ts';
import { entriesOf, metricOf, startSystem, type TestSystem } from '../support/system.ts';

const LOST = 'quantum:governor:data_lost';
const COMMITS = 'quantum:portcullis:commits';
const handlers = [governor, governorWatch] as unknown as AnyHandler[];

let folder: string;
let server: ChaosServer;
let systems: TestSystem[];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-loss-'));
  server = await ChaosServer.start(folder);
  systems = [];
});
afterEach(async () => {
  await Promise.all(systems.map((system) => system.stop()));
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function worker(workerName: string): Promise<TestSystem> {
  const env = { GOV_STATE_MAX_AGE_SEC: '86400' };
  const system = await startSystem({ url: urlAt(server.port) }, { handlers, env, workerName, schedules: false });
  systems.push(system);
  return system;
}

async function state(positions: number): Promise<void> {
  const [timestamp] = await server.client.time();
  const fields = { equity_usd: '10000', positions_count: String(positions), timestamp: String(timestamp) };
  await server.client.hset('quantum:state:portfolio', fields);
}

async function position(symbol: string): Promise<void> {
  const [timestamp] = await server.client.time();
  const fields = { symbol, position_notional_usd: '10', timestamp: String(timestamp) };
  await server.client.xadd('quantum:stream:position.snapshot', '*', ...Object.entries(fields).flat());
}

/** Sends a plan for a symbol of its own; returns `permit`, or the block's reason with what was missing. */
async function verdict(planId: string, action = 'OPEN'): Promise<string> {
  const plan = { plan_id: planId, symbol: `${planId}USDT`.toUpperCase(), action, side: 'BUY', qty: '1', price: '10' };
  await server.client.xadd('quantum:stream:apply.plan', '*', ...Object.entries(plan).flat());
  const found = await until(`an answer to ${planId}`, async () => {
    const keys = [`quantum:permit:${planId}`, `quantum:governor:block:${planId}`];
    return (await server.client.mget(...keys)).find((text) => text !== null);
  });
  const { granted, reason, checks } = JSON.parse(found) as {
    granted?: boolean;
    reason?: string;
    checks: { gate: string; value: unknown }[];
  };
  if (granted === true) return 'permit';
  return `${reason}: ${checks.find(({ gate }) => gate === 'caps_data')?.value}`;
}

function keepData(): void {
  cpSync(join(folder, 'redis'), join(folder, 'kept'), { recursive: true });
}

/** Ends the server and starts it on the data that were kept. */
async function rollBack(): Promise<void> {
  await server.kill();
  rmSync(join(folder, 'redis'), { recursive: true });
  cpSync(join(folder, 'kept'), join(folder, 'redis'), { recursive: true });
  await server.startAgain();
}

async function ledger(): Promise<string[]> {
  const entries = await entriesOf(server.client, 'quantum:stream:ops.ledger');
  return entries.map(({ fields }) => fields.action ?? '').filter((action) => action.startsWith('data'));
}

async function noticed(): Promise<void> {
  await until('the loss to be told', async () => (await ledger()).includes('data_lost'));
}

test('after data were lost no OPEN passes, in no worker, until all was reported afresh; a CLOSE does', async () => {
  await state(0);
  await worker('w1');
  await worker('w2');
  expect(await verdict('a1')).toBe('permit');
  keepData();
  expect(await verdict('a2')).toBe('permit');
  await rollBack();
  expect(await verdict('a3')).toBe('caps_data_unavailable: data_lost');
  expect(await verdict('a4', 'FULL_CLOSE')).toBe('permit');
  await noticed();
  await Promise.all(systems.splice(0).map((system) => system.stop()));
  const late = await worker('w3');
  expect(await verdict('a5')).toBe('caps_data_unavailable: data_lost');
  expect(await metricOf(late, 'quantum_govern_data_lost')).toBe(1);
  const atMs = Number(await server.client.hget(LOST, 'at'));
  await until('a later second', async () => Number((await server.client.time())[0]) * 1000 >= atMs);
  await state(1);
  expect(await verdict('a6')).toBe('caps_data_unavailable: data_lost');
  await position('HELDUSDT');
  await until('the end of the wait', async () => (await server.client.exists(LOST)) === 0);
  expect(await verdict('a7')).toBe('permit');
  expect(await ledger()).toEqual(['data_lost', 'data_reported']);
});

test('a worker that stands by knows when the one that judged is gone with the data', async () => {
  await state(0);
  const reader = await worker('w1');
  const standby = await worker('w2');
  keepData();
  expect(await verdict('b1')).toBe('permit');
  await reader.stop();
  systems.splice(0, 1);
  await until('the other to read', () => standby.runtime.lanes().every((lane) => lane.state === 'running'));
  await rollBack();
  await noticed();
  expect(standby.lines.some((line) => line.includes('Redis has lost data'))).toBe(true);
  expect(await verdict('b2')).toBe('caps_data_unavailable: data_lost');
});

test('a restart without loss, lost connections and a new worker keep no OPEN waiting', async () => {
  await state(0);
  await worker('w1');
  expect(await verdict('c1')).toBe('permit');
  await server.kill();
  await server.startAgain();
  expect(await verdict('c2')).toBe('permit');
  await server.client.client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  expect(await verdict('c3')).toBe('permit');
  await worker('w2');
  expect(await verdict('c4')).toBe('permit');
  expect(await server.client.exists(LOST)).toBe(0);
  expect(Number(await server.client.get(COMMITS))).toBeLessThan(1_000);
});

test('after FLUSHALL OPEN plans wait too, and a second loss begins the wait anew', async () => {
  await state(0);
  await worker('w1');
  expect(await verdict('d1')).toBe('permit');
  await server.client.flushall();
  await noticed();
  const first = Number(await server.client.hget(LOST, 'at'));
  await server.client.flushall();
  await noticed();
  expect(Number(await server.client.hget(LOST, 'at'))).toBeGreaterThan(first);
  expect(await verdict('d2')).toContain('data_lost');
  await until('the end of the wait', async () => {
    await state(0);
    return (await server.client.exists(LOST)) === 0;
  });
  expect(await verdict('d3')).toBe('permit');
});

test('a count of another type is put right, and counts as lost data', async () => {
  await state(0);
  await worker('w1');
  expect(await verdict('e1')).toBe('permit');
  await server.client.pipeline().del(COMMITS).hset(COMMITS, 'not', 'ours').exec();
  await noticed();
  expect(await server.client.type(COMMITS)).toBe('string');
});
