import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadHandlers } from '../../runtime/engine/host/load-handlers.ts';
import { lanesOf } from '../../runtime/engine/streams/lanes.ts';
import { everyStream } from '../../runtime/engine/streams/named.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { compareStreamIds, streamIdMs } from '../../schemas/time.ts';
import { type AclUsers, setAclUsers } from '../support/acl-users.ts';
import { runCli } from '../support/cli.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';
import { leftFor, repaired, sendPlan, verdictsOn } from '../support/streams.ts';
import { entriesOf, startSystem, type TestSystem } from '../support/system.ts';

const HIGHEST = '18446744073709551615-18446744073709551615';
const PLANS = 'quantum:stream:apply.plan';
const portfolio = portfolioOf('quantum');
const handlers = await loadHandlers();
const streams = everyStream(handlers, lanesOf(handlers, portfolio), portfolio);

let redis: TestRedis;
let users: AclUsers;
let system: TestSystem | undefined;

beforeAll(async () => {
  redis = await startRedis();
  users = await setAclUsers(redis);
});

beforeEach(() => redis.client.flushall());

afterEach(async () => {
  await system?.stop();
  system = undefined;
});

afterAll(async () => {
  users.close();
  await redis.stop();
});

async function nowMs(): Promise<number> {
  const [seconds, micros] = await redis.client.time();
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
}

async function start(): Promise<void> {
  system = await startSystem({ url: users.urlOf('portcullis') });
}

const repair = (...stream: string[]) => repaired(users, ...stream);
const verdictsOf = (planId: string) => verdictsOn(redis, planId);
const plan = (id: string, fields: Readonly<Record<string, string>>, entryId = '*') =>
  sendPlan(users, id, fields, entryId);

const CLOSE = { action: 'FULL_CLOSE', reduceOnly: 'true', side: 'SELL' };
const OPEN = { action: 'OPEN', side: 'BUY', price: '100' };

