import { describe, expect, it } from 'vitest';
import { Account, type Position } from '../../../../runtime/market/player/account.ts';
import { verdictOf } from '../../../../runtime/market/player/verdict.ts';
import * as wire from '../../../../runtime/market/player/wire.ts';

const NOW_MS = Date.UTC(2021, 4, 2);
const NOW = '1619913600';

const short: Position = {
  symbol: 'XUSDT',
  qty: -2.5,
  entryPrice: 100,
  entrySigmaDaily: 0.1,
  openedHour: 24,
  core: false,
};

describe('what the demo writes', () => {
  it('marks a symbol, with sigmas once they are known', () => {
    const known = { sigmaHourly: 0.02, sigmaDaily: 0.0979795897, observations: 24 };
    expect(wire.marketFields(1.5, undefined, NOW_MS)).toEqual({ mark_price: '1.5', timestamp: NOW });
    expect(wire.marketFields(1.5, known, NOW_MS)).toEqual({
      sigma: '0.02',
      sigma_horizon_sec: '3600',
      sigma_1d: '0.0979795897',
      observations: '24',
      mark_price: '1.5',
      timestamp: NOW,
    });
  });

  it('states the portfolio', () => {
    const account = new Account(1000);
    account.open(short);
    expect(wire.portfolioFields(account, () => 110, NOW_MS)).toEqual({
      equity_usd: '975',
      drawdown: '2.5',
      balance_usd: '1000',
      unrealized_pnl_usd: '-25',
      positions_count: '1',
      total_positions: '1',
      positions_notional_usd: '275',
      timestamp: NOW,
      source: 'demo',
    });
  });

  it.each([
    ['LONG', { ...short, qty: 2.5 }, '2.5', '2.5', '25'],
    ['SHORT', short, '2.5', '-2.5', '-25'],
    ['FLAT', undefined, '0', '0', '0'],
  ])('snapshots a %s position as live publishers do', (side, position, qty, signed, pnl) => {
    const snapshot = wire.snapshotFields('XUSDT', position, 110, NOW_MS);
    expect(snapshot).toMatchObject({ side, position_qty: qty, mark_price: '110', unrealized_pnl: pnl, timestamp: NOW });
    expect(snapshot).not.toHaveProperty('sigma');
    expect(snapshot).not.toHaveProperty('position_notional_usd');
    const hash = wire.positionFields('XUSDT', position, 110, NOW_MS);
    expect(hash).toMatchObject({ side, position_amt: signed, quantity: qty, mark_price: '110', ts_epoch: NOW });
  });

  it.each([
    ['SELL', 2.5],
    ['BUY', -2.5],
  ])('plans the exit of a position as a reduce-only %s', (side, qty) => {
    const exit: wire.Exit = { planId: 'exit-XUSDT-30', symbol: 'XUSDT', reason: 'stop_loss', qty, price: 110 };
    const executed = { ...exit, action: 'PARTIAL_75', closedQty: 1.875 };
    expect(wire.exitPlanFields(executed, NOW_MS)).toMatchObject({
      action: 'PARTIAL_75',
      decision: 'EXECUTE',
      side,
      qty: '1.875',
      reduceOnly: 'true',
      reason_codes: 'stop_loss',
    });
    expect(wire.proposalFields(exit, NOW_MS)).toMatchObject({ action: 'FULL_CLOSE', reason: 'stop_loss' });
  });

  it('plans an entry that may add to risk', () => {
    const entry: wire.Entry = { planId: 'e', symbol: 'XUSDT', side: 'SELL', qty: 1.25, price: 3, killScore: 0.5 };
    expect(wire.entryPlanFields(entry, NOW_MS)).toMatchObject({
      action: 'SELL',
      side: 'SELL',
      qty: '1.25',
      price: '3',
      kill_score: '0.5',
      reduceOnly: 'false',
    });
  });

  it('reports a fill', () => {
    const result = wire.resultFields({ planId: 'e', symbol: 'XUSDT' }, '', NOW_MS);
    expect(result).toMatchObject({ plan_id: 'e', symbol: 'XUSDT', executed: 'True', error: '', timestamp: NOW });
  });

  it('reports what was not filled, and why', () => {
    const result = wire.resultFields({ planId: 'e', symbol: 'XUSDT' }, 'Margin is insufficient.', NOW_MS);
    expect(result).toMatchObject({ executed: 'False', error: 'Margin is insufficient.' });
  });
});

describe('the verdict on a plan', () => {
  const permit = '{"granted":true,"computed_qty":1.5}';
  const block = '{"reason":"symbol_cooldown"}';

  it('is the quantity of its permit', () => {
    expect(verdictOf('p', permit, null)).toEqual({ planId: 'p', permitted: true, qty: 1.5 });
  });

  it('is the reason of its block', () => {
    expect(verdictOf('p', null, block)).toEqual({ planId: 'p', permitted: false, reason: 'symbol_cooldown' });
  });

  it.each([
    ['neither', null, null, 'expected a permit or a block of plan p, got neither'],
    ['both', permit, block, 'expected a permit or a block of plan p, got both'],
    ['a permit without a quantity', '{"computed_qty":null}', null, 'expected a number as computed_qty of plan p'],
    ['a block without a reason', null, '{}', 'expected a reason in the block of plan p'],
  ])('cannot be %s', (_name, permitText, blockText, message) => {
    expect(() => verdictOf('p', permitText, blockText)).toThrow(message);
  });
});
