import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { fileDecisions } from '../../../../runtime/desk/decisions/decision-file.ts';
import { type DecisionFigures, GateFigures } from '../../../../runtime/desk/report/figures.ts';
import { loadHandlers } from '../../../../runtime/engine/host/load-handlers.ts';
import { readerOf } from '../../../../runtime/engine/status/faces.ts';
import { HOUR_MS } from '../../../../schemas/duration.ts';
import type { Fields } from '../../../../schemas/wire.ts';

const MONTH = fileURLToPath(new URL('../../../fixtures/decisions/may-2021.jsonl.gz', import.meta.url));

/** A decision at so many ms after the start. */
type At = readonly [atMs: number, fields: Fields];

const handlers = await loadHandlers();

function figuresFor(gate: string): GateFigures {
  const handler = handlers.find(({ name }) => name === gate);
  if (handler === undefined) throw new Error(`expected a handler ${gate}`);
  return new GateFigures(gate, readerOf(handler));
}

function figuresOf(gate: string, decisions: readonly At[]): DecisionFigures {
  const figures = figuresFor(gate);
  for (const [atMs, fields] of decisions) {
    figures.add({ id: `${1_700_000_000_000 + atMs}-0`, fields: { handler: gate, mode: 'shadow', ...fields } });
  }
  return figures.result();
}

function exit(verdict: string, reason: string, more: Fields = {}): Fields {
  return { verdict, reason, symbol: 'XUSDT', action: 'FULL_CLOSE', facts: '{"heat":0.1,"book":{}}', ...more };
}

const softened = exit('DOWNGRADE', 'portfolio_heat_cold');
const whole = exit('PASS', 'portfolio_heat_hot');

