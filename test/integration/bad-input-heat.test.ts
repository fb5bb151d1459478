import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Sent } from '../support/engine-rig.ts';
import { CALIBRATED, HEAT_DECISIONS, HeatRig, NOT_UTF8, PROPOSALS, SNAPSHOTS } from '../support/heat-rig.ts';
import { until } from '../support/redis.ts';

const LIVE = 'quantum:harvest:proposal:ETHUSDT';
const good = { plan_id: 'p', symbol: 'ETHUSDT', action: 'FULL_CLOSE' };

let rig: HeatRig;

beforeAll(async () => {
  rig = await HeatRig.start();
});
afterAll(() => rig.stop());
beforeEach(() => rig.anew());

/** A megabyte is compared as one text: byte by byte it takes a minute on a busy machine. */
const hex = (parts: readonly Buffer[]) => parts.map((part) => part.toString('hex')).join();

const many = (count: number): Sent => Object.fromEntries(Array.from({ length: count }, (_, at) => [`f${at}`, 'x']));

const { plan_id: _id, ...noId } = good;
const { symbol: _symbol, ...noSymbol } = good;
const { action: _action, ...noAction } = good;
const unreadable: [string, Sent, string][] = [
  ['no plan_id', noId, 'plan_id: expected 1 to 128 bytes'],
  ['no symbol', noSymbol, 'symbol: expected 1 to 128 bytes'],
  ['no action', noAction, 'action: expected 1 to 128 bytes'],
  ['an empty plan_id', { ...good, plan_id: '' }, 'got "" (empty)'],
  ['an empty action', { ...good, action: '', harvest_action: 'FULL_CLOSE' }, 'got "" (empty)'],
  ['an unusable harvest_action', { ...noAction, harvest_action: 'FULL CLOSE' }, 'got "FULL CLOSE"'],
  ['a plan_id of 129 bytes', { ...good, plan_id: 'x'.repeat(129) }, 'over 128 bytes'],
  ['a symbol with a blank', { ...good, symbol: 'ETH USDT' }, 'got "ETH USDT"'],
  ['a symbol with a colon', { ...good, symbol: 'ETH:USDT' }, 'got "ETH:USDT"'],
  ['a symbol with a brace', { ...good, symbol: 'ETH}' }, 'got "ETH}"'],
  ['a symbol that is no ASCII', { ...good, symbol: 'ÉTH' }, 'got "ÉTH"'],
  ['an action with a newline', { ...good, action: 'FULL_CLOSE\n' }, 'action: expected 1 to 128 bytes'],
  ['a plan_id that is no text', { ...good, plan_id: NOT_UTF8 }, 'plan_id: expected 1 to 128 bytes'],
  ['201 fields', { ...good, ...many(198) }, 'over_limit: 201 fields, at most 200'],
  ['1,000 fields', { ...good, ...many(997) }, 'over_limit: 1000 fields, at most 200'],
  ['a field of 1 MB', { ...good, note: 'x'.repeat(1_048_576) }, 'bytes, at most 262144'],
];

