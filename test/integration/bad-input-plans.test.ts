import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GovernorRig } from '../support/governor-rig.ts';
import { until } from '../support/redis.ts';

const DEAD = 'quantum:stream:apply.plan.dlq';
const NOT_UTF8 = Buffer.from([0xff, 0xfe, 0x00, 0x80]);
let rig: GovernorRig;

beforeAll(async () => {
  rig = await GovernorRig.start();
  await rig.worker();
});

afterAll(() => rig.stop());

type Sent = Readonly<Record<string, string | Buffer>>;

const many = (count: number): Sent => Object.fromEntries(Array.from({ length: count }, (_, at) => [`f${at}`, 'x']));

/** Sends the fields as they are, with a good plan behind them, and waits until that one is answered. */
async function sendWithNext(fields: Sent, next: string): Promise<string> {
  const flat = Object.entries(fields).flat();
  const id = String(await rig.client.xadd('quantum:stream:apply.plan', '*', ...(flat as [string, string])));
  await rig.send(next, { symbol: 'NEXTUSDT', action: 'FULL_CLOSE' });
  expect(await rig.verdict(next)).toBe('permit');
  return id;
}

describe('a plan that cannot be understood is a dead letter, and the next one is answered', () => {
  const good = { plan_id: 'p', symbol: 'BTCUSDT', action: 'OPEN', qty: '1', price: '100' };
  const { plan_id: _id, ...noId } = good;
  const { symbol: _symbol, ...noSymbol } = good;
  const { action: _action, ...noAction } = good;
  it.each<[string, Sent, string]>([
    ['no plan_id', noId, 'plan_id: expected 1 to 128 bytes'],
    ['no symbol', noSymbol, 'symbol: expected 1 to 128 bytes'],
    ['no action', noAction, 'action: expected 1 to 128 bytes'],
    ['an empty plan_id', { ...good, plan_id: '' }, 'got "" (empty)'],
    ['a plan_id of 129 bytes', { ...good, plan_id: 'x'.repeat(129) }, 'over 128 bytes'],
    ['a symbol with a blank', { ...good, symbol: 'BTC USDT' }, 'got "BTC USDT"'],
    ['a symbol with a colon', { ...good, symbol: 'BTC:USDT' }, 'got "BTC:USDT"'],
    ['a symbol with a brace', { ...good, symbol: '{BTC}' }, 'got "{BTC}"'],
    ['an action with a newline', { ...good, action: 'OPEN\n' }, 'action: expected 1 to 128 bytes'],
    ['a plan_id that is no text', { ...good, plan_id: NOT_UTF8 }, 'plan_id: expected 1 to 128 bytes'],
    ['201 fields', { ...good, ...many(196) }, 'over_limit: 201 fields, at most 200'],
    ['1,000 fields', { ...good, ...many(995) }, 'over_limit: 1000 fields, at most 200'],
    ['a field of 1 MB', { ...good, note: 'x'.repeat(1_048_576) }, 'bytes, at most 262144'],
  ])('%s', async (what, fields, reason) => {
    const id = await sendWithNext(fields, `next-${what.replaceAll(/[^a-z0-9]/gi, '')}`);
    const letters = await rig.client.xrange(DEAD, '-', '+');
    const letter = letters.map(([, flat]) => flat).find((flat) => flat[flat.indexOf('dlq_id') + 1] === id) ?? [];
    expect(letter[letter.indexOf('dlq_reason') + 1]).toContain(reason);
    expect(letter.length).toBe(2 * Object.keys(fields).length + 10);
  });

  it('and keeps its bytes', async () => {
    const id = await sendWithNext({ symbol: 'BTCUSDT', action: 'OPEN', note: NOT_UTF8 }, 'next-bytes');
    const letters = await rig.client.xrangeBuffer(DEAD, '-', '+');
    const letter = letters.map(([, flat]) => flat).find((flat) => flat.some((one) => String(one) === id)) ?? [];
    expect(letter[letter.findIndex((one) => String(one) === 'note') + 1]).toEqual(NOT_UTF8);
  });
});

