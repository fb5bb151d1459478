import { describe, expect, it } from 'vitest';
import { standingGates } from '../../../schemas/governor-gates.ts';
import { keys } from '../../../schemas/keys.ts';
import { NOW_MS } from '../../support/fake-ctx.ts';
import { GovernorWorld, OPEN_PLAN } from '../../support/governor-world.ts';

const SEC = NOW_MS / 1000;
const market = (mark: string, ageSec = 0) => ({
  hashes: { 'state:market': { BTCUSDT: { mark_price: mark, timestamp: String(SEC - ageSec) } } },
});
const held = (symbol: string, qty: number, markPrice: number | null = 10) => ({
  symbol,
  qty,
  markPrice: markPrice ?? undefined,
});
const symbols = (count: number) => Array.from({ length: count }, (_, at) => held(`S${at}`, 1));

/** A world changed a little, the plan sent in it, and what comes of it: `permit` or the reason of the block. */
type Case = [sentence: string, change: (world: GovernorWorld) => void, plan: Record<string, string>, verdict: string];

function verdictOf(change: Case[1], plan: Record<string, string>): string {
  const world = new GovernorWorld();
  change(world);
  world.plan({ ...OPEN_PLAN, ...plan });
  const block = world.block('p1');
  const permit = world.permit('p1');
  expect([block, permit].filter((one) => one !== undefined)).toHaveLength(1);
  return permit === undefined ? String(block?.reason) : 'permit';
}

const production = (world: GovernorWorld) => {
  world.mode = 'production';
};
const execs = (agesMs: number[]) => (world: GovernorWorld) => {
  world.mode = 'production';
  world.sets.set(keys.execTimes('BTCUSDT'), new Map(agesMs.map((age, at) => [`e${at}`, NOW_MS - age])));
};
const budget =
  (over: { mode?: string; age?: number; governor?: string; violationAge?: number }) => (world: GovernorWorld) => {
    const timestamp = String(SEC - (over.age ?? 0));
    world.mode = over.governor ?? 'production';
    world.hashes.set(keys.budget('BTCUSDT'), { mode: over.mode ?? 'enforce', budget_usd: '120', timestamp });
    world.hashes.delete(keys.portfolioState);
    const violations = over.violationAge === undefined ? {} : { BTCUSDT: NOW_MS - over.violationAge };
    world.views = { book: [held('BTCUSDT', 7)], violations };
  };
const positions = (book: Parameters<typeof held>[]) => (world: GovernorWorld) => {
  world.hashes.delete(keys.portfolioState);
  world.views = { book: book.map((one) => held(...one)) };
};
const state = (fields: Record<string, string>) => (world: GovernorWorld) =>
  world.hashes.set(keys.governorState, fields);
const kill = (value: string) => (world: GovernorWorld) => world.texts.set(keys.kill, value);
const lastExec = (ageMs: number) => (world: GovernorWorld) =>
  world.texts.set(keys.lastExec('BTCUSDT'), String((NOW_MS - ageMs) / 1000));

const unread = (ageMs: number) => (world: GovernorWorld) => {
  world.views = { book: [held('ETHUSDT', 1)], unreadSinceMs: NOW_MS - ageMs };
};

