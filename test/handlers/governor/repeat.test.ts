import { describe, expect, it } from 'vitest';
import { keys } from '../../../schemas/keys.ts';
import { GovernorWorld, OPEN_PLAN } from '../../support/governor-world.ts';

const BOX = 'reply:trend:one';
const ASK = { ...OPEN_PLAN, reply_to: 'trend:one', timeout_ms: '10000' };

function asked(): GovernorWorld {
  const world = new GovernorWorld();
  world.plan(ASK);
  expect(lastReply(world)).toMatchObject({ granted: true, reason: 'ok' });
  return world;
}

function lastReply(world: GovernorWorld, box = BOX): Record<string, unknown> {
  return JSON.parse(world.mailboxes.get(box)?.at(-1) ?? '{}') as Record<string, unknown>;
}

/** What a repeat is told. */
function again(world: GovernorWorld, fields: Record<string, string> = {}): Record<string, unknown> {
  world.plan({ ...ASK, ...fields });
  return lastReply(world, `reply:${fields.reply_to ?? ASK.reply_to}`);
}

describe('the repeat of an ask', () => {
  it('has the permit again while it is good, and reserves nothing more', () => {
    const world = asked();
    const first = lastReply(world);
    world.nowMs += 30_000;
    expect(again(world)).toEqual({ ...first, repeated: true });
    expect(world.events.at(-1)).toMatchObject({ event: 'DUPLICATE', reason: 'already_permitted' });
    expect(world.reserved()).toEqual(['p1']);
    expect(world.permit('p1')).toBeUndefined();
  });

  it.each([
    ['1 ms before the permit ends', -1, { granted: true, repeated: true }],
    ['as it ends', 0, { granted: false, reason: 'permit_expired' }],
  ])('%s', (_when, off, told) => {
    const world = asked();
    world.nowMs = Number(lastReply(world).expires_at) * 1000 + off;
    expect(again(world)).toMatchObject(told);
  });

  it('has none once what was kept of it is gone', () => {
    const world = asked();
    world.texts.delete(keys.asked('p1'));
    expect(again(world)).toMatchObject({ granted: false, reason: 'permit_expired' });
  });

  it('has none while the kill switch is on, nor after it was, nor while trading is halted', () => {
    const world = asked();
    world.texts.set(keys.kill, '1');
    expect(again(world)).toMatchObject({ granted: false, reason: 'permit_revoked' });
    world.watch();
    world.texts.delete(keys.kill);
    world.watch();
    expect(again(world)).toMatchObject({ granted: false, reason: 'permit_revoked' });
    expect(world.reserved()).toEqual(['p1']);

    const halted = asked();
    halted.hashes.set(keys.governorState, { trading_state: 'HALTED' });
    expect(again(halted)).toMatchObject({ granted: false, reason: 'permit_revoked' });
  });

  it.each([
    ['true', 'permit_used'],
    ['false', 'permit_given_back'],
  ])('has none once its result says executed=%s', (executed, reason) => {
    const world = asked();
    world.result({ plan_id: 'p1', symbol: 'BTCUSDT', executed });
    expect(again(world)).toMatchObject({ granted: false, reason });
    expect(world.reserved()).toEqual(executed === 'true' ? ['p1'] : []);
  });

  it('is not ended by a result of before it, nor by one that says nothing', () => {
    const world = asked();
    world.result({ plan_id: 'p1', executed: 'false' }, `${world.nowMs - 1}-0`);
    world.result({ plan_id: 'p1' });
    world.result({ plan_id: 'p1', executed: 'false', error: 'duplicate_plan' });
    expect(again(world)).toMatchObject({ granted: true, repeated: true });
  });

  it.each([
    ['another quantity', { qty: '0.0011' }],
    ['another price', { price: '49999' }],
    ['another side', { side: 'SELL' }],
    ['another action', { action: 'OPEN_SHORT' }],
    ['another symbol', { symbol: 'ETHUSDT' }],
    ['reduce only', { reduceOnly: 'true' }],
    ['another strategy', { reply_to: 'other:one' }],
  ])('is a conflict with %s: the permit is not theirs', (_what, fields: Record<string, string>) => {
    const world = asked();
    expect(again(world, fields)).toMatchObject({ granted: false, reason: 'plan_id_taken' });
    expect(again(world, { reply_to: 'trend:two' })).toMatchObject({ granted: true, repeated: true });
  });

  it('of a refused one is judged anew, and one of another order is a conflict', () => {
    const world = new GovernorWorld();
    expect(again(world, { qty: '1' })).toMatchObject({ reason: 'notional_per_trade_exceeded' });
    expect(again(world, { qty: '1' })).toMatchObject({ reason: 'notional_per_trade_exceeded' });
    expect(again(world)).toMatchObject({ granted: false, reason: 'plan_id_taken' });
    expect(world.reserved()).toEqual([]);
  });

  it('of a plan that did not ask, and the other way round, is what it ever was', () => {
    const world = new GovernorWorld();
    world.plan(OPEN_PLAN);
    expect(again(world)).toMatchObject({ granted: false, reason: 'already_permitted' });
    expect(world.permit('p1')).toMatchObject({ granted: true });
    const other = asked();
    other.plan(OPEN_PLAN);
    expect(other.events.at(-1)).toMatchObject({ event: 'DUPLICATE', reason: 'already_permitted' });
    const blocked = new GovernorWorld();
    blocked.plan({ ...OPEN_PLAN, qty: '1' });
    expect(again(blocked)).toMatchObject({ granted: true });
  });

  it.each(['', 'text', '{"expires_at":1e12}', '[]'])('is not granted where what is kept is %j', (text) => {
    const world = asked();
    world.texts.set(keys.asked('p1'), text);
    expect(again(world)).toMatchObject({ granted: false, reason: 'already_permitted' });
  });

  it('is judged anew in a dry run, which keeps nothing', () => {
    const world = new GovernorWorld();
    world.mode = 'dry_run';
    world.plan(ASK);
    expect(world.texts.has(keys.asked('p1'))).toBe(false);
    expect(again(world)).toMatchObject({ granted: false, reason: 'dry_run' });
  });
});