describe('the figures of a gate', () => {
  it('are empty without decisions', () => {
    expect(figuresOf('heat-gate', [])).toMatchObject({
      from: null,
      to: null,
      hours: 0,
      decisions: 0,
      changed_share: null,
      fresh_share: null,
      stale_rate: null,
      flip_rate: null,
    });
  });

  it('leave out what other handlers decided', () => {
    expect(figuresOf('heat-gate', [[0, { ...softened, handler: 'governor' }]]).decisions).toBe(0);
  });

  it('count hours from the first decision to the last, and the longest time without one', () => {
    const times = [0, HOUR_MS, 4 * HOUR_MS, 4.5 * HOUR_MS];
    const figures = figuresOf(
      'heat-gate',
      times.map((at) => [at, softened]),
    );
    expect(figures).toMatchObject({ from: 1_700_000_000, to: 1_700_016_200, hours: 4.5, longest_gap_sec: 10_800 });
  });

  it.each([
    [
      'the verdict before is the same',
      [
        [0, softened],
        [1, softened],
      ],
      1,
      0,
    ],
    [
      'another',
      [
        [0, softened],
        [1, whole],
      ],
      1,
      1,
    ],
    [
      'another, an hour ago',
      [
        [0, softened],
        [HOUR_MS, whole],
      ],
      1,
      1,
    ],
    [
      'another, longer ago than an hour',
      [
        [0, softened],
        [HOUR_MS + 1, whole],
      ],
      0,
      0,
    ],
    [
      'of another symbol',
      [
        [0, softened],
        [1, { ...whole, symbol: 'YUSDT' }],
      ],
      0,
      0,
    ],
    [
      'of an exit that heat does not decide over',
      [
        [0, softened],
        [1, { ...whole, action: 'PARTIAL_50' }],
      ],
      0,
      0,
    ],
    [
      'of a protective exit',
      [
        [0, softened],
        [1, exit('PASS', 'protective_exit_unchanged')],
      ],
      0,
      0,
    ],
    [
      'there and back',
      [
        [0, softened],
        [1, whole],
        [2, softened],
      ],
      2,
      2,
    ],
  ] as readonly [string, readonly At[], number, number][])('flips: %s', (_name, decisions, pairs, flips) => {
    const { verdict_pairs, flips: found, flip_rate } = figuresOf('heat-gate', decisions);
    expect([verdict_pairs, found, flip_rate]).toEqual([pairs, flips, pairs === 0 ? null : flips / pairs]);
  });

  it.each([
    ['fresh', exit('PASS', 'portfolio_heat_hot'), { fresh: 1, errors: 0 }],
    [
      'stale state',
      exit('DOWNGRADE', 'x', { facts: '{"heat":0,"cause":"portfolio_state_stale","book":{}}' }),
      { stale: 1 },
    ],
    ['stale positions', exit('PASS', 'x', { facts: '{"heat":0,"cause":"positions_stale","book":{}}' }), { stale: 1 }],
    ['no equity', exit('DOWNGRADE', 'x', { facts: '{"heat":0,"cause":"invalid_equity","book":{}}' }), { missing: 1 }],
    [
      'positions left out',
      exit('PASS', 'x', { facts: '{"heat":1,"book":{"sigma_missing_count":2}}' }),
      { fresh: 1, incomplete: 1 },
    ],
    [
      'not judged',
      exit('DOWNGRADE', 'fail_closed_handler_failed', { facts: '{"failure":"no","attempts":3}' }),
      { missing: 1, errors: 1 },
    ],
  ])('inputs of an exit: %s', (_name, fields, expected) => {
    const counts = { fresh: 0, stale: 0, missing: 0, errors: 0, incomplete: 0, with_inputs: 1 };
    expect(figuresOf('heat-gate', [[0, fields]])).toMatchObject({ ...counts, ...expected });
  });

  it.each([
    ['passed', exit('PASS', 'protective_exit_unchanged'), 1, 0],
    ['softened all the same', { ...softened, input: '{"reason":"emergency_stop_loss (R=-1.5)"}' }, 1, 1],
    ['softened, named by a code', { ...softened, input: '{"reason_codes":"x,sl_hit"}' }, 1, 1],
    ['no protective exit', { ...softened, input: '{"reason":"take_profit"}' }, 0, 0],
    [
      'a partial exit',
      exit('PASS', 'partial_unchanged', { action: 'PARTIAL_50', input: '{"reason":"stop_loss"}' }),
      0,
      0,
    ],
  ])('protective exits: %s', (_name, fields, protective_exits, protective_exits_changed) => {
    expect(figuresOf('heat-gate', [[0, fields]])).toMatchObject({ protective_exits, protective_exits_changed });
  });

  it.each([
    ['permitted', { verdict: 'PERMIT', reason: 'ok' }, { protective_exits_changed: 0, changed: 0 }],
    [
      'stopped by the kill switch',
      { verdict: 'BLOCK', reason: 'kill_switch_active' },
      { protective_exits_changed: 0, changed: 1 },
    ],
    ['not judged', { verdict: 'BLOCK', reason: 'evaluation_error' }, { protective_exits_changed: 1, errors: 1 }],
  ])('a plan that closes: %s', (_name, fields, expected) => {
    const plan = { symbol: 'XUSDT', action: 'PARTIAL_25', input: '{}', checks: '[]', ...fields };
    expect(figuresOf('governor', [[0, plan]])).toMatchObject({ protective_exits: 1, with_inputs: 0, ...expected });
  });

  it.each([
    ['everything known', '', 'pass', { fresh: 1, changed: 0 }],
    ['something not known, let through', 'reservations', 'would_refuse', { missing: 1, changed: 1 }],
    ['a position without a price', 'position_unpriced', 'refuse', { missing: 1, incomplete: 1 }],
  ])('a plan that opens: %s', (_name, value, verdict, expected) => {
    const checks = JSON.stringify([{ gate: 'caps_data', value, limit: 'closed', headroom: null, verdict }]);
    const plan = { verdict: 'PERMIT', reason: 'ok', symbol: 'XUSDT', action: 'BUY', input: '{}', checks };
    expect(figuresOf('governor', [[0, plan]])).toMatchObject({ with_inputs: 1, protective_exits: 0, ...expected });
  });

  it.each([
    ['fresh', 'BUDGETS', 'fresh_state', { fresh: 1 }],
    ['last known good', 'BUDGETS', 'last_known_good_state', { stale: 1, stale_rate: 1 }],
    ['too old', 'NO_BUDGETS', 'portfolio_too_old', { stale: 1, with_inputs: 1, errors: 0 }],
    ['failed', 'NO_BUDGETS', 'handler_failed', { missing: 1, with_inputs: 1, errors: 1 }],
    ['no symbols', 'NO_BUDGETS', 'no_active_symbols', { with_inputs: 0, stale_rate: null }],
    ['a tick that came late', 'SKIPPED', 'tick_too_old', { with_inputs: 0 }],
  ])('a cycle of budgets: %s', (_name, verdict, reason, expected) => {
    expect(figuresOf('risk-governor', [[0, { verdict, reason, facts: '{}' }]])).toMatchObject(expected);
  });

  it('flips: a position that goes over its budget and back', () => {
    const cycle = (notional: number | null): Fields => ({
      verdict: 'BUDGETS',
      reason: 'fresh_state',
      facts: JSON.stringify({
        equity_usd: 1000,
        budgets: [{ symbol: 'XUSDT', budget_usd: 500, position_notional: notional }],
      }),
    });
    const figures = figuresOf(
      'risk-governor',
      [500, 500.01, 500, 0, null].map((notional, at) => [at, cycle(notional)]),
    );
    expect(figures).toMatchObject({ decisions: 5, changed: 1, incomplete: 1, verdict_pairs: 2, flips: 2 });
  });
});

describe('the figures of the recorded month', () => {
  it('agree with what is in the log', async () => {
    const gates = ['heat-gate', 'risk-governor', 'governor'] as const;
    const all = gates.map(figuresFor);
    for await (const { decisions } of fileDecisions(MONTH)) {
      for (const decision of decisions) for (const figures of all) figures.add(decision);
    }
    expect(all.map((figures) => figures.result())).toMatchObject([
      { decisions: 78, changed: 55, errors: 0, fresh: 78, protective_exits: 20, protective_exits_changed: 0 },
      { decisions: 744, fresh: 744, stale_rate: 0, errors: 0 },
      { decisions: 303, verdicts: { PERMIT: 160, BLOCK: 143 }, errors: 0, protective_exits_changed: 0 },
    ]);
  });
});
