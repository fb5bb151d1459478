import { describe, expect, it } from 'vitest';
import type { Check } from '../../../../handlers/contract/effects.ts';
import governor from '../../../../handlers/governor/index.ts';
import { DAY_MS } from '../../../../schemas/duration.ts';
import { keys } from '../../../../schemas/keys.ts';
import { OPEN_PLAN } from '../../../support/governor-world.ts';
import { LossWorld } from '../../../support/loss-world.ts';
import { recordOf, rejudged, rulingOf } from '../../../support/rejudge.ts';

const CLOSE = { action: 'FULL_CLOSE', side: 'SELL' };
const names = (world: LossWorld) => world.events.map(({ event }) => event).filter((event) => event?.startsWith('LOSS'));

describe('a loss limit that is reached', () => {
  it('is told once: event, ledger with the figures, count, and no OPEN gets a permit; exits pass', () => {
    const world = new LossWorld();
    world.read(10_000, 10_000, 9_500.01, 9_500.01);
    expect(world.verdict()).toBe('permit');
    world.read(9_500, 9_500, 9_400, 9_400);
    expect(names(world)).toEqual(['LOSS_WARNING', 'LOSS_LIMIT']);
    expect(world.ledger.map(({ action, reason, actor, after }) => [action, reason, actor, after])).toEqual([
      ['loss_started', 'no marks of losses were kept', 'governor', 'equity 10000 USD'],
      [
        'loss_limit',
        'daily_loss_exceeded',
        'governor',
        `GOV_MAX_DAILY_LOSS_PCT: a loss of 5 %, limit 5 %, read at ${world.nowMs / 1000 - 20}`,
      ],
    ]);
    const told = world.events.find(({ event }) => event === 'LOSS_LIMIT');
    expect(told).toMatchObject({ reason: 'daily_loss_exceeded' });
    expect(JSON.parse(told?.checks ?? '')).toEqual([
      { gate: 'loss_limit', setting: 'GOV_MAX_DAILY_LOSS_PCT', value: 5, limit: 5 },
    ]);
    expect(world.verdict()).toBe('daily_loss_exceeded');
    expect(world.verdict(CLOSE)).toBe('permit');
    expect(world.verdict({ reduceOnly: 'true' })).toBe('permit');
    world.read(10_000, 10_000, 10_000, 10_000);
    expect(world.verdict()).toBe('daily_loss_exceeded');
    expect(names(world)).toEqual(['LOSS_WARNING', 'LOSS_LIMIT']);
  });

  it('counts and alarms by its metrics', () => {
    const world = new LossWorld();
    world.read(10_000, 10_000, 9_000);
    world.nowMs += 10_000;
    world.hashes.set(keys.portfolioState, { equity_usd: '9000', timestamp: String(world.nowMs / 1000) });
    const outcome = world.watch();
    expect(outcome.counts).toEqual([
      { metric: 'quantum_govern_loss_trips_total', labels: { reason: 'daily_loss_exceeded' } },
    ]);
    expect(outcome.more).toBe(true);
    expect(outcome.log).toEqual([
      {
        level: 'error',
        text: 'LOSS LIMIT: GOV_MAX_DAILY_LOSS_PCT: a loss of 10 %, limit 5 % - OPEN is refused',
      },
    ]);
  });

  it('takes back what opens and was not taken, and what is given while it holds; never an exit', () => {
    const world = new LossWorld();
    world.read(10_000, 10_000, 9_000);
    const sent = { open: {}, close: CLOSE, reduce: { reduceOnly: 'true' } };
    world.hashes.get(keys.lossLatch);
    world.read(10_000, 10_000, 10_000);
    for (const [plan_id, fields] of Object.entries(sent)) world.plan({ ...OPEN_PLAN, plan_id, ...fields });
    world.read(9_000, 9_000);
    expect(world.permit('open')).toBeDefined();
    world.nowMs += 500;
    world.watch();
    expect(Object.keys(sent).map((plan) => world.permit(plan) !== undefined)).toEqual([false, true, true]);
    const revoked = world.events.filter(({ event }) => event === 'PERMIT_REVOKED');
    expect(revoked.map(({ plan_id, reason }) => [plan_id, reason])).toEqual([['open', 'loss_limit']]);
    expect(world.reserved()).toEqual([]);
  });

  it('is not loosened by a trading state, nor loosens one', () => {
    const world = new LossWorld();
    world.read(10_000, 10_000, 9_000, 9_000);
    world.hashes.set(keys.governorState, { rev: '1', trading_state: 'ACTIVE', armed: '1' });
    expect(world.verdict()).toBe('daily_loss_exceeded');
    world.hashes.set(keys.governorState, { rev: '2', trading_state: 'HALTED', armed: '1' });
    expect(world.verdict()).toBe('kill_switch_active');
    expect(world.verdict(CLOSE)).toBe('kill_switch_active');
    world.hashes.delete(keys.lossLatch);
    expect(world.verdict()).toBe('kill_switch_active');
  });

  it('ends with the day where that is set, in the ledger', () => {
    const world = new LossWorld({ GOV_LOSS_RELEASE: 'day' });
    world.read(10_000, 10_000, 9_000, 9_000);
    expect(world.verdict()).toBe('daily_loss_exceeded');
    world.nowMs += DAY_MS;
    world.read(9_000, 9_000);
    expect(world.verdict()).toBe('permit');
    expect(names(world).at(-1)).toBe('LOSS_RELEASED');
    expect(world.ledger.at(-1)).toMatchObject({
      action: 'loss_release',
      reason: 'day_turned',
      before: 'daily_loss_exceeded',
    });
  });

  it('of another kind is told beside the first, and the nearest before is what a check says', () => {
    const world = new LossWorld({ GOV_MAX_DRAWDOWN_PCT: '10', GOV_MAX_DAILY_LOSS_USD: '400' });
    world.read(10_000, 10_000, 9_800, 9_800);
    const passed = JSON.parse(rulingOf(world.plan({ ...OPEN_PLAN, plan_id: 'p' })).checks) as Check[];
    expect(passed.find(({ gate }) => gate === 'loss_limit')).toEqual({
      gate: 'loss_limit',
      value: '200 USD',
      limit: '400 USD',
      headroom: 200,
      verdict: 'pass',
    });
    world.read(9_600, 9_600, 9_000, 9_000);
    expect(world.ledger.map(({ reason }) => reason).slice(1)).toEqual(['daily_loss_exceeded', 'drawdown_exceeded']);
  });
});

