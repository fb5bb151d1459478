import { describe, expect, it } from 'vitest';
import { keys } from '../../schemas/keys.ts';
import { NOW_MS } from '../support/fake-ctx.ts';
import { GovernorWorld, OPEN_PLAN } from '../support/governor-world.ts';
import { liveSample } from '../support/live.ts';

const SEC = NOW_MS / 1000;
const CLOSE = { plan_id: 'c1', symbol: 'BTCUSDT', action: 'PARTIAL_50' };
const long = { symbol: 'BTCUSDT', qty: 4, markPrice: 100, side: 'SHORT', atMs: NOW_MS };

describe('a permit', () => {
  it('says what may be traded, in the fields of the contract', () => {
    const world = new GovernorWorld();
    const outcome = world.plan({ ...OPEN_PLAN, qty: '-0.001' });
    const { checks, ...permit } = world.permit('p1') ?? { checks: [] };
    expect(permit).toEqual({
      granted: true,
      symbol: 'BTCUSDT',
      action: 'OPEN_LONG',
      decision: 'EXECUTE',
      computed_qty: 0.001,
      computed_notional: 50,
      reduceOnly: false,
      created_at: SEC,
      consumed: false,
      mode: 'testnet',
    });
    expect(checks).toHaveLength(12);
    expect(outcome.effects).toContainEqual(expect.objectContaining({ do: 'set', key: 'permit:p1', ttlSec: 60 }));
    expect(world.events).toEqual([
      expect.objectContaining({ event: 'PERMIT', plan_id: 'p1', symbol: 'BTCUSDT', reason: 'ok', timestamp: `${SEC}` }),
    ]);
  });

  it('writes small quantities without an exponent', () => {
    const world = new GovernorWorld();
    world.plan({ ...OPEN_PLAN, qty: '0.0000001' });
    expect(world.texts.get('permit:p1')).toContain('"computed_qty":0.0000001,');
  });

  it('is given once to a plan: a repeat gets an event and nothing else', () => {
    const world = new GovernorWorld();
    world.plan(OPEN_PLAN);
    world.take('p1');
    world.nowMs += 90_000;
    const outcome = world.plan(OPEN_PLAN);
    expect(outcome.effects.map((effect) => effect.do)).toEqual(['emit']);
    expect(world.events.at(-1)?.event).toBe('DUPLICATE');
  });

  it('is given to a plan that was blocked before, and removes the block', () => {
    const world = new GovernorWorld();
    world.texts.set(keys.kill, '1');
    world.plan(OPEN_PLAN);
    expect(world.block('p1')?.reason).toBe('kill_switch_active');
    world.texts.set(keys.kill, '0');
    world.plan(OPEN_PLAN);
    expect([world.block('p1'), world.permit('p1')?.granted]).toEqual([undefined, true]);
  });
});

describe('a block', () => {
  it('says why, lives an hour, and is logged as the seeds grep for it', () => {
    const world = new GovernorWorld();
    const outcome = world.plan({ ...OPEN_PLAN, qty: '1' });
    expect(world.block('p1')).toMatchObject({
      reason: 'notional_per_trade_exceeded',
      timestamp: SEC,
      symbol: 'BTCUSDT',
    });
    expect(outcome.effects[0]).toMatchObject({ key: 'governor:block:p1', ttlSec: 3600 });
    expect(outcome.log?.map((line) => line.text)).toContain('BTCUSDT: BLOCKED plan p1 - notional_per_trade_exceeded');
    expect(outcome.counts).toContainEqual({
      metric: 'quantum_govern_block_total',
      labels: { symbol: 'BTCUSDT', reason: 'notional_per_trade_exceeded' },
    });
  });
});

describe('a CLOSE plan', () => {
  it.each([
    ['its qty', { qty: '-3' }, 3],
    ['its close_qty', { close_qty: '2' }, 2],
    ['half of a position of 4', { close_qty: '0.0' }, 2],
    ['a quarter of it', { action: 'PARTIAL_25_PROPOSED' }, 1],
    ['all of it', { action: 'FULL_CLOSE' }, 4],
    ['nothing for a stop move', { action: 'MOVE_SL', qty: '3' }, 0],
    ['nothing known of the position', { symbol: 'ETHUSDT' }, null],
    ['no share in the action', { action: 'UNKNOWN', reduceOnly: 'True' }, null],
  ])('closes %s', (_sentence, fields, qty) => {
    const world = new GovernorWorld();
    world.hashes.clear();
    world.views = { book: [long] };
    world.plan({ ...CLOSE, ...fields });
    expect(world.permit('c1')).toMatchObject({ computed_qty: qty, reduceOnly: true });
  });

  it('passes in the seeds words whatever else it carries, and reserves nothing', () => {
    const world = new GovernorWorld();
    const outcome = world.plan({ ...CLOSE, kill_score: 'x', qty: 'y', price: 'z', reduceOnly: 'maybe' }, '1-0');
    expect(outcome.log?.map((line) => line.text)).toEqual([
      'BTCUSDT: CLOSE action (PARTIAL_50) - bypassing fund caps',
      'BTCUSDT: ALLOWED plan c1',
    ]);
    expect([world.reserved(), world.sets.get(keys.execTimes('BTCUSDT'))]).toEqual([[], undefined]);
    expect(world.texts.get(keys.lastExec('BTCUSDT'))).toBe(`${SEC}`);
  });

  it('stops at the kill switch', () => {
    const world = new GovernorWorld();
    world.texts.set(keys.kill, '1');
    world.plan(CLOSE);
    expect(world.block('c1')?.reason).toBe('kill_switch_active');
    expect(world.permit('c1')).toBeUndefined();
  });
});

