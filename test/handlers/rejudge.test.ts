import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../handlers/contract/effects.ts';
import governor from '../../handlers/governor/index.ts';
import heatGate from '../../handlers/heat-gate/index.ts';
import riskGovernor from '../../handlers/risk-governor/index.ts';
import { keys } from '../../schemas/keys.ts';
import { run } from '../support/budget-cycle.ts';
import { NOW_MS } from '../support/fake-ctx.ts';
import { GovernorWorld, OPEN_PLAN } from '../support/governor-world.ts';
import { judgeProposal } from '../support/heat.ts';
import { orderLimits, WIDE_CAPS, worldUnder } from '../support/order-limits.ts';
import { recordOf, rejudged, rulingOf, type Under } from '../support/rejudge.ts';

const wireNumber = fc.oneof(
  fc.double({ min: 0, max: 1e6, noNaN: true }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom('', 'NaN', '0', '-1', '0.8', '0.79999999999999', '1e308', '100000.00000000007'),
);
const share = fc.double({ min: 0, max: 2, noNaN: true }).map(String);

/** Judged under `a`, then again from the log alone under `b`: the same as judged live under `b`, to the byte. */
function expectSame(
  handler: typeof heatGate | typeof governor | typeof riskGovernor,
  judged: (under: Under) => Outcome,
) {
  return (a: Under, b: Under) => {
    const record = recordOf(handler.name, judged(a), a.mode);
    const again = rejudged(handler as typeof heatGate, record, b);
    expect(again).toEqual(rulingOf(judged(b)));
  };
}

describe('a logged exit', () => {
  const under = fc.record({
    settings: fc.record({
      HEAT_MIN: fc.constantFrom('0', '0.1', '0.3', '0.30000000000000004'),
      HEAT_MAX: fc.constantFrom('0.31', '0.5', '0.65', '5'),
      P26_PROTECTIVE_REASONS: fc.constantFrom('', 'stop_loss', 'tp_hit,margin'),
    }),
    mode: fc.constantFrom('shadow', 'enforce'),
  });
  const entry = fc.record({
    plan_id: fc.constant('p'),
    symbol: fc.constant('A'),
    action: fc.constantFrom('FULL_CLOSE', 'FULL_CLOSE_PROPOSED', 'PARTIAL_50', 'HOLD'),
    reason: fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('stop_loss', 'tp_hit')),
    reason_codes: fc.constantFrom('', 'margin,x', 'sl_hit'),
  });
  const portfolio = fc.option(fc.record({ equity_usd: wireNumber }));
  const book = fc.constantFrom([], [{ symbol: 'A', notional: 1800, sigma: 0.15 }], [{ symbol: 'A', notional: 1800 }]);

  test('is judged under other thresholds, protective reasons and modes as it would have been live', () => {
    fc.assert(
      fc.property(entry, portfolio, book, under, under, (exit, state, positions, a, b) => {
        const world = { portfolio: state, views: { book: positions } };
        expectSame(heatGate, (rules) => judgeProposal(exit, { ...world, ...rules }))(a, b);
      }),
    );
  });

  test('that could not be judged fails closed again, under whatever rules', () => {
    const proposal = heatGate.message.parse({ plan_id: 'p', symbol: 'A', action: 'FULL_CLOSE' });
    const failed = ({ settings, mode }: Under) => {
      const around = { mode, nowMs: NOW_MS, sourceId: '1-0', portfolio: 'quantum', source: {} };
      const parsed = heatGate.settings.parse(settings);
      return heatGate.onFailure(proposal, { reason: 'boom', attempts: 3 }, { ...around, settings: parsed });
    };
    const rules = { settings: {}, mode: 'shadow' };
    expectSame(heatGate, failed)(rules, { settings: { HEAT_MIN: '0' }, mode: 'enforce' });
    expect(rejudged(heatGate, recordOf('heat-gate', failed(rules), 'shadow'), rules)?.reason).toBe(
      'fail_closed_handler_failed',
    );
  });
});

