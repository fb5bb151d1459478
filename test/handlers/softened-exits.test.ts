import { describe, expect, it } from 'vitest';
import { keptEndOf, type SoftenedExit } from '../../handlers/common/kept-exits.ts';
import { SoftenedExits } from '../../handlers/heat-gate/softened-exits.ts';
import { decisionRecord } from '../../schemas/decision.ts';
import { HOUR_MS } from '../../schemas/duration.ts';
import type { Fields } from '../../schemas/wire.ts';

const HEAT = {
  heat: 0.2,
  bucket: 'COLD',
  equity_usd: 1000,
  thresholds: { heat_min: 0.25, heat_max: 0.65 },
  book: {
    positions: 1,
    risk_usd: 200,
    silent_positions: 0,
    silent_risk_usd: 0,
    largest: [{ symbol: 'XUSDT', notional_usd: 800, sigma: 0.25, risk_usd: 200 }],
    remainder_usd: 0,
  },
};

function exit(more: Fields = {}): Fields {
  const facts = JSON.stringify(HEAT);
  const fields = { verdict: 'DOWNGRADE', reason: 'portfolio_heat_cold', symbol: 'XUSDT', plan_id: 'p', facts };
  return { handler: 'heat-gate', mode: 'shadow', action: 'FULL_CLOSE_PROPOSED', ...fields, ...more };
}

function plan(facts: object, more: Fields = {}): Fields {
  const fields = { verdict: 'PERMIT', symbol: 'YUSDT', plan_id: 'q', action: 'BUY', input: '{}' };
  return { handler: 'governor', mode: 'production', ...fields, facts: JSON.stringify(facts), ...more };
}

function held(qty: number | null): object {
  const largest = qty === null ? [] : [{ symbol: 'XUSDT', qty, notional_usd: 800 }];
  return { positions_known: true, exposure: { positions: largest.length, largest } };
}

function found(...log: readonly (readonly [number, Fields])[]): readonly SoftenedExit[] {
  const exits = new SoftenedExits();
  for (const [atMs, fields] of log) exits.take(atMs, decisionRecord(fields));
  return exits.found;
}

describe('softened exits of a log', () => {
  it('know their position, what is kept of it and at which heat', () => {
    expect(found([0, exit()])).toMatchObject([
      {
        atMs: 0,
        symbol: 'XUSDT',
        planId: 'p',
        enforced: false,
        bucket: 'COLD',
        keptShare: 0.75,
        heat: 0.2,
        notionalUsd: 800,
      },
    ]);
  });

  it.each([
    ['WARM keeps a quarter', exit({ reason: 'portfolio_heat_warm' }), { softenedTo: 'PARTIAL_75', keptShare: 0.25 }],
    [
      'heat that is not known keeps three',
      exit({ reason: 'fail_closed_no_positions' }),
      { softenedTo: 'PARTIAL_25', keptShare: 0.75 },
    ],
    [
      'a judgment that failed knows nothing',
      exit({ facts: '{"failure":"no"}' }),
      { heat: undefined, notionalUsd: undefined },
    ],
    ['enforced', exit({ mode: 'enforce' }), { enforced: true }],
  ])('%s', (_name, fields, expected) => {
    expect(found([0, fields])).toMatchObject([expected]);
  });

  it.each([
    ['passed', exit({ verdict: 'PASS' })],
    ['partial', exit({ action: 'PARTIAL_50' })],
    ['of another gate', exit({ handler: 'risk-governor' })],
  ])('are none of those that were %s', (_name, fields) => {
    expect(found([0, fields])).toEqual([]);
  });

  it.each([
    ['a plan that sells closes a long', { side: 'SELL' }, {}, 1],
    ['a plan that buys closes a short', { side: 'BUY' }, {}, -1],
    ['a plan without a side has the position', {}, { position_qty: -3 }, -1],
    ['a plan without either says nothing', {}, { position_qty: null }, undefined],
  ])('learn their side: %s', (_name, input, facts, side) => {
    const own = plan({ mark_price: 8, ...facts }, { plan_id: 'p', symbol: 'XUSDT', input: JSON.stringify(input) });
    expect(found([0, exit()], [1, own])[0]?.side).toBe(side);
  });

  it('learn from the plan what the position was worth where the heat did not say', () => {
    const own = plan({ mark_price: 8, position_qty: -3 }, { plan_id: 'p', symbol: 'XUSDT' });
    expect(found([0, exit({ facts: '{}' })], [1, own])[0]?.notionalUsd).toBe(24);
  });

  it.each([
    ['seen long an hour before', 5, HOUR_MS, 1],
    ['seen short', -5, 1, -1],
    ['seen too long ago', 5, HOUR_MS + 1, undefined],
  ])('learn their side from the positions of another plan: %s', (_name, qty, atMs, side) => {
    expect(found([0, plan(held(qty))], [atMs, exit()])[0]?.side).toBe(side);
  });

  it('end at the next full close of their symbol, protective or not, and of no other', () => {
    const [first] = found(
      [0, exit()],
      [1, exit({ symbol: 'YUSDT' })],
      [2, exit({ action: 'PARTIAL_25', verdict: 'PASS' })],
      [3, exit({ verdict: 'PASS', reason: 'protective_exit_unchanged' })],
      [4, exit()],
    );
    expect(first?.nextFullCloseMs).toBe(3);
  });

  it.each([
    ['is not held any more', held(null), 2],
    ['turned', held(-5), 2],
    ['is still held', held(5), undefined],
    ['is held or not, who knows', { ...held(null), positions_known: false }, undefined],
    ['may be one of those not named', { positions_known: true, exposure: { positions: 1, largest: [] } }, undefined],
  ])('notice that the position %s', (_name, facts, closedMs) => {
    const [one] = found([0, plan(held(5))], [1, exit({ mode: 'enforce' })], [2, plan(facts)]);
    expect(one?.closedMs).toBe(closedMs);
  });
});

describe('the end of a kept part', () => {
  const [base] = found([100, exit()]);
  const rules = { horizon: 1000, end: 5000 };

  it.each([
    ['the horizon', {}, rules, { atMs: 1100, end: 'horizon' }],
    ['the next full close', { nextFullCloseMs: 900 }, rules, { atMs: 900, end: 'next_full_close' }],
    ['the horizon before the next full close', { nextFullCloseMs: 1101 }, rules, { atMs: 1100, end: 'horizon' }],
    [
      'the close of its position, in enforce',
      { enforced: true, closedMs: 200 },
      rules,
      { atMs: 200, end: 'position_closed' },
    ],
    ['not that close in shadow, which is the original exit', { closedMs: 200 }, rules, { atMs: 1100, end: 'horizon' }],
    ['the end of the report', { nextFullCloseMs: 900 }, { ...rules, end: 899 }, { atMs: 899, end: 'still_open' }],
    [
      'its own end on the last moment of the report',
      { nextFullCloseMs: 900 },
      { ...rules, end: 900 },
      { atMs: 900, end: 'next_full_close' },
    ],
  ])('is %s', (_name, more, { horizon, end }, expected) => {
    expect(keptEndOf({ ...(base as SoftenedExit), ...more }, horizon, end)).toEqual(expected);
  });
});