describe('a plan that is not to be judged', () => {
  it('with another decision is left alone', () => {
    expect(new GovernorWorld().plan({ ...OPEN_PLAN, decision: 'SKIP' }).effects).toEqual([]);
  });

  it.each(['HOLD', 'NOOP_PROPOSED'])('%s is ignored, reduceOnly or not', (action) => {
    const world = new GovernorWorld();
    world.plan({ ...OPEN_PLAN, action, reduceOnly: 'true' });
    expect(world.events.map((event) => event.event)).toEqual(['IGNORED']);
    expect([world.permit('p1'), world.block('p1')]).toEqual([undefined, undefined]);
  });

  it('for want of a usable plan_id, symbol or action never reaches the gates', () => {
    const world = new GovernorWorld();
    const without = { plan_id: 'p1', symbol: 'BTCUSDT' };
    for (const bad of [without, { ...OPEN_PLAN, symbol: 'BTC:USDT' }, { ...OPEN_PLAN, plan_id: '' }]) {
      expect(() => world.plan(bad)).toThrow('expected 1 to 128 bytes');
    }
  });
});

describe('dry run', () => {
  it('permits what it would have blocked, and leaves no trace of an execution', () => {
    const world = new GovernorWorld();
    world.mode = 'dry_run';
    const outcome = world.plan({ ...OPEN_PLAN, qty: '1' });
    expect(world.permit('p1')).toMatchObject({ granted: true, dry_run: true, mode: 'dry_run' });
    expect(outcome.decision?.verdict).toBe('WOULD_BLOCK');
    expect(outcome.log?.at(-1)?.text).toBe('BTCUSDT: would have BLOCKED plan p1 - notional_per_trade_exceeded');
    expect([...world.texts.keys()]).toEqual(['permit:p1']);
    expect([...world.sets.keys()]).toEqual([keys.outstanding, keys.plannedSymbols]);
    expect([world.reserved(), world.jobs]).toEqual([[], []]);
    world.texts.set(keys.kill, '1');
    world.watch();
    expect(world.permit('p1')).toBeUndefined();
  });

  it('is stopped by the kill switch all the same', () => {
    const world = new GovernorWorld();
    world.mode = 'dry_run';
    world.texts.set(keys.kill, 'yes');
    world.plan(OPEN_PLAN);
    expect(world.block('p1')?.reason).toBe('kill_switch_active');
  });
});

describe('samples of the live system', () => {
  it('a plan is permitted, its figures unknown', () => {
    const { id, fields } = liveSample('apply.plan');
    const world = new GovernorWorld();
    world.nowMs = Number(id.slice(0, -2)) + 86_400_000;
    world.plan({ ...fields }, id);
    expect(world.permit('abc5f1f59a4df545')).toMatchObject({ action: 'FULL_CLOSE_PROPOSED', computed_qty: null });
  });

  it('a result that was not executed frees what its plan reserved', () => {
    const { fields } = liveSample('apply.result');
    const world = new GovernorWorld();
    world.plan({ ...OPEN_PLAN, plan_id: fields.plan_id ?? '' });
    expect(world.reserved()).toEqual(['c07e735d4cb0ef1e']);
    world.result({ ...fields });
    expect(world.reserved()).toEqual([]);
  });

  it('the seeds portfolio: more positions than allowed comes first, with the seeds line on the notional', () => {
    const world = new GovernorWorld();
    world.hashes.clear();
    world.views = { book: Array.from({ length: 20 }, (_, at) => ({ symbol: `S${at}`, notional: 118_844.14 / 20 })) };
    const outcome = world.plan({ ...OPEN_PLAN, action: 'UNKNOWN', qty: '0', price: '' });
    expect(outcome.log?.map((line) => line.text)).toEqual([
      'BTCUSDT: OPEN action (UNKNOWN) - applying fund caps',
      'BTCUSDT: Testnet mode - applying fund caps for plan p1',
      'BTCUSDT: Notional $0.00 OK (limit $200.0)',
      'Portfolio notional $118844.14 >= $2000.0',
      'BTCUSDT: BLOCKED plan p1 - max_positions_reached',
    ]);
  });
});