const cases: Case[] = [
  ['positions that cannot be read for 119.999 s', unread(119_999), {}, 'permit'],
  ['positions that cannot be read for 120 s', unread(120_000), {}, 'caps_data_unavailable'],
  ['positions that cannot be read for 120 s, a CLOSE', unread(120_000), { action: 'FULL_CLOSE' }, 'permit'],
  ['as the world begins', () => undefined, {}, 'permit'],
  ['the kill switch at 1', kill('1'), {}, 'kill_switch_active'],
  ['the kill switch at any word', kill('off'), {}, 'kill_switch_active'],
  ['the kill switch at 0', kill('0'), {}, 'permit'],
  ['the kill switch empty', kill(''), {}, 'permit'],
  ['HALTED, as the kill switch', state({ trading_state: 'HALTED', armed: '1' }), {}, 'kill_switch_active'],
  ['REDUCING', state({ trading_state: 'REDUCING', armed: '1' }), {}, 'reducing_only'],
  ['a trading state that nobody knows', state({ trading_state: 'Active' }), {}, 'reducing_only'],
  ['disarmed', state({ trading_state: 'ACTIVE', armed: '0' }), {}, 'disarmed'],
  ['armed', state({ trading_state: 'ACTIVE', armed: '1' }), {}, 'permit'],
  ['a budget of 120 against 70 + 50', budget({}), {}, 'permit'],
  ['a budget of 120 against 70 + 50.01', budget({}), { qty: '0.0010002' }, 'p28_budget_violation'],
  ['the same, the budget 60 s old', budget({ age: 60 }), { qty: '0.0010002' }, 'p28_budget_violation'],
  ['the same, the budget 61 s old', budget({ age: 61 }), { qty: '0.0010002' }, 'permit'],
  ['the same, P2.8 in shadow', budget({ mode: 'shadow' }), { qty: '0.0010002' }, 'permit'],
  ['the same in testnet', budget({ governor: 'testnet' }), { qty: '0.0010002' }, 'permit'],
  ['a violation 29.999 s old', budget({ violationAge: 29_999 }), {}, 'p28_budget_violation'],
  ['a violation 30 s old', budget({ violationAge: 30_000 }), {}, 'permit'],
  ['kill score 0.7999 in production', production, { kill_score: '0.7999' }, 'permit'],
  ['kill score 0.8 in production', production, { kill_score: '0.8' }, 'kill_score_critical'],
  ['kill score unreadable in production', production, { kill_score: 'high' }, 'caps_data_unavailable'],
  ['kill score 1 in testnet', () => undefined, { kill_score: '1' }, 'permit'],
  ['59.999 s after the last permit', lastExec(59_999), {}, 'symbol_cooldown'],
  ['60 s after the last permit', lastExec(60_000), {}, 'permit'],
  ['a last permit that cannot be read', (w) => w.texts.set(keys.lastExec('BTCUSDT'), 'x'), {}, 'caps_data_unavailable'],
  ['2 permits in an hour', execs([3_000_000, 400_000]), {}, 'permit'],
  ['3 permits in an hour', execs([3_599_999, 3_000_000, 400_000]), {}, 'hourly_limit_exceeded'],
  ['3 permits, one just an hour ago', execs([3_600_000, 3_000_000, 400_000]), {}, 'permit'],
  ['2 permits in 5 minutes', execs([299_999, 100_000]), {}, 'burst_limit_exceeded'],
  ['2 permits, one just 5 minutes ago', execs([300_000, 100_000]), {}, 'permit'],
  ['9 positions', positions(symbols(9).map((p) => [p.symbol, 1])), {}, 'permit'],
  ['10 positions', positions(symbols(10).map((p) => [p.symbol, 1])), {}, 'max_positions_reached'],
  [
    '10 positions, its own symbol held',
    positions([['BTCUSDT', 1], ...symbols(9).map((p) => [p.symbol, 1] as [string, number])]),
    {},
    'max_positions_reached',
  ],
  ['a plan of 200', () => undefined, { qty: '0.004' }, 'permit'],
  ['a plan of 200.00001', () => undefined, { qty: '0.0040000002' }, 'notional_per_trade_exceeded'],
  ['1,950 held and a plan of 50', positions([['X', 195]]), {}, 'permit'],
  ['1,950.01 held and a plan of 50', positions([['X', 195.001]]), {}, 'total_notional_exceeded'],
  ['2,000 held and a plan of 0', positions([['X', 200]]), { qty: '0' }, 'total_notional_exceeded'],
  ['1,999 held and a plan of 0', positions([['X', 199.9]]), { qty: '0' }, 'permit'],
  ['nothing known of positions', (w) => w.hashes.delete(keys.portfolioState), {}, 'caps_data_unavailable'],
  ['a position without a price', positions([['X', 1, null]]), {}, 'caps_data_unavailable'],
  ['no quantity and no notional', () => undefined, { qty: '' }, 'caps_data_unavailable'],
  ['no quantity, a notional of 200', () => undefined, { qty: 'all', notional_usd: '200' }, 'permit'],
  ['a quantity without a price anywhere', () => undefined, { price: '', notional_usd: '5' }, 'caps_data_unavailable'],
  ['a negative quantity', () => undefined, { qty: '-0.0041' }, 'notional_per_trade_exceeded'],
  [
    'a small price beside the market 120 s ago',
    (w) => {
      w.views = market('300000', 120);
    },
    { price: '1' },
    'notional_per_trade_exceeded',
  ],
  [
    'a small price beside the market 121 s ago',
    (w) => {
      w.views = market('300000', 121);
    },
    { price: '1' },
    'permit',
  ],
  ['the larger of two prices', () => undefined, { price: '1', mark_price: '300000' }, 'notional_per_trade_exceeded'],
  [
    'nothing known, policy open',
    (w) => {
      w.hashes.delete(keys.portfolioState);
      w.settings = { GOV_CAPS_FAIL_POLICY: 'open' };
    },
    {},
    'permit',
  ],
];

