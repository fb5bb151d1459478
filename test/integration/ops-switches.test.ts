import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { setKill } from '../../runtime/desk/switches/kill.ts';
import { arm, disarm, setTradingState } from '../../runtime/desk/switches/trading-state.ts';
import { Refusal } from '../../runtime/engine/commit/operation.ts';
import { portfolioOf } from '../../runtime/settings/portfolio.ts';
import { keys } from '../../schemas/keys.ts';
import { type Fields, fieldsOf } from '../../schemas/wire.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const portfolio = portfolioOf('quantum');
const change = { actor: 'ada', reason: 'exchange is down' };
let redis: TestRedis;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => redis.stop());
beforeEach(async () => redis.client.flushall());

async function entries(name: string): Promise<Fields[]> {
  const found = await redis.client.xrange(portfolio.streamKey(name), '-', '+');
  return found.map(([, flat]) => fieldsOf(flat));
}

test('turning kill on sets the key, marks it as reported, and is in the ledger and the events once', async () => {
  expect(await setKill(redis.client, portfolio, true, change)).toEqual({ before: 'off', after: 'on', recorded: true });
  expect(await redis.client.mget('quantum:kill', 'quantum:governor:kill_seen')).toEqual(['1', '1']);
  const [ledger] = await entries('ops.ledger');
  expect({ ...ledger }).toMatchObject({
    action: 'kill_on',
    actor: 'ada',
    reason: 'exchange is down',
    gate: 'governor',
    before: 'off',
    after: 'on',
  });
  const [event] = await entries('governor.events');
  expect(Object.keys(event ?? {})).toEqual([
    'event',
    'plan_id',
    'symbol',
    'action',
    'reason',
    'mode',
    'checks',
    'timestamp',
  ]);
  expect(event).toMatchObject({ event: 'KILL_ON', reason: 'exchange is down', checks: '[]' });
});

test.each([
  { value: '0', before: 'off' },
  { value: '', before: 'off' },
  { value: '1', before: 'on' },
  { value: 'false', before: 'on' },
])('a kill key holding "$value" was $before', async ({ value, before }) => {
  await redis.client.set('quantum:kill', value);
  expect((await setKill(redis.client, portfolio, false, change)).before).toBe(before);
  expect(await redis.client.get('quantum:kill')).toBe('0');
});

test('a kill key of another type is on, and is replaced', async () => {
  await redis.client.rpush('quantum:kill', 'x');
  expect(await setKill(redis.client, portfolio, true, change)).toMatchObject({ before: 'on', after: 'on' });
  expect(await redis.client.get('quantum:kill')).toBe('1');
});

test('kill never writes the trading state, and reports a switch only when it was not reported yet', async () => {
  await setKill(redis.client, portfolio, true, change);
  await setKill(redis.client, portfolio, true, change);
  await setKill(redis.client, portfolio, false, change);
  expect(await redis.client.exists('quantum:governor:state')).toBe(0);
  expect((await entries('governor.events')).map(({ event }) => event)).toEqual(['KILL_ON', 'KILL_OFF']);
  expect((await entries('ops.ledger')).map(({ action }) => action)).toEqual(['kill_on', 'kill_on', 'kill_off']);
});

test('kill works where the ledger is a key of another type, and says that it was not recorded', async () => {
  await redis.client.set('quantum:stream:ops.ledger', 'x');
  expect(await setKill(redis.client, portfolio, true, change)).toMatchObject({ after: 'on', recorded: false });
  expect(await redis.client.get('quantum:kill')).toBe('1');
});

test('kill works on a server that is out of memory', async () => {
  await redis.client.config('SET', 'maxmemory', '1mb');
  try {
    await expect(redis.client.set('quantum:any', 'x')).rejects.toThrow('OOM');
    expect(await setKill(redis.client, portfolio, true, change)).toMatchObject({ after: 'on', recorded: true });
  } finally {
    await redis.client.config('SET', 'maxmemory', '0');
  }
});

test('every change of the trading state raises rev and keeps what it does not touch', async () => {
  const state = () => redis.client.hgetall('quantum:governor:state');
  expect(await disarm(redis.client, portfolio, change)).toEqual({ rev: '1', before: '1', after: '0' });
  expect(await state()).toMatchObject({ rev: '1', trading_state: 'ACTIVE', armed: '0', actor: 'ada' });
  await setTradingState(redis.client, portfolio, 'REDUCING', change);
  expect(await state()).toMatchObject({ rev: '2', trading_state: 'REDUCING', armed: '0' });
  await arm(redis.client, portfolio, { actor: 'bob', reason: 'looked at it' });
  expect(await state()).toMatchObject({ rev: '3', trading_state: 'REDUCING', armed: '1', actor: 'bob' });
  expect((await entries('governor.events')).map(({ event }) => event)).toEqual(['DISARMED', 'STATE_CHANGED', 'ARMED']);
  expect((await entries('ops.ledger')).map(({ action, before, after }) => [action, before, after])).toEqual([
    ['disarm', '1', '0'],
    ['trading_state', 'ACTIVE', 'REDUCING'],
    ['arm', '0', '1'],
  ]);
});

test('arming forgets today’s auto-disarm and the errors that led to it; disarming does not', async () => {
  const markerNow = async () => {
    const [seconds] = await redis.client.time();
    return portfolio.key(keys.disarmed(new Date(Number(seconds) * 1000).toISOString().slice(0, 10)));
  };
  const marker = await markerNow();
  const errors = portfolio.key(keys.governorErrors);
  await redis.client.set(marker, '1');
  await redis.client.zadd(errors, 1, '1-0');
  await disarm(redis.client, portfolio, change);
  expect(await redis.client.exists(marker, errors)).toBe(2);
  await arm(redis.client, portfolio, change);
  expect(await redis.client.exists(errors)).toBe(0);
  if ((await markerNow()) === marker) expect(await redis.client.exists(marker)).toBe(0);
});

test('a state key of another type is refused in words, and nothing is written', async () => {
  await redis.client.set('quantum:governor:state', 'x');
  await expect(disarm(redis.client, portfolio, change)).rejects.toThrow(
    new Refusal('expected a hash at quantum:governor:state, found a string'),
  );
  expect(await redis.client.keys('*')).not.toContain('quantum:stream:ops.ledger');
});
