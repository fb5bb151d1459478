import { describe, expect, it } from 'vitest';
import { keys } from '../../../schemas/keys.ts';
import { Strategies } from '../../support/strategies.ts';

const SHARE = { GOV_STRATEGY_MAX_SHARE_PCT: 'trend:30' };
const EXCEEDED = 'strategy_notional_exceeded';

describe('a share of the total cap', () => {
  it.each([
    ['up to it', '3', 'ok'],
    ['beyond it', '3.0000000001', EXCEEDED],
  ])('%s', (_words, qty, reason) => {
    expect(new Strategies(SHARE).reason('trend', { qty })).toBe(reason);
  });

  it('is that of the limit in force, and rounds as money does', () => {
    const limits = { GOV_STRATEGY_MAX_SHARE_PCT: 'trend:33.3', GOV_MAX_TOTAL_NOTIONAL_USDT: '1000' };
    expect(new Strategies(limits).reason('trend', { qty: '3.33' })).toBe('ok');
    expect(new Strategies(limits).reason('trend', { qty: '3.330000001' })).toBe(EXCEEDED);
  });

  it('counts what is reserved, by whichever symbol, for that strategy alone', () => {
    const world = new Strategies(SHARE);
    expect(world.reason('trend', { qty: '2' })).toBe('ok');
    expect(world.reason('trend', { qty: '1.5', symbol: 'ETHUSDT' })).toBe(EXCEEDED);
    expect(world.reason('grid', { qty: '4' })).toBe('ok');
    expect(world.reason('', { qty: '3' })).toBe('ok');
    expect(world.reason('trend', { qty: '1', symbol: 'ETHUSDT' })).toBe('ok');
    expect(world.reason('trend', { qty: '0.01' })).toBe('total_notional_exceeded');
  });

  it('counts what is held, whether its executor told or the position shows it', () => {
    for (const isTold of [true, false]) {
      const world = new Strategies(SHARE);
      const { planId } = world.ask('trend', { qty: '2' });
      world.take(planId);
      if (isTold) world.result({ plan_id: planId, symbol: 'BTCUSDT', executed: 'true' });
      world.report('BTCUSDT', 2);
      expect(world.reserved()).toEqual([]);
      expect(world.reason('trend', { qty: '1.01' })).toBe(EXCEEDED);
      expect(world.reason('trend', { qty: '1' })).toBe('ok');
    }
  });

  it('counts it before the watcher has looked', () => {
    const world = new Strategies(SHARE);
    world.ask('trend', { qty: '2' });
    world.held.set('BTCUSDT', 2);
    world.reportAll();
    expect(world.reason('trend', { qty: '1.01' })).toBe(EXCEEDED);
  });

  it('moves with the price of what is held', () => {
    const world = new Strategies({ ...SHARE, GOV_MAX_TOTAL_NOTIONAL_USDT: '2000' });
    world.fill('trend', { qty: '4' });
    world.views = { book: [{ symbol: 'BTCUSDT', qty: 4, side: 'LONG', markPrice: 140, atMs: world.nowMs }] };
    expect(world.reason('trend', { qty: '0.4', symbol: 'ETHUSDT' })).toBe('ok');
    expect(world.reason('trend', { qty: '0.01', symbol: 'XRPUSDT' })).toBe(EXCEEDED);
  });

  it('has room again for what it closes, and for what somebody else closed', () => {
    const world = new Strategies(SHARE);
    world.fill('trend', { qty: '3' });
    expect(world.reason('trend', { qty: '0.5' })).toBe(EXCEEDED);
    world.close('trend', '1');
    world.report('BTCUSDT', 2);
    expect(world.reason('trend', { qty: '1.01' })).toBe(EXCEEDED);
    world.report('BTCUSDT', 1);
    expect(world.reason('trend', { qty: '2.01' })).toBe(EXCEEDED);
    expect(world.reason('trend', { qty: '2' })).toBe('ok');
  });

  it('has no more room for closing what others hold', () => {
    const world = new Strategies(SHARE);
    world.fill('grid', { qty: '5' });
    world.fill('trend', { qty: '1' });
    world.close('trend', '4');
    world.report('BTCUSDT', 2);
    world.fill('trend', { qty: '2' });
    expect(world.reason('trend', { qty: '1.01' })).toBe(EXCEEDED);
    expect(world.reason('trend', { qty: '1' })).toBe('ok');
  });

  it('takes a close off once, though the position shows it before anybody tells of it', () => {
    const world = new Strategies({ ...SHARE, GOV_MAX_TOTAL_NOTIONAL_USDT: '2000' });
    world.fill('trend', { qty: '4' });
    world.fill('grid', { qty: '0.5' });
    world.later(60_000);
    const { planId } = world.ask('trend', { qty: '2', action: 'FULL_CLOSE', side: 'SELL', reduceOnly: 'true' });
    world.later(20_000);
    world.report('BTCUSDT', 2);
    world.fill('trend', { qty: '1' });
    world.result({ plan_id: planId, symbol: 'BTCUSDT', executed: 'true' });
    world.watch();
    expect(world.reason('trend', { qty: '3.01' })).toBe(EXCEEDED);
    expect(world.reason('trend', { qty: '3' })).toBe('ok');
  });

  it('counts what was executed in part as that, once the rest cannot come', () => {
    const world = new Strategies({ ...SHARE, GOV_RESERVATION_TTL_SEC: '120' });
    const { planId } = world.ask('trend', { qty: '3' });
    world.take(planId);
    world.result({ plan_id: planId, symbol: 'BTCUSDT', executed: 'true', qty: '-1' });
    world.report('BTCUSDT', 1);
    expect(world.reason('trend', { qty: '1' })).toBe(EXCEEDED);
    world.later(120_000);
    expect(world.reserved()).toEqual([]);
    expect(world.reason('trend', { qty: '2.01' })).toBe(EXCEEDED);
    expect(world.reason('trend', { qty: '2' })).toBe('ok');
  });

  it('does not believe that less was executed than the position shows', () => {
    const world = new Strategies(SHARE);
    const { planId } = world.ask('trend', { qty: '3' });
    world.take(planId);
    world.result({ plan_id: planId, symbol: 'BTCUSDT', executed: 'true', qty: '0.001' });
    world.report('BTCUSDT', 3);
    expect(world.reason('trend', { qty: '0.01' })).toBe(EXCEEDED);
  });

  it('counts an order that nobody told of as executed when its time is over, at most the position', () => {
    const world = new Strategies({ ...SHARE, GOV_RESERVATION_TTL_SEC: '120' });
    world.take(world.ask('trend', { qty: '3' }).planId);
    world.report('BTCUSDT', 2);
    world.later(120_000);
    expect(world.reserved()).toEqual([]);
    expect(world.reason('trend', { qty: '1.01' })).toBe(EXCEEDED);
    expect(world.reason('trend', { qty: '1' })).toBe('ok');
  });

  it('counts nothing of what was not executed, or taken back', () => {
    const world = new Strategies(SHARE);
    const { planId } = world.ask('trend', { qty: '3' });
    world.result({ plan_id: planId, symbol: 'BTCUSDT', executed: 'false' });
    expect(world.texts.has(keys.strategyOrder(planId))).toBe(false);
    expect(world.reason('trend', { qty: '3' })).toBe('ok');
    world.nowMs += 60_000;
    world.watch();
    expect(world.reason('trend', { qty: '3' })).toBe('ok');
  });

  it('counts what is told twice once', () => {
    const world = new Strategies(SHARE);
    const planId = world.fill('trend', { qty: '1' });
    for (let at = 0; at < 3; at += 1) world.result({ plan_id: planId, symbol: 'BTCUSDT', executed: 'true' });
    world.report('BTCUSDT', 3);
    expect(world.reason('trend', { qty: '2' })).toBe('ok');
  });

  it('leaves the rest of a position to nobody: the caps of the portfolio alone count it', () => {
    const world = new Strategies({ GOV_STRATEGY_MAX_SHARE_PCT: '*:30' });
    world.report('BTCUSDT', 6);
    expect(world.reason('trend', { qty: '3' })).toBe('ok');
    expect(world.reason('grid', { qty: '1.01' })).toBe('total_notional_exceeded');
    expect(world.reason('', { qty: '1' })).toBe('ok');
  });

  it('of * is for all that have none of their own, default among them', () => {
    const world = new Strategies({ GOV_STRATEGY_MAX_SHARE_PCT: 'trend:50,*:10' });
    expect(world.reason('trend', { qty: '5' })).toBe('ok');
    expect(world.reason('', { qty: '1.01' })).toBe(EXCEEDED);
    expect(world.reason('default', { qty: '1' })).toBe('ok');
    expect(world.reason('', { qty: '0.01' })).toBe(EXCEEDED);
    expect(world.reason('grid', { qty: '1' })).toBe('ok');
  });

  it('holds no exit', () => {
    const world = new Strategies({ GOV_STRATEGY_MAX_SHARE_PCT: 'trend:0' });
    world.hashes.delete(keys.strategyUse);
    expect(world.reason('trend', { action: 'FULL_CLOSE', side: 'SELL' })).toBe('ok');
  });

  it('is forgotten with a position that was closed, and not by one older than the order', () => {
    const world = new Strategies(SHARE);
    world.fill('trend', { qty: '3' });
    world.later(5_000);
    world.held.set('BTCUSDT', 0);
    world.reportAll();
    world.watch();
    expect(Object.keys(world.hashes.get(keys.strategyUse) ?? {})).toHaveLength(2);
    world.later(10_000);
    expect(Object.keys(world.hashes.get(keys.strategyUse) ?? {})).toEqual([':since']);
    world.report('BTCUSDT', 5);
    expect(world.reason('trend', { qty: '3' })).toBe('ok');
  });

  it('is kept in few fields however many orders it comes from', () => {
    const world = new Strategies({ ...SHARE, GOV_MAX_TOTAL_NOTIONAL_USDT: '100000' });
    for (let at = 0; at < 50; at += 1) world.fill('trend', { qty: '1' });
    world.later(10_000);
    expect(Object.keys(world.hashes.get(keys.strategyUse) ?? {}).length).toBeLessThanOrEqual(22);
    expect(world.reason('trend', { qty: '250.01' })).toBe(EXCEEDED);
    expect(world.reason('trend', { qty: '250' })).toBe('ok');
  });
});
