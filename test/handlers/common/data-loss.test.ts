import { describe, expect, it } from 'vitest';
import { keys } from '../../../schemas/keys.ts';
import { NOW_MS } from '../../support/fake-ctx.ts';
import { GovernorWorld, OPEN_PLAN } from '../../support/governor-world.ts';

const LOST_MS = NOW_MS - 5_000;
const CLOSE = { plan_id: 'c1', symbol: 'ETHUSDT', action: 'FULL_CLOSE', qty: '1' };

/** A world whose Redis lost data five seconds ago. */
function lost(): GovernorWorld {
  const world = new GovernorWorld();
  world.hashes.set(keys.dataLost, { at: String(LOST_MS), seen: '12', found: '9' });
  return world;
}

function state(world: GovernorWorld, atMs: number, fields: Record<string, string>): void {
  world.hashes.set(keys.portfolioState, { ...fields, timestamp: String(atMs / 1000) });
}

function held(symbol: string, atMs: number) {
  return { symbol, qty: 1, markPrice: 10, atMs };
}

function isOver(world: GovernorWorld): boolean {
  world.watch();
  world.watch();
  return !world.hashes.has(keys.dataLost);
}

describe('lost data', () => {
  it('are told once, in events and ledger', () => {
    const world = lost();
    world.watch();
    world.watch();
    expect(world.events.map(({ event }) => event)).toEqual(['DATA_LOST']);
    expect(world.ledger).toEqual([
      expect.objectContaining({ action: 'data_lost', actor: 'portcullis', reason: 'commits went back from 12 to 9' }),
    ]);
  });

  it.each(['closed', 'open'])('block OPEN plans, also where missing data fail %s', (policy) => {
    const world = lost();
    world.settings = { GOV_CAPS_FAIL_POLICY: policy };
    world.plan(OPEN_PLAN);
    expect(world.block('p1')?.reason).toBe('caps_data_unavailable');
    expect(world.block('p1')?.checks.at(-1)).toMatchObject({
      gate: 'caps_data',
      value: 'data_lost',
      verdict: 'refuse',
    });
  });

  it('block no CLOSE', () => {
    const world = lost();
    world.plan(CLOSE);
    expect(world.permit('c1')).toBeDefined();
  });

  it('block OPEN plans where the mark is of another type', () => {
    const world = new GovernorWorld();
    world.wrong.add(keys.dataLost);
    world.plan(OPEN_PLAN);
    expect(world.block('p1')?.reason).toBe('caps_data_unavailable');
    expect(world.watch().effects).toEqual([]);
  });

  it('are over once a flat account is told of after them, at the exact moment too', () => {
    const world = lost();
    state(world, LOST_MS - 1, { positions_count: '0' });
    expect(isOver(world)).toBe(false);
    state(world, LOST_MS, { positions_count: '0' });
    expect(isOver(world)).toBe(true);
    expect(world.ledger.map(({ action }) => action)).toEqual(['data_lost', 'data_reported']);
    world.plan(OPEN_PLAN);
    expect(world.permit('p1')).toBeDefined();
  });

  it.each([
    ['one of two positions that the state counts', 2, [['A', 0]], false],
    [
      'all that it counts, and one of before',
      1,
      [
        ['A', 0],
        ['B', -1],
      ],
      false,
    ],
    [
      'all that it counts',
      2,
      [
        ['A', 0],
        ['B', 1],
      ],
      true,
    ],
    ['one at the exact moment', 1, [['A', 0]], true],
    [
      'more than it counts',
      1,
      [
        ['A', 0],
        ['B', 0],
      ],
      true,
    ],
  ] as [string, number, [string, number][], boolean][])('with %s', (_, count, book, over) => {
    const world = lost();
    state(world, LOST_MS + 1_000, { total_positions: String(count) });
    world.views = { book: book.map(([symbol, after]) => held(symbol, LOST_MS + after)) };
    expect(isOver(world)).toBe(over);
  });

  it.each([
    ['no report at all', [], false],
    ['only reports of before', [['A', -1]], false],
    [
      'reports of some',
      [
        ['A', 0],
        ['B', -1],
      ],
      false,
    ],
    [
      'reports of all',
      [
        ['A', 0],
        ['B', 0],
      ],
      true,
    ],
  ] as [string, [string, number][], boolean][])('where no state counts positions, with %s', (_, book, over) => {
    const world = lost();
    world.hashes.delete(keys.portfolioState);
    world.views = { book: book.map(([symbol, after]) => held(symbol, LOST_MS + after)) };
    expect(isOver(world)).toBe(over);
  });

  it('of which nobody knows when they were lost end by a person alone', () => {
    const world = lost();
    world.hashes.set(keys.dataLost, { at: 'soon' });
    state(world, NOW_MS, { positions_count: '0' });
    expect(isOver(world)).toBe(false);
  });
});
