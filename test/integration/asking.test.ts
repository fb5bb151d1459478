import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { NoVerdict, PortcullisClient, UnknownReply, UnusableEntry } from '../../runtime/doors/client/index.ts';
import { GovernorRig } from '../support/governor-rig.ts';
import { until } from '../support/redis.ts';

const PLAN = { symbol: 'BTCUSDT', action: 'OPEN_LONG', side: 'BUY', qty: 1, price: 100 } as const;
const CALM = { GOV_SYMBOL_COOLDOWN_SECONDS: '0', GOV_MAX_EXEC_PER_HOUR: '1000', GOV_MAX_EXEC_PER_5MIN: '1000' };
const LONG = { timeoutMs: 10_000 };
const BOX = 'quantum:reply:trend:one';
let rig: GovernorRig;
let replies: Redis;
let client: PortcullisClient;

beforeEach(async () => {
  rig = await GovernorRig.start();
  replies = new Redis(rig.redis.url).on('error', () => undefined);
  client = new PortcullisClient(rig.client, { replies, strategy: 'trend' });
});

afterEach(async () => {
  replies.disconnect();
  await rig.stop();
});

it('gets its permit in the answer, and nobody else finds one', async () => {
  await rig.worker({ env: CALM });
  const answer = await client.askPermit({ ...PLAN, plan_id: 'p1' }, LONG);
  expect(answer).toMatchObject({ granted: true, permit: { symbol: 'BTCUSDT', computed_qty: 1, dry_run: false } });
  expect(await client.takePermit('p1')).toBeUndefined();
  expect(await rig.reserved()).toEqual(['p1']);
  await client.result({ plan_id: 'p1', symbol: 'BTCUSDT', executed: false });
  await until('the room to be free', async () => (await rig.reserved()).length === 0);
});

it('gets a permit once: a repeat has the same until it is used, and a refusal has its checks', async () => {
  await rig.worker({ env: CALM });
  const first = await client.askPermit({ ...PLAN, plan_id: 'p1' }, LONG);
  expect(await client.askPermit({ ...PLAN, plan_id: 'p1' }, LONG)).toEqual({ ...first, repeated: true });
  expect(await client.askPermit({ ...PLAN, plan_id: 'p1', qty: 2 }, LONG)).toMatchObject({ reason: 'plan_id_taken' });
  expect(await rig.client.ttl('quantum:governor:asked:p1')).toBeGreaterThan(50);
  expect(await rig.reserved()).toEqual(['p1']);
  await client.result({ plan_id: 'p1', symbol: 'BTCUSDT', executed: true });
  await until('the result', async () => (await rig.client.get('quantum:governor:asked:p1')) === 'permit_used');
  expect(await client.askPermit({ ...PLAN, plan_id: 'p1' }, LONG)).toMatchObject({ reason: 'permit_used' });
  const refused = await client.askPermit({ ...PLAN, plan_id: 'p2', qty: 3 }, LONG);
  expect(refused).toMatchObject({ granted: false, reason: 'notional_per_trade_exceeded' });
  expect(refused.granted === false && refused.checks.find(({ verdict }) => verdict === 'refuse')).toMatchObject({
    value: 300,
    limit: 200,
  });
});

it('is given less where it asks for that, and at least what is of use to it', async () => {
  await rig.worker({ env: CALM });
  const less = { ...PLAN, plan_id: 'p1', qty: 3, resize: true, min_qty: 2 };
  const first = await client.askPermit(less, LONG);
  expect(first).toMatchObject({ granted: true, permit: { computed_qty: 2, computed_notional: 200, asked_qty: 3 } });
  expect(await client.askPermit(less, LONG)).toEqual({ ...first, repeated: true });
  expect(await client.askPermit({ ...less, plan_id: 'p2', min_qty: 2.01 }, LONG)).toMatchObject({
    ...{ granted: false, reason: 'notional_per_trade_exceeded' },
  });
  const whole = await client.askPermit({ ...less, plan_id: 'p3', resize: false }, LONG);
  expect(whole).toMatchObject({ granted: false, reason: 'notional_per_trade_exceeded' });
  expect(await rig.reserved()).toEqual(['p1']);
  const tooSmall = client.askPermit({ ...less, plan_id: 'p4', min_qty: 1e-12 }, LONG);
  await expect(tooSmall).rejects.toThrow(UnusableEntry);
});

it('has no permit any more once a kill was seen, though the switch is off again', async () => {
  await rig.worker({ env: CALM });
  await client.askPermit({ ...PLAN, plan_id: 'p1' }, LONG);
  await rig.client.set('quantum:kill', '1');
  await until('the kill', async () => (await rig.client.get('quantum:governor:asked:p1')) === 'permit_revoked');
  await rig.client.del('quantum:kill');
  expect(await client.askPermit({ ...PLAN, plan_id: 'p1' }, LONG)).toMatchObject({ reason: 'permit_revoked' });
  expect(await rig.reserved()).toEqual(['p1']);
});