describe('a plan whose figures cannot be used', () => {
  let number = 0;
  const noPrice = { price: '' };
  it.each<[string, Sent, string]>([
    ['quantity 0 is 0 dollars', { qty: '0', ...noPrice }, 'permit'],
    ['a negative quantity counts by its size', { qty: '-2' }, 'permit'],
    ['a negative quantity too large', { qty: '-2.0000001' }, 'notional_per_trade_exceeded'],
    ['no quantity', { qty: '' }, 'caps_data_unavailable'],
    ['a word', { qty: 'all' }, 'caps_data_unavailable'],
    ['NaN', { qty: 'NaN' }, 'caps_data_unavailable'],
    ['Infinity', { qty: 'Infinity' }, 'caps_data_unavailable'],
    ['-Infinity', { qty: '-Infinity' }, 'caps_data_unavailable'],
    ['overflow', { qty: '1e400' }, 'caps_data_unavailable'],
    ['hexadecimal', { qty: '0x10' }, 'caps_data_unavailable'],
    ['bytes', { qty: NOT_UTF8 }, 'caps_data_unavailable'],
    ['no price anywhere', noPrice, 'caps_data_unavailable'],
    ['no price anywhere beside a notional', { ...noPrice, notional_usd: '5' }, 'caps_data_unavailable'],
    ['a price of 0', { price: '0' }, 'caps_data_unavailable'],
    ['a negative price', { price: '-100' }, 'caps_data_unavailable'],
    ['an overflowing price', { price: '1e400' }, 'caps_data_unavailable'],
    ['a product that overflows', { qty: '1e200', price: '1e200' }, 'caps_data_unavailable'],
    ['an unreadable notional beside quantity and price', { notional_usd: '1e400' }, 'permit'],
    ['a notional above quantity and price', { notional_usd: '200.01' }, 'notional_per_trade_exceeded'],
    ['a negative notional counts by its size', { notional_usd: '-200.01' }, 'notional_per_trade_exceeded'],
    ['an unreadable kill score in testnet', { kill_score: 'high' }, 'permit'],
    ['blanks around a number', { qty: ' 2 ' }, 'permit'],
    ['reduceOnly True', { reduceOnly: 'True', ...noPrice }, 'permit'],
    ['reduceOnly False', { reduceOnly: 'False', ...noPrice }, 'caps_data_unavailable'],
    ['reduceOnly unreadable', { reduceOnly: 'TrUe', ...noPrice }, 'caps_data_unavailable'],
    ['a binary field nobody knows', { note: NOT_UTF8 }, 'permit'],
    ['200 fields', many(194), 'permit'],
    ['a field named __proto__', JSON.parse('{"__proto__":"x"}') as Sent, 'permit'],
  ])('%s', async (_what, fields, verdict) => {
    number += 1;
    const plan = `q${number}`;
    await rig.client.del('quantum:governor:reserved');
    await rig.account();
    await rig.send(plan, { symbol: `S${number}`, ...fields });
    expect(await rig.verdict(plan)).toBe(verdict);
  });
});

describe('what is no plan for the governor', () => {
  it.each([
    ['another decision', { decision: 'SKIP' }, 0],
    ['NEUTRAL, reduceOnly or not', { action: 'HOLD_PROPOSED', reduceOnly: 'true' }, 1],
  ])('%s gets neither permit nor block', async (what, fields, told) => {
    const plan = what.slice(0, 7);
    const id = await rig.send(plan, fields);
    await until('it is done', async () => {
      const groups = (await rig.client.xinfo('GROUPS', 'quantum:stream:apply.plan')) as (string | number)[][];
      const [pending] = (await rig.client.xpending('quantum:stream:apply.plan', 'governor')) as [number];
      const group = groups[0] ?? [];
      return pending === 0 && group[group.indexOf('last-delivered-id') + 1] === id;
    });
    expect(await rig.stored(plan)).toBeUndefined();
    expect((await rig.events('IGNORED')).filter((event) => event.plan_id === plan)).toHaveLength(told);
  });
});

describe('a key of this plan of another type', () => {
  it('for its permit: blocked, counted as an error, and a dead letter', async () => {
    await rig.client.rpush('quantum:permit:w1', 'x');
    const id = await rig.send('w1', { symbol: 'W1', action: 'FULL_CLOSE' });
    const block = await until('a block', () => rig.client.get('quantum:governor:block:w1'));
    expect(JSON.parse(block)).toMatchObject({ reason: 'evaluation_error', symbol: 'W1' });
    const letters = await rig.client.xrange(DEAD, '-', '+');
    expect(letters.some(([, flat]) => flat.includes(id) && flat.includes('wrong_type: quantum:permit:w1'))).toBe(true);
    expect(await rig.client.zscore('quantum:governor:errors', id)).not.toBeNull();
  });

  it('for its block: a permit removes it', async () => {
    await rig.client.rpush('quantum:governor:block:w2', 'x');
    await rig.send('w2', { symbol: 'W2', action: 'FULL_CLOSE' });
    await until('a permit', () => rig.client.get('quantum:permit:w2'));
    expect(await rig.client.exists('quantum:governor:block:w2')).toBe(0);
  });

  it.each(['quantum:governor:execs', 'quantum:governor:planned_symbols'])(
    '%s, which no plan waits for',
    async (key) => {
      await rig.client.del(key);
      await rig.client.set(key, 'x');
      await rig.account();
      await rig.client.del('quantum:governor:reserved');
      const plan = key.slice(-5);
      await rig.send(plan, { symbol: `B${plan}` });
      expect(await rig.verdict(plan)).toBe('permit');
    },
  );
});
