import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AnyHandler } from '../../handlers/contract/handler.ts';
import cooldownExpiry from '../../handlers/cooldown-expiry.ts';
import governor from '../../handlers/governor/index.ts';
import governorResults from '../../handlers/governor-results.ts';
import governorWatch from '../../handlers/governor-watch.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { entriesOf, startSystem, type TestSystem } from '../support/system.ts';

const handlers = [governor, governorResults, governorWatch, cooldownExpiry] as unknown as AnyHandler[];
const EVENTS = 'quantum:stream:governor.events';
let redis: TestRedis;
let client: Redis;
let systems: TestSystem[] = [];

beforeEach(async () => {
  redis = await startRedis();
  client = redis.client;
  const now = (await client.time())[0];
  await client.hset('quantum:state:portfolio', 'equity_usd', '10000', 'positions_count', '0', 'timestamp', String(now));
});

afterEach(async () => {
  for (const system of systems) await system.stop();
  systems = [];
  await redis.stop();
});

async function start(options: { env?: Record<string, string>; schedules?: boolean; workerName?: string } = {}) {
  systems.push(await startSystem(redis, { handlers, ...options }));
}

async function send(planId: string, fields: Record<string, string>): Promise<void> {
  const plan = { plan_id: planId, symbol: 'BTCUSDT', action: 'OPEN', side: 'BUY', qty: '1', price: '100', ...fields };
  await client.xadd('quantum:stream:apply.plan', '*', ...Object.entries(plan).flat());
}

async function events(name: string): Promise<Readonly<Record<string, string>>[]> {
  return (await entriesOf(client, EVENTS)).map((entry) => entry.fields).filter((fields) => fields.event === name);
}

async function reasonOf(planId: string): Promise<string> {
  const text = await until(`a block of ${planId}`, () => client.get(`quantum:governor:block:${planId}`));
  return (JSON.parse(text) as { reason: string }).reason;
}

describe('the governor on a real Redis', () => {
  it('gives plans judged together, by two workers, no more than the caps allow', async () => {
    for (let at = 0; at < 60; at += 1) await send(`p${at}`, { symbol: `S${at % 30}` });
    await Promise.all([start({ workerName: 'one' }), start({ workerName: 'two' })]);
    for (let at = 60; at < 80; at += 1) await send(`p${at}`, { symbol: `S${at % 30}` });
    await until('80 verdicts', async () => (await client.xlen(EVENTS)) >= 80);
    const permits = await events('PERMIT');
    expect(permits).toHaveLength(10);
    expect(new Set(permits.map((permit) => permit.symbol)).size).toBe(10);
    expect(await client.hlen('quantum:governor:reserved')).toBe(10);
    expect((await client.keys('quantum:permit:*')).length).toBe(10);
    expect(await client.ttl('quantum:permit:p0')).toBeGreaterThan(0);
  });

  it('revokes by itself after a raw SET of the kill switch, and judges by it at once', async () => {
    await start();
    await send('p1', {});
    await send('c1', { symbol: 'ETHUSDT', action: 'FULL_CLOSE_PROPOSED' });
    await until('two permits', async () => (await client.exists('quantum:permit:p1', 'quantum:permit:c1')) === 2);
    await client.set('quantum:kill', '1');
    await send('c2', { symbol: 'ETHUSDT', action: 'FULL_CLOSE' });
    expect(await reasonOf('c2')).toBe('kill_switch_active');
    await until('no permits', async () => (await client.exists('quantum:permit:p1', 'quantum:permit:c1')) === 0);
    expect((await events('PERMIT_REVOKED')).map((event) => event.plan_id).sort()).toEqual(['c1', 'p1']);
    expect(await events('KILL_ON')).toHaveLength(1);
    const ledger = await entriesOf(client, 'quantum:stream:ops.ledger');
    expect(ledger.map((entry) => entry.fields.action)).toContain('kill_on');
    await client.set('quantum:kill', '0');
    await send('c3', { symbol: 'ETHUSDT', action: 'FULL_CLOSE' });
    await until('a permit again', () => client.get('quantum:permit:c3'));
  });

  it('refuses a burst, disarms, and permits closes all the same', async () => {
    await start({ env: { GOV_MODE: 'production', GOV_SYMBOL_COOLDOWN_SECONDS: '0' } });
    for (const id of ['p1', 'p2', 'p3', 'p4']) await send(id, { qty: '0.1' });
    expect([await reasonOf('p3'), await reasonOf('p4')]).toEqual(['burst_limit_exceeded', 'disarmed']);
    expect(await client.hget('quantum:governor:state', 'armed')).toBe('0');
    await send('c1', { action: 'PARTIAL_50' });
    await until('a permit', () => client.get('quantum:permit:c1'));
  });

  it('tells the end of a cooldown through a delayed job', async () => {
    await start({ env: { GOV_SYMBOL_COOLDOWN_SECONDS: '0.5' }, schedules: true });
    await send('p1', {});
    const ended = await until('the end of the cooldown', async () => (await events('COOLDOWN_EXPIRED'))[0]);
    expect(ended).toMatchObject({ symbol: 'BTCUSDT', plan_id: 'p1' });
  });

  it('frees a reservation when the executor says that it did not execute', async () => {
    await start();
    await send('p1', {});
    await until('a reservation', () => client.hexists('quantum:governor:reserved', 'p1').then(Boolean));
    const answer = { plan_id: 'p1', symbol: 'BTCUSDT', executed: 'False', error: 'margin', timestamp: '1' };
    await client.xadd('quantum:stream:apply.result', '*', ...Object.entries(answer).flat());
    await until('no reservation', async () => (await client.hexists('quantum:governor:reserved', 'p1')) === 0);
  });

  it('keeps a CLOSE alive beside a cooldown key of another type', async () => {
    await client.rpush('quantum:governor:last_exec:BTCUSDT', 'x');
    await start();
    await send('p1', {});
    expect(await reasonOf('p1')).toBe('caps_data_unavailable');
    await send('c1', { action: 'FULL_CLOSE' });
    await until('a permit', () => client.get('quantum:permit:c1'));
  });
});