describe('an entry that cannot be understood is a dead letter, and the next one is answered', () => {
  it.each(unreadable)('a proposal with %s', async (_what, fields, reason) => {
    const id = await rig.add(PROPOSALS, fields);
    expect(await rig.judged()).toMatchObject({ reason: 'fail_closed_portfolio_state_missing' });
    const [letter] = await rig.client.xrangeBuffer(`${PROPOSALS}.dlq`, '-', '+');
    const flat = letter?.[1] ?? [];
    const own = Object.entries(fields)
      .flat()
      .map((value) => Buffer.from(value));
    expect(hex(flat.slice(0, own.length)) === hex(own)).toBe(true);
    const marks = flat.slice(own.length).map(String);
    expect(marks.slice(0, 4)).toEqual(['dlq_id', id, 'dlq_group', 'p26_heat_gate']);
    expect(marks[5]).toContain(reason);
    expect(marks.slice(6)).toEqual(['dlq_attempts', '1', 'dlq_ts', expect.stringMatching(/^\d{10}$/)]);
    expect(await rig.entries(CALIBRATED)).toHaveLength(1);
  });

  it('a proposal of 1,001 fields, packed into one', async () => {
    await rig.add(PROPOSALS, { ...good, ...many(998) });
    await rig.judged();
    const [letter] = await rig.entries(`${PROPOSALS}.dlq`);
    expect(Object.keys(letter ?? {})).toEqual([
      'dlq_packed',
      'dlq_id',
      'dlq_group',
      'dlq_reason',
      'dlq_attempts',
      'dlq_ts',
    ]);
  });

  it('but 200 fields, and bytes that are no text in any other field, are passed on', async () => {
    await rig.judged({ ...many(196), note: NOT_UTF8 });
    const [entry] = await rig.client.xrangeBuffer(CALIBRATED, '-', '+');
    const flat = entry?.[1] ?? [];
    expect(flat[flat.findIndex((one) => String(one) === 'note') + 1]).toEqual(NOT_UTF8);
    expect(flat).toHaveLength(2 * (11 + 197));
  });

  it.each<[string, Sent]>([
    ['no plan_id', { symbol: 'ETHUSDT' }],
    ['a symbol with a colon', { plan_id: 'p', symbol: 'ETH:USDT' }],
    ['201 fields', { plan_id: 'p', symbol: 'ETHUSDT', ...many(199) }],
  ])('a heat decision with %s', async (_what, fields) => {
    await rig.add(HEAT_DECISIONS, fields);
    await rig.judged();
    await until('the lookups of the good one', () => rig.exists('quantum:harvest:heat:latest:ETHUSDT'));
    const letters = await rig.entries(`${HEAT_DECISIONS}.dlq`);
    expect(letters.map((letter) => letter.dlq_group)).toEqual(['heat_bridge']);
    await until(
      'p27_errors_total{stage="read"}',
      async () => (await rig.metric('p27_errors_total{stage="read"}')) === 1,
    );
    await until('p27_in_messages_total', async () => (await rig.metric('p27_in_messages_total')) === 2);
  });

  it.each<[string, Sent]>([
    ['no symbol', { position_notional_usd: '1', sigma: '1' }],
    ['a symbol with a blank', { symbol: 'ETH USDT', position_notional_usd: '1', sigma: '1' }],
    ['201 fields', { symbol: 'ETHUSDT', ...many(200) }],
  ])('a snapshot with %s', async (_what, fields) => {
    await rig.calm();
    await rig.add(SNAPSHOTS, fields);
    expect(await rig.judged()).toMatchObject({ reason: 'portfolio_heat_cold', heat_value: '0.027' });
    await rig.stopWorker();
    expect(await rig.entries(`${SNAPSHOTS}.dlq`)).toMatchObject([{ dlq_group: 'position_book' }]);
  });
});

describe('a key of another type where the gate writes', () => {
  it('for the live hash: the original stays, the streams have it, and it is counted', async () => {
    await rig.calm();
    await rig.client.set(LIVE, 'original');
    await rig.judged();
    await until('the failed write to be counted', async () => (await rig.metric('p26_hash_write_fail_total')) === 1);
    expect(await rig.client.get(LIVE)).toBe('original');
    expect(await rig.metric('p26_hash_writes_total')).toBe(0);
    expect(await rig.client.xlen(`${PROPOSALS}.dlq`)).toBe(0);
  });

  it('for a lookup of HeatBridge: neither marker nor lookups, a dead letter, and the next one goes on', async () => {
    await rig.client.set('quantum:harvest:heat:latest:BAD', 'x');
    await rig.add(HEAT_DECISIONS, { plan_id: 'bad', symbol: 'BAD' });
    await rig.add(HEAT_DECISIONS, { plan_id: 'next', symbol: 'ETHUSDT' });
    await until('the next one', () => rig.exists('quantum:harvest:heat:by_plan:next'));
    await until('the dead letter', () => rig.exists(`${HEAT_DECISIONS}.dlq`));
    const [letter] = await rig.entries(`${HEAT_DECISIONS}.dlq`);
    expect(letter).toMatchObject({ plan_id: 'bad', dlq_reason: 'wrong_type: quantum:harvest:heat:latest:BAD' });
    expect(await rig.client.exists('quantum:harvest:heat:by_plan:bad', 'quantum:dedupe:p27:bad')).toBe(0);
    await until(
      'p27_errors_total{stage="write"}',
      async () => (await rig.metric('p27_errors_total{stage="write"}')) === 1,
    );
  });
});
