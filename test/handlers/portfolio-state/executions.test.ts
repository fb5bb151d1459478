import { describe, expect, it } from 'vitest';
import { AccountRig, emitted, position, reading } from '../../support/account.ts';
import { NOW_MS } from '../../support/fake-ctx.ts';

const fill = (plan: string | undefined, qty = 1, symbol = 'BTCUSDT') => ({ symbol, qty, usd: 0, atMs: NOW_MS, plan });
const held = { positions: [position('BTCUSDT', 1)] };

/** Equity in US dollars as read; undefined: not readable. */
interface Circumstances {
  readonly equity: number | undefined;
  readonly rig?: AccountRig;
  readonly atMs?: number;
}

function resultsOf(told: object, { equity, rig = new AccountRig(), atMs = 0 }: Circumstances = { equity: 1000 }) {
  return emitted(rig.take(reading(equity, atMs, held, { ...told })), 'apply.result');
}

describe('fills that count as results', () => {
  it('are told once for an order, with all of its fills of the reading', () => {
    expect(resultsOf({ fills: [fill('p1', 0.25), fill('p2', -2, 'ETHUSDT'), fill('p1', 0.5)] })).toEqual([
      { plan_id: 'p1', symbol: 'BTCUSDT', executed: 'true', qty: '0.75', source: 'binance-test' },
      { plan_id: 'p2', symbol: 'ETHUSDT', executed: 'true', qty: '2', source: 'binance-test' },
    ]);
  });

  it('are told whatever becomes of the reading they came with', () => {
    const told = { fills: [fill('p1')] };
    expect(resultsOf(told, { equity: undefined })).toHaveLength(1);
    expect(resultsOf(told, { equity: -5 })).toHaveLength(1);
    const rig = new AccountRig();
    rig.take(reading(1000, 5_000, held));
    expect(resultsOf(told, { equity: 1000, rig, atMs: 1_000 })).toHaveLength(1);
  });

  it('are none where they name no plan, as before', () => {
    expect(resultsOf({ fills: [fill(undefined)] })).toEqual([]);
    expect(resultsOf({})).toEqual([]);
  });

  it('change nothing else of what a reading comes to', () => {
    const without = new AccountRig().take(reading(1000, 0, held, { fills: [fill(undefined)] }));
    const outcome = new AccountRig().take(reading(1000, 0, held, { fills: [fill('p1')] }));
    const others = outcome.effects.filter((effect) => effect.do !== 'emit' || effect.stream !== 'apply.result');
    expect({ ...outcome, effects: others }).toEqual(without);
  });
});