describe('with a loss limit nothing opens', () => {
  it.each([
    ['before enough was read', (world: LossWorld) => world.hashes.delete(keys.lossLatch)],
    ['on a state that is old', (world: LossWorld) => Object.assign(world, { nowMs: world.nowMs + 120_000 })],
    [
      'on marks that cannot be read',
      (world: LossWorld) => world.hashes.set(keys.lossLatch, { marks: '{', tripped: '{}' }),
    ],
    [
      'on trips that cannot be read',
      (world: LossWorld) => Object.assign(world.hashes.get(keys.lossLatch) as object, { tripped: '?' }),
    ],
    ['on a key of another type', (world: LossWorld) => world.wrong.add(keys.lossLatch)],
    [
      'on marks that were lost',
      (world: LossWorld) => Object.assign(world.hashes.get(keys.lossLatch) as object, { lost: 'hash' }),
    ],
    [
      'on a lower equity that is in doubt',
      (world: LossWorld) => Object.assign(world.hashes.get(keys.portfolioState) as object, { equity_low_usd: '3000' }),
    ],
  ])('%s, whatever the fail policy says; exits pass', (_what, change) => {
    for (const policy of ['closed', 'open']) {
      const world = new LossWorld({ GOV_CAPS_FAIL_POLICY: policy });
      world.read(10_000, 10_000, 10_000);
      expect(world.verdict()).toBe('permit');
      change(world);
      expect(world.verdict()).toContain('loss_unknown');
      expect(world.verdict(CLOSE)).toBe('permit');
    }
  });

  it('trips nothing on a missing, stale, doubted or older equity', () => {
    const world = new LossWorld({ GOV_LOSS_CONFIRMATIONS: '1/1' });
    world.read(10_000, 10_000);
    const lastSec = world.nowMs / 1000;
    world.read({ equity_usd: 'NaN' });
    for (const sec of [lastSec, lastSec - 1, lastSec - 120]) world.read({ equity_usd: '1', timestamp: String(sec) });
    world.read({ equity_usd: '1', timestamp: String(world.nowMs / 1000 + 16) });
    world.read({ equity_usd: '10000', equity_low_usd: '1' }, {});
    world.read({ equity_usd: '10000' });
    expect(names(world)).toEqual([]);
    expect(world.verdict()).toBe('permit');
  });

  it('goes on counting after a clock that was a day ahead', () => {
    const world = new LossWorld();
    world.nowMs += DAY_MS;
    world.read(10_000, 10_000, 10_000);
    world.nowMs -= DAY_MS;
    expect(world.verdict()).toContain('loss_unknown');
    world.read(10_000, 9_500, 9_500);
    expect(world.verdict()).toBe('daily_loss_exceeded');
    expect(names(world)).toContain('LOSS_LIMIT');
  });
});