describe('a logged plan', () => {
  const under = fc.record({
    settings: fc.record({
      GOV_MAX_PLAN_AGE_SEC: fc.constantFrom('1', '300'),
      GOV_KILL_SCORE_CRITICAL: fc.constantFrom('0.8', '0.5'),
      GOV_SYMBOL_COOLDOWN_SECONDS: fc.constantFrom('0', '60', '61'),
      GOV_MAX_EXEC_PER_HOUR: fc.constantFrom('0', '1', '3'),
      GOV_MAX_EXEC_PER_5MIN: fc.constantFrom('0', '1', '2'),
      GOV_MAX_OPEN_POSITIONS: fc.constantFrom('0', '1', '10'),
      GOV_MAX_NOTIONAL_PER_TRADE_USDT: fc.constantFrom('50', '49.9999999999', '200'),
      GOV_MAX_TOTAL_NOTIONAL_USDT: fc.constantFrom('50', '1850', '2000'),
      GOV_CAPS_FAIL_POLICY: fc.constantFrom('closed', 'open'),
    }),
    mode: fc.constantFrom('testnet', 'production', 'dry_run'),
  });
  const around = fc.record({
    action: fc.constantFrom('OPEN_LONG', 'FULL_CLOSE', 'PARTIAL_50_PROPOSED', 'UPDATE_SL', 'HOLD', 'UNKNOWN'),
    more: fc.dictionary(fc.constantFrom('kill_score', 'qty', 'price', 'notional_usd', 'close_qty'), wireNumber),
    reduceOnly: fc.constantFrom('true', 'false'),
    kill: fc.constantFrom('', '0', 'on'),
    state: fc.constantFrom({}, { trading_state: 'HALTED' }, { trading_state: 'REDUCING' }, { armed: '0' }),
    positions: fc.constantFrom([], [{ symbol: 'ETHUSDT', notional: 1800 }], [{ symbol: 'ETHUSDT', qty: 2 }]),
    budget: fc.option(fc.record({ budget_usd: wireNumber, mode: fc.constantFrom('shadow', 'enforce') })),
    lastExec: fc.constantFrom('', String(NOW_MS / 1000 - 60.5), 'soon'),
    execs: fc.nat(3),
    reserved: fc.constantFrom({}, { other: 'unreadable' }),
    ageMs: fc.nat(400_000),
    permitted: fc.boolean(),
  });

  test('is judged under other limits and modes as it would have been live', () => {
    fc.assert(
      fc.property(around, under, under, (given, a, b) => {
        expectSame(governor, (rules) => {
          const world = new GovernorWorld();
          Object.assign(world, { settings: rules.settings, mode: rules.mode, views: { book: given.positions } });
          const stamp = { timestamp: String(NOW_MS / 1000) };
          world.hashes.set(keys.governorState, given.state);
          world.hashes.set(keys.reserved, given.reserved);
          if (given.budget !== null) world.hashes.set(keys.budget('BTCUSDT'), { ...given.budget, ...stamp });
          if (given.lastExec !== '') world.texts.set(keys.lastExec('BTCUSDT'), given.lastExec);
          if (given.permitted) world.texts.set(keys.permitted('p1'), '1-0');
          world.texts.set(keys.kill, given.kill);
          const times = Array.from({ length: given.execs }, (_, at) => [`${at}`, NOW_MS - at * 200_000] as const);
          world.sets.set(keys.execTimes('BTCUSDT'), new Map(times));
          const { action, more, reduceOnly } = given;
          return world.plan({ ...OPEN_PLAN, action, reduceOnly, ...more }, `${NOW_MS - given.ageMs}-0`);
        })(a, b);
      }),
      { numRuns: 500 },
    );
  });

  const noneOf = Object.fromEntries(['GOV_ALLOWED_SYMBOLS', 'GOV_MAX_QTY'].map((name) => [name, 'off']));

  test('is judged under other order limits as it would have been live, where those were in force', () => {
    const more = fc.dictionary(fc.constantFrom('qty', 'price', 'mark_price', 'notional_usd'), wireNumber);
    const given = fc.record(
      {
        mark: fc.constantFrom('50000', '49750.5', '1e-9'),
        held: fc.constant({ qty: 2, markPrice: 20 }),
        market: fc.constantFrom(
          { tick_size: '0.1', step_size: '0.001' },
          { min_notional_usd: '50' },
          { tick_size: 'x' },
        ),
        permitAges: fc.constantFrom([], [59_999], [1, 2, 60_000]),
        lastOrder: fc.constantFrom('soon', String(NOW_MS / 1000 - 5)),
        equity: fc.constantFrom('1000', '0', 'x'),
        maintenance: fc.constantFrom('3', '0', 'x'),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(orderLimits, orderLimits, more, given, (a, b, fields, around) => {
        const judged = ({ settings }: Under) => worldUnder(settings, around).plan({ ...OPEN_PLAN, ...fields });
        const under = (settings: Record<string, string>) => ({
          settings: { ...WIDE_CAPS, ...settings },
          mode: 'production',
        });
        expectSame(governor, judged)(under(a), under(b));
        expectSame(governor, judged)(under(a), under({ ...a, ...noneOf }));
      }),
      { numRuns: 300 },
    );
  });

  test('that was judged before an order limit was in force is not judged by that', () => {
    const record = recordOf('governor', new GovernorWorld().plan(OPEN_PLAN), 'testnet');
    const ofOne = [
      'PRICE_COLLAR_PCT',
      'MAX_PERMITS_PER_MINUTE',
      'DUPLICATE_SEC',
      'MAX_LEVERAGE',
      'MAX_SHOCK_PCT',
      'MAX_MARGIN_PCT',
    ];
    for (const settings of [
      ...['MAX_QTY', 'MAX_SYMBOL_NOTIONAL_USDT'].map((name) => ({ [`GOV_${name}`]: '*:1' })),
      ...ofOne.map((name) => ({ [`GOV_${name}`]: '1' })),
    ]) {
      expect(rejudged(governor, record, { settings, mode: 'testnet' })).toBeUndefined();
    }
  });

  test('that could not be judged stays blocked', () => {
    const world = new GovernorWorld();
    const record = recordOf('governor', world.fail(OPEN_PLAN), 'production');
    const again = rejudged(governor, record, { settings: {}, mode: 'dry_run' });
    expect(again).toEqual({ verdict: 'BLOCK', reason: 'evaluation_error', checks: '[]' });
  });
});

describe('a logged cycle of budgets', () => {
  const under = fc.record({
    settings: fc.record({
      BASE_RISK_PCT: fc.constantFrom('0.02', '0.5'),
      ALPHA_HEAT: share,
      BETA_CLUSTER: share,
      GAMMA_VOL: share,
      MIN_BUDGET_K: fc.constantFrom('0', '500'),
      MAX_BUDGET_K: fc.constantFrom('500', '10000'),
    }),
    mode: fc.constantFrom('shadow', 'enforce'),
  });
  const position = fc.record({
    symbol: fc.nat(150).map((n) => `S${n}`),
    notional: fc.double({ min: 0, max: 20_000, noNaN: true }),
    sigma: fc.double({ min: 0.001, max: 0.1, noNaN: true }),
  });
  const book = fc.uniqueArray(position, { selector: ({ symbol }) => symbol, maxLength: 120, size: 'max' });

  test('is judged under other weights and budgets as it would have been live, with any number of positions', () => {
    fc.assert(
      fc.property(book, wireNumber, under, under, (positions, equity, a, b) => {
        const views = { book: positions.map((one) => ({ ...one, side: 'LONG' as const })) };
        expectSame(riskGovernor, (rules) => run({ ...views, equity, ...rules }))(a, b);
      }),
    );
  });
});

test('positions beyond those a cycle names are counted by other budgets too', () => {
  const book = Array.from({ length: 120 }, (_, n) => ({ symbol: `S${n}`, notional: 600, sigma: 0.001, side: 'LONG' }));
  const calm = run({ book });
  expect(rulingOf(calm).checks).toContain('"value":0,"limit":0,"headroom":0,"verdict":"pass"');
  const tight = { settings: { MIN_BUDGET_K: '0', MAX_BUDGET_K: '500' }, mode: 'enforce' };
  const again = rejudged(riskGovernor, recordOf('risk-governor', calm, 'shadow'), tight);
  expect(again?.checks).toContain('"value":120,"limit":0,"headroom":-120,"verdict":"refuse"');
});

describe('an entry that lacks what judging it again takes', () => {
  const rules = { settings: {}, mode: '' };
  const whole = recordOf('heat-gate', judgeProposal({ plan_id: 'p', symbol: 'A', action: 'FULL_CLOSE' }), 'shadow');
  const plan = recordOf('governor', new GovernorWorld().plan(OPEN_PLAN), 'testnet');
  const cycle = recordOf('risk-governor', run({ planned: ['A'] }), 'shadow');

  test.each([
    ['an exit from before its input was kept', heatGate, { ...whole, input: '' }],
    ['an exit whose facts are no JSON', heatGate, { ...whole, facts: '{' }],
    ['an exit without a heat', heatGate, { ...whole, facts: '{}' }],
    ['a plan from before its input was kept', governor, { ...plan, input: '' }],
    ['a plan without figures', governor, { ...plan, facts: '{"kill_on":false}' }],
    ['a cycle from before its input was kept', riskGovernor, { ...cycle, input: '' }],
    ['a cycle without an equity', riskGovernor, { ...cycle, facts: '{}' }],
  ])('%s is not judged', (_words, handler, record) => {
    expect(rejudged(handler as typeof heatGate, record, rules)).toBeUndefined();
  });
});