describe('an OPEN plan', () => {
  it.each(cases)('%s', (_sentence, change, plan, verdict) => {
    expect(verdictOf(change, plan)).toBe(verdict);
  });

  it.each([
    [300_000, 'permit'],
    [300_001, 'plan_expired'],
    [-5_000, 'permit'],
    [-5_001, 'plan_expired'],
  ])('is %i ms old by its stream id', (age, verdict) => {
    const world = new GovernorWorld();
    world.plan(OPEN_PLAN, `${NOW_MS - age}-0`);
    expect(world.block('p1')?.reason ?? 'permit').toBe(verdict);
  });

  it.each(['production', 'testnet', 'dry_run'])('is held in %s when a restore came after it, exits too', (mode) => {
    for (const plan of [OPEN_PLAN, { ...OPEN_PLAN, action: 'FULL_CLOSE', reduceOnly: 'true' }]) {
      for (const [restoredMs, reason] of [
        [NOW_MS - 1, undefined],
        [NOW_MS, 'restored_unreleased'],
        [NOW_MS + 1, 'restored_unreleased'],
        ['soon', 'restored_unreleased'],
      ] as const) {
        const world = new GovernorWorld();
        world.mode = mode;
        state({ restored_ms: String(restoredMs) })(world);
        world.plan({ ...plan, kill_score: '0.1' }, `${NOW_MS}-0`);
        expect([restoredMs, world.block('p1')?.reason]).toEqual([restoredMs, reason]);
      }
    }
  });

  it('carries every gate in order, and all that can be evaluated are', () => {
    const world = new GovernorWorld();
    kill('1')(world);
    state({ trading_state: 'REDUCING' })(world);
    world.plan({ ...OPEN_PLAN, qty: '1' });
    const block = world.block('p1');
    expect(block?.checks.map((check) => check.gate)).toEqual(standingGates);
    const refused = block?.checks.filter((check) => check.verdict === 'refuse').map((check) => check.gate);
    expect(refused).toEqual(['kill_switch', 'trading_state', 'notional_per_trade', 'total_notional']);
    expect(block?.checks.find((check) => check.gate === 'notional_per_trade')).toEqual({
      gate: 'notional_per_trade',
      value: 50_000,
      limit: 200,
      headroom: -49_800,
      verdict: 'refuse',
    });
  });

  it('is marked by what would refuse: a budget in testnet, missing data under the open policy', () => {
    const world = new GovernorWorld();
    budget({ governor: 'testnet' })(world);
    world.settings = { GOV_CAPS_FAIL_POLICY: 'open' };
    world.plan({ ...OPEN_PLAN, qty: '', notional_usd: '51' });
    const marked = world.permit('p1')?.checks.filter((check) => check.verdict === 'would_refuse');
    expect(marked?.map((check) => check.gate)).toEqual(['p28_budget']);
    world.plan({ ...OPEN_PLAN, plan_id: 'p2', symbol: 'ETHUSDT', price: '' });
    expect(world.permit('p2')?.checks.at(-1)).toMatchObject({ value: 'plan_notional', verdict: 'would_refuse' });
  });
});