describe('without a loss limit', () => {
  it('nothing is kept, and what was kept decides nothing', () => {
    const world = new LossWorld({ GOV_MAX_DAILY_LOSS_PCT: 'off' });
    world.read(10_000, 10_000, 5_000, 5_000);
    expect(world.hashes.has(keys.lossLatch)).toBe(false);
    expect(world.verdict()).toBe('permit');
    world.settings = { GOV_MAX_DAILY_LOSS_PCT: '5', GOV_SYMBOL_COOLDOWN_SECONDS: '0' };
    world.read(10_000, 10_000, 5_000, 5_000);
    expect(world.verdict()).toBe('daily_loss_exceeded');
    world.settings = { GOV_SYMBOL_COOLDOWN_SECONDS: '0' };
    expect(world.verdict()).toBe('permit');
    world.plan({ ...OPEN_PLAN, plan_id: 'kept' });
    world.watch();
    expect(world.permit('kept')).toBeDefined();
  });
});

describe('a logged plan', () => {
  it('is judged again by other loss limits, on the losses it was judged on', () => {
    const world = new LossWorld();
    world.read(10_000, 10_000, 9_700, 9_700);
    const outcome = world.plan(OPEN_PLAN);
    const record = recordOf('governor', outcome, 'testnet');
    const under = (settings: Record<string, string>) => rejudged(governor, record, { settings, mode: 'testnet' });
    expect(under(world.settings)).toEqual(rulingOf(outcome));
    expect(under({ GOV_MAX_DAILY_LOSS_PCT: '3' })).toMatchObject({ verdict: 'BLOCK', reason: 'daily_loss_exceeded' });
    expect(under({ GOV_MAX_DAILY_LOSS_PCT: '3.01' })).toMatchObject({ verdict: 'PERMIT' });
    expect(under({})?.checks).not.toContain('loss_limit');
    const static10 = { GOV_MAX_STATIC_DRAWDOWN_PCT: '10', GOV_STARTING_BALANCE_USD: '10000' };
    expect(under(static10)).toMatchObject({ reason: 'caps_data_unavailable' });
  });

  it('keeps what the latch held, and one logged without losses cannot be judged by them', () => {
    const world = new LossWorld();
    world.read(10_000, 10_000, 9_000, 9_000, 10_000, 10_000);
    const held = recordOf('governor', world.plan(OPEN_PLAN), 'testnet');
    const settings = { GOV_MAX_DAILY_LOSS_PCT: '50' };
    expect(rejudged(governor, held, { settings, mode: 'testnet' })).toMatchObject({ reason: 'daily_loss_exceeded' });
    world.settings = { GOV_SYMBOL_COOLDOWN_SECONDS: '0' };
    const without = recordOf('governor', world.plan({ ...OPEN_PLAN, plan_id: 'p2' }), 'testnet');
    expect(rejudged(governor, without, { settings, mode: 'testnet' })).toBeUndefined();
    expect(rejudged(governor, without, { settings: {}, mode: 'testnet' })).toMatchObject({ verdict: 'PERMIT' });
  });
});