describe('streams repair', () => {
  it('lets exits in again after one entry of the least-privileged role with the highest id', async () => {
    await start();
    await plan('before', CLOSE);
    await until('the first plan', async () => (await verdictsOf('before')).length === 1);
    await plan('poison', CLOSE, HIGHEST);
    await expect(plan('shut-out', CLOSE)).rejects.toThrow('exhausted');
    const [done] = await repair('apply.plan');
    expect(done).toMatchObject({ stream: 'apply.plan', before: HIGHEST, moved: 1 });
    expect(done?.groups.map(({ name, readsAgain }) => [name, readsAgain])).toEqual([['governor', false]]);
    expect(streamIdMs(done?.after ?? '')).toBeLessThanOrEqual(await nowMs());
    await plan('after', CLOSE);
    await until('the exit', async () => (await verdictsOf('after')).length === 1);
    expect(await verdictsOf('before')).toHaveLength(1);
    expect(await verdictsOf('poison')).toHaveLength(1);
    const [entry] = (await entriesOf(redis.client, 'quantum:stream:ops.ledger')).filter(
      ({ fields }) => fields.action === 'stream_repair',
    );
    expect(entry?.fields).toMatchObject({ actor: 'olga', reason: 'a test', gate: 'apply.plan', before: HIGHEST });
  });

  it('judges once, under its new id, what waited behind an id an hour ahead, and makes no old plan fresh', async () => {
    await start();
    const writtenMs = (await nowMs()) - 3_600_000;
    await plan('old', OPEN, `${writtenMs}-0`);
    await until('the old plan', async () => (await verdictsOf('old')).length === 1);
    await system?.stop();
    const aheadMs = (await nowMs()) + 3_600_000;
    await plan('poison', CLOSE, `${aheadMs}-7`);
    await plan('open', OPEN);
    await plan('close', CLOSE);
    await repair('apply.plan');
    const entries = await entriesOf(redis.client, PLANS);
    expect(entries.map(({ fields }) => [fields.plan_id, fields.repaired_from])).toEqual([
      ['old', undefined],
      ['poison', `${aheadMs}-7`],
      ['open', `${aheadMs}-8`],
      ['close', `${aheadMs}-9`],
    ]);
    expect(entries.map(({ id }) => id)).toEqual([0, 1, 2, 3].map((seq) => `${writtenMs}-${seq}`));
    await start();
    for (const id of ['poison', 'open', 'close']) {
      await until(id, async () => (await verdictsOf(id)).length > 0);
      expect(await verdictsOf(id)).toHaveLength(1);
    }
    const decisions = await entriesOf(redis.client, 'quantum:stream:decisions');
    expect(decisions.find(({ fields }) => fields.plan_id === 'open')?.fields.reason).toBe('plan_expired');
    expect(await redis.client.exists('quantum:permit:close')).toBe(1);
  });

  it('keeps for each group what it was given, has pending and has finished', async () => {
    const { client } = redis;
    const baseMs = (await nowMs()) - 10_000;
    const aheadMs = baseMs + 3_600_000;
    for (const [at, id] of [`${baseMs}-0`, ...Array.from({ length: 9 }, (_, n) => `${aheadMs + n}-0`)].entries()) {
      await client.xadd(PLANS, id, 'n', String(at));
    }
    for (const [group, read, acked] of [
      ['governor', 6, [0, 1, 3, 5]],
      ['other', 3, [0]],
      ['fresh', 0, []],
      ['done', 10, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ] as const) {
      await client.xgroup('CREATE', PLANS, group, '0');
      if (read === 0) continue;
      const reply = (await client.xreadgroup('GROUP', group, 'c1', 'COUNT', read, 'STREAMS', PLANS, '>')) as [
        string,
        [string, string[]][],
      ][];
      const ids = reply[0]?.[1].map(([id]) => id) ?? [];
      for (const at of acked) await client.xack(PLANS, group, ids[at] ?? '');
    }
    await client.xgroup('CREATE', PLANS, 'past', HIGHEST);
    const [done] = await repair('apply.plan');
    expect(done?.groups.find(({ name }) => name === 'past')).toEqual({ name: 'past', at: '0-0', readsAgain: true });
    const left = (group: string) => leftFor(client, PLANS, group);
    expect(await left('governor')).toBe('2 4 6 7 8 9');
    expect(await left('other')).toBe('1 2 3 4 5 6 7 8 9');
    expect(await left('fresh')).toBe('0 1 2 3 4 5 6 7 8 9');
    expect(await left('done')).toBe('');
    expect(await left('past')).toBe('0 1 2 3 4 5 6 7 8 9');
    const added = String(await client.xadd(PLANS, '*', 'n', '10'));
    expect(Math.abs(streamIdMs(added) - (await nowMs()))).toBeLessThan(60_000);
  });

  it('repairs every stream that is ahead, the ledger first, and doctor finds none afterwards', async () => {
    await start();
    const aheadMs = (await nowMs()) + 3_600_000;
    for (const { name, key } of streams) {
      await redis.client.xadd(key, name === 'ops.ledger' ? HIGHEST : `${aheadMs}-0`, 'plan_id', 'z');
    }
    const repaired = await repair();
    expect(repaired[0]?.stream).toBe('ops.ledger');
    expect(new Set(repaired.map(({ stream }) => stream))).toEqual(new Set(streams.map(({ name }) => name)));
    const { out } = await runCli(users.urlOf('portcullis'), ['streams', 'list', '--json']);
    expect((JSON.parse(out) as { aheadMs: number }[]).filter(({ aheadMs: ahead }) => ahead > 0)).toEqual([]);
    for (const { key } of streams) {
      const id = String(await redis.client.xadd(key, '*', 'plan_id', 'y'));
      expect(compareStreamIds(id, `${aheadMs}-0`)).toBeLessThan(0);
    }
  });

  it('keeps the chain of the ledger whole', async () => {
    for (const state of ['on', 'off']) {
      await runCli(users.urlOf('portcullis'), ['kill', state, '--reason', 'x', '--yes']);
    }
    const [last] = await redis.client.xrevrange('quantum:stream:ops.ledger', '+', '-', 'COUNT', 1);
    const moved = `${(await nowMs()) + 3_600_000}-0`;
    await redis.client.xdel('quantum:stream:ops.ledger', last?.[0] ?? '');
    await redis.client.xadd('quantum:stream:ops.ledger', moved, ...(last?.[1] ?? []));
    await redis.client.xsetid('quantum:stream:ops.ledger', moved, 'ENTRIESADDED', 2, 'MAXDELETEDID', '0-1');
    await repair('ops.ledger');
    const { code, out } = await runCli(users.urlOf('portcullis'), ['ledger', '--verify']);
    expect([code, out]).toEqual([0, expect.stringContaining('3')]);
  });

  it('lets a gate that waits for a full output go on, which said so meanwhile', async () => {
    await start();
    const key = 'quantum:stream:harvest.calibrated';
    await redis.client.xadd(key, HIGHEST, 'n', '1');
    const proposal = ['plan_id', 'p1', 'symbol', 'ETHUSDT', 'action', 'FULL_CLOSE', 'reason', 'take_profit'];
    await users.as('strategy').xadd('quantum:stream:harvest.proposal', '*', ...proposal);
    const gate = () => system?.runtime.lanes().find(({ handler }) => handler === 'heat-gate');
    await until('the gate to be held', () => gate()?.state === 'held');
    expect(gate()?.problem).toContain('portcullis streams repair harvest.calibrated');
    expect(await verdictsOf('p1')).toEqual([]);
    expect(((await redis.client.xpending('quantum:stream:harvest.proposal', 'p26_heat_gate')) as [number])[0]).toBe(1);
    await repair('harvest.calibrated');
    await until('the exit', async () => (await redis.client.xlen(key)) === 2);
    expect(await verdictsOf('p1')).toHaveLength(1);
  });

  it('lets the position book take in what is written afterwards', async () => {
    await start();
    const report = async (qty: string, id: string) =>
      users
        .as('feed')
        .xadd('quantum:stream:position.snapshot', id, 'symbol', 'ETHUSDT', 'position_qty', qty, 'side', 'LONG');
    await report('1', `${(await nowMs()) + 3_600_000}-0`);
    const book = 'quantum:portcullis:book';
    await until('the checkpoint', async () => (await redis.client.hget(book, 'ETHUSDT'))?.includes(',1,'));
    await repair('position.snapshot');
    await report('2', '*');
    await until('what is new', async () => (await redis.client.hget(book, 'ETHUSDT'))?.includes(',2,'));
    expect(streamIdMs((await redis.client.hget(book, ':at')) ?? '')).toBeLessThanOrEqual(await nowMs());
  });

  it('judges a finished entry again only where somebody asks for it, by the ledger', async () => {
    await start();
    await plan('once', CLOSE);
    await until('the plan', async () => (await verdictsOf('once')).length === 1);
    await redis.client.xgroup('SETID', PLANS, 'governor', '0');
    await plan('next', CLOSE);
    await until('the next', async () => (await verdictsOf('next')).length === 1);
    expect(await verdictsOf('once')).toHaveLength(1);
    const [id = ''] = (await entriesOf(redis.client, PLANS)).map((entry) => entry.id);
    const words = ['streams', 'rejudge', 'apply.plan', id, '1-1', '--reason', 'wrong limits', '--yes'];
    const { out } = await runCli(users.urlOf('portcullis'), words);
    expect(out).toMatch(new RegExp(`^${id} of apply.plan is judged again as .*\\n1-1 is not on apply.plan.\\n$`));
    await until('the plan again', async () => (await verdictsOf('once')).length === 2);
    const ledger = await entriesOf(redis.client, 'quantum:stream:ops.ledger');
    expect(ledger.at(-1)?.fields).toMatchObject({ action: 'stream_rejudge', before: id, reason: 'wrong limits' });
  });

  it.each([
    ['an entry with more fields than one command carries', [], 5_000],
    ['an entry that its own command trimmed', ['MAXLEN', '0'], 1],
  ])('goes on behind %s', async (_what, trim, fields) => {
    await start();
    await plan('before', CLOSE);
    await until('the first plan', async () => (await verdictsOf('before')).length === 1);
    const wide = Array.from({ length: fields }, (_, n) => [`f${n}`, 'x']).flat();
    await users.as('strategy').xadd(PLANS, ...(trim as ['MAXLEN', '0']), HIGHEST, ...wide);
    await repair('apply.plan');
    await plan('after', CLOSE);
    await until('the exit', async () => (await verdictsOf('after')).length === 1);
    expect(await verdictsOf('before')).toHaveLength(1);
    expect(await redis.client.xlen(`${PLANS}.dlq`)).toBeGreaterThanOrEqual(fields > 1 ? 1 : 0);
  });

  it('refuses a stream that is not ahead, and one that does not exist', async () => {
    const ask = async (stream: string) =>
      (await runCli(users.urlOf('portcullis'), ['streams', 'repair', stream, '--reason', 'x', '--yes'])).err;
    expect(await ask('apply.plan')).toContain('apply.plan does not exist');
    await redis.client.xadd(PLANS, '*', 'a', 'b');
    expect(await ask('apply.plan')).toContain('apply.plan is not ahead of the clock of Redis');
    expect(await ask('nonsense')).toContain('expected a stream of');
  });
});