it('keeps two workers under the cap, whoever of fifty asks first', async () => {
  const env = { ...CALM, GOV_MAX_TOTAL_NOTIONAL_USDT: '1000' };
  await Promise.all([rig.worker({ env }), rig.worker({ env })]);
  const asked = Array.from({ length: 50 }, (_, at) => client.askPermit({ ...PLAN, plan_id: `p${at}` }, LONG));
  const answers = await Promise.all(asked);
  expect(answers.filter(({ granted }) => granted)).toHaveLength(10);
  const others = answers.flatMap((answer) => (answer.granted ? [] : [answer.reason]));
  expect(new Set(others)).toEqual(new Set(['total_notional_exceeded']));
});

it('gets nothing without a governor, and nothing from one that comes after the deadline', async () => {
  await expect(client.askPermit({ ...PLAN, plan_id: 'p1' }, { timeoutMs: 1 })).rejects.toThrow(NoVerdict);
  await rig.worker({ env: CALM });
  expect(await rig.verdict('p1')).toBe('deadline_passed');
  expect(await rig.reserved()).toEqual([]);
  expect(await client.askPermit({ ...PLAN, plan_id: 'p2' }, LONG)).toMatchObject({ granted: true });
});

it('keeps the newest thousand replies for a minute', async () => {
  await rig.client.rpush(BOX, ...Array.from({ length: 1_000 }, (_, at) => `old ${at}`));
  await rig.worker({ env: CALM });
  await rig.send('p1', { reply_to: 'trend:one', timeout_ms: '10000' });
  await until('a reply', async () => (await rig.client.lindex(BOX, -1))?.startsWith('{') === true);
  expect(await rig.client.llen(BOX)).toBe(1_000);
  expect(await rig.client.lindex(BOX, 0)).toBe('old 1');
  expect(await rig.client.ttl(BOX)).toBeGreaterThan(50);
});

it('a mailbox of another type holds up nobody, and its permit lies nowhere', async () => {
  await rig.client.set(BOX, 'text');
  await rig.worker({ env: CALM });
  await rig.send('p1', { reply_to: 'trend:one', timeout_ms: '10000' });
  expect(await client.askPermit({ ...PLAN, plan_id: 'p2' }, LONG)).toMatchObject({ granted: true });
  expect(await rig.client.get(BOX)).toBe('text');
  expect(await rig.client.exists('quantum:permit:p1')).toBe(0);
  expect(await rig.reserved()).toEqual(['p1', 'p2']);
});

it('a reply that is none ends the wait with an error, never with a permit', async () => {
  const pushed = client.askPermit({ ...PLAN, plan_id: 'p1' }, LONG);
  const [, fields] =
    (await until('the plan', async () => (await rig.client.xrange('quantum:stream:apply.plan', '-', '+'))[0])) ?? [];
  const box = fields?.[fields.indexOf('reply_to') + 1];
  await rig.client.rpush(`quantum:reply:${box}`, '{"plan_id":"p1","granted":true}');
  await expect(pushed).rejects.toThrow(UnknownReply);
});

it('has none from its end on, by Redis; what it reserved stays, for an order may have been sent', async () => {
  await rig.worker({ env: CALM });
  const first = await client.askPermit({ ...PLAN, plan_id: 'p1' }, LONG);
  const expiresAt = first.granted ? first.expires_at : 0;
  const key = 'quantum:governor:asked:p1';
  const lateMs = (await rig.client.pexpiretime(key)) - expiresAt * 1_000;
  expect(lateMs).toBeGreaterThanOrEqual(0);
  expect(lateMs).toBeLessThanOrEqual(1_000 + LONG.timeoutMs);
  const kept = (await rig.client.get(key)) ?? '';
  const [nowSec] = await rig.client.time();
  await rig.client.set(key, kept.replace(`"expires_at":${expiresAt}`, `"expires_at":${nowSec}`), 'EX', 60);
  expect(await client.askPermit({ ...PLAN, plan_id: 'p1' }, LONG)).toMatchObject({ reason: 'permit_expired' });
  await rig.client.del(key);
  expect(await client.askPermit({ ...PLAN, plan_id: 'p1' }, LONG)).toMatchObject({ reason: 'permit_expired' });
  expect(await rig.reserved()).toEqual(['p1']);
  await client.result({ plan_id: 'p1', symbol: 'BTCUSDT', executed: false });
  await until('the room to be free', async () => (await rig.reserved()).length === 0);
});

it('ends in an error, never in a permit, where Redis goes away: before the plan, while it waits, before its result', async () => {
  const impatient = () => new Redis(rig.redis.url, { maxRetriesPerRequest: 0 }).on('error', () => undefined);
  const connections = [impatient(), impatient()] as const;
  const bot = new PortcullisClient(connections[0], { replies: connections[1], strategy: 'trend' });
  const waiting = bot.askPermit({ ...PLAN, plan_id: 'p1' }, LONG).catch((error: unknown) => error);
  await until('the plan', async () => (await rig.client.xlen('quantum:stream:apply.plan')) === 1);
  rig.redis.process.kill('SIGKILL');
  expect(await waiting).toBeInstanceOf(Error);
  await expect(bot.askPermit({ ...PLAN, plan_id: 'p2' }, LONG)).rejects.toThrow(/connect|closed|max retries/i);
  const told = bot.result({ plan_id: 'p1', symbol: 'BTCUSDT', executed: false });
  await expect(told).rejects.toThrow(/connect|closed|max retries/i);
  for (const connection of connections) connection.disconnect();
});
