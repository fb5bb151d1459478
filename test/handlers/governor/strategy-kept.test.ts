import { describe, expect, it } from 'vitest';
import { keys } from '../../../schemas/keys.ts';
import { ROOMY, Strategies } from '../../support/strategies.ts';

const SHARE = { GOV_STRATEGY_MAX_SHARE_PCT: 'trend:30' };
const EXCEEDED = 'strategy_notional_exceeded';

describe('what is kept of a strategy', () => {
  it('keeps orders apart until the position tells of the last of them', () => {
    const world = new Strategies({ ...SHARE, GOV_RESERVATION_TTL_SEC: '120' });
    for (let at = 0; at < 20; at += 1) world.fill('trend', { qty: '0.1' });
    world.later(20_000);
    world.nowMs += 5_000;
    const { planId } = world.ask('trend', { qty: '0.1' });
    world.take(planId);
    world.nowMs += 130_000;
    for (let turn = 0; turn < 4; turn += 1) world.watch();
    world.report('BTCUSDT', 2.1);
    expect(world.reason('trend', { qty: '0.91' })).toBe(EXCEEDED);
    expect(world.reason('trend', { qty: '0.9' })).toBe('ok');
  });

  it('is forgotten when the limit goes, and begins anew when it comes back', () => {
    const world = new Strategies(SHARE);
    world.fill('trend', { qty: '3' });
    expect(world.reason('trend', { qty: '0.1' })).toBe(EXCEEDED);
    world.settings = ROOMY;
    world.watch();
    expect([world.hashes.get(keys.strategyUse), world.texts.get(keys.strategySince)]).toEqual([undefined, undefined]);
    world.settings = { ...ROOMY, ...SHARE };
    expect(world.reason('trend', { qty: '0.1' })).toBe('caps_data_unavailable');
    world.watch();
    expect(world.reason('trend', { qty: '3.01' })).toBe(EXCEEDED);
    expect(world.reason('trend', { qty: '3' })).toBe('ok');
  });

  it('does not begin anew beside positions where the data of the server was lost', () => {
    const world = new Strategies(SHARE);
    world.fill('trend', { qty: '3' });
    world.hashes.delete(keys.strategyUse);
    world.texts.delete(keys.strategySince);
    world.hashes.set(keys.dataLost, { since_ms: '1' });
    world.watch();
    world.hashes.delete(keys.dataLost);
    world.watch();
    expect(world.reason('trend', { qty: '0.1' })).toBe('caps_data_unavailable');
    world.report('BTCUSDT', 0);
    world.watch();
    expect(world.reason('trend', { qty: '3' })).toBe('ok');
  });

  it('takes off what a close says of itself where its plan had no quantity', () => {
    const world = new Strategies(SHARE);
    world.fill('trend', { qty: '3' });
    world.fill('grid', { qty: '2' });
    const { planId } = world.ask('trend', { qty: '', action: 'SELL', side: 'SELL', reduceOnly: 'true' });
    world.take(planId);
    world.result({ plan_id: planId, symbol: 'BTCUSDT', executed: 'true', qty: '2' });
    world.report('BTCUSDT', 3);
    expect(world.reason('trend', { qty: '2.01' })).toBe(EXCEEDED);
    expect(world.reason('trend', { qty: '2' })).toBe('ok');
  });
});
