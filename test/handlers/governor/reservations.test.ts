import { describe, expect, it } from 'vitest';
import { keys } from '../../../schemas/keys.ts';
import { NOW_MS } from '../../support/fake-ctx.ts';
import { GovernorWorld, OPEN_PLAN } from '../../support/governor-world.ts';

const plan = (planId: string, symbol = 'BTCUSDT') => ({
  ...OPEN_PLAN,
  plan_id: planId,
  symbol,
  qty: '2',
  price: '100',
});
const position = (qty: number, side = 'LONG') => [{ symbol: 'BTCUSDT', qty, side, markPrice: 100, atMs: NOW_MS + 1 }];
const NO_COOLDOWN = { GOV_SYMBOL_COOLDOWN_SECONDS: '0' };

function worldWith(...plans: Record<string, string>[]): GovernorWorld {
  const world = new GovernorWorld();
  world.settings = NO_COOLDOWN;
  for (const one of plans) world.plan(one);
  return world;
}

describe('reservations', () => {
  it('count against the caps of the plans that follow', () => {
    const world = worldWith(...Array.from({ length: 10 }, (_, at) => plan(`p${at}`, `S${at}`)));
    world.plan(plan('p10', 'S10'));
    expect(world.block('p10')?.reason).toBe('max_positions_reached');
    const total = worldWith(...Array.from({ length: 10 }, (_, at) => plan(`p${at}`, 'ONE')));
    total.plan(plan('p10', 'ONE'));
    expect(total.block('p10')?.reason).toBe('total_notional_exceeded');
  });

  it.each([
    ['a snapshot that merely arrives', position(0), ['p1', 'p2']],
    ['half of the first order', position(1), ['p1', 'p2']],
    ['the first order', position(2), ['p2']],
    ['the first order and a half', position(3), ['p2']],
    ['both orders', position(4), []],
    ['a move the other way', position(4, 'SHORT'), ['p1', 'p2']],
  ])('%s in the position releases what it covers', (_sentence, book, left) => {
    const world = worldWith(plan('p1'), plan('p2'));
    world.nowMs += 1000;
    world.views = { book };
    world.watch();
    expect(world.reserved()).toEqual(left);
  });

  it('are not released by a close beside them', () => {
    const world = new GovernorWorld();
    world.settings = NO_COOLDOWN;
    world.hashes.clear();
    world.views = { book: [{ symbol: 'BTCUSDT', qty: 5, side: 'SHORT', markPrice: 100 }] };
    world.plan(plan('p1'));
    world.views = { book: position(1, 'SHORT') };
    world.watch();
    expect(world.reserved()).toEqual(['p1']);
  });

  it('by notional where the publisher gives no quantity', () => {
    const world = worldWith(plan('p1'));
    world.views = { book: [{ symbol: 'BTCUSDT', notional: 199.99, atMs: NOW_MS + 1 }] };
    world.watch();
    expect(world.reserved()).toEqual(['p1']);
    world.views = { book: [{ symbol: 'BTCUSDT', notional: 200, atMs: NOW_MS + 1 }] };
    world.watch();
    expect(world.reserved()).toEqual([]);
  });

  it('expire after their time, for judgment at once and in the store by the watcher', () => {
    const world = worldWith(plan('p1'));
    world.hashes.set(keys.portfolioState, { positions_count: '0', timestamp: String(NOW_MS / 1000 + 100) });
    world.take('p1');
    world.nowMs += 119_999;
    world.watch();
    expect(world.reserved()).toEqual(['p1']);
    world.nowMs += 1;
    const outcome = world.plan(plan('p2', 'ETHUSDT'));
    expect(JSON.parse(outcome.decision?.facts ?? '')).toMatchObject({ reservations: 0 });
    world.watch();
    expect(world.reserved()).toEqual(['p2']);
  });

  it('that cannot be read refuse OPEN until the watcher has deleted them', () => {
    const world = worldWith();
    world.hashes.set(keys.reserved, { px: '{}' });
    world.plan(plan('p1'));
    expect(world.block('p1')?.reason).toBe('caps_data_unavailable');
    world.watch();
    world.plan(plan('p1'));
    expect(world.permit('p1')?.granted).toBe(true);
  });
});
