import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bookHeat } from '../../../../handlers/common/heat.ts';
import type { BookPosition, Tally, Views } from '../../../../handlers/contract/reads.ts';
import { KeptTallies } from '../../../../runtime/engine/views/kept-tallies.ts';
import { withTallies } from '../../../../runtime/engine/views/tally-tree.ts';
import { families } from '../../../../schemas/keys.ts';
import { type Fields, fieldsOf } from '../../../../schemas/wire.ts';
import { NOW_MS } from '../../../support/fake-ctx.ts';

const SETTINGS = { P26_SNAPSHOT_MAX_AGE_SEC: 900, P26_SIGMA_HORIZON_SEC: 3600, GOV_STATE_MAX_AGE_SEC: 120 };
const EMPTY = { qty: undefined, markPrice: undefined, sigma: undefined, side: undefined };

/** A book and market states that a test changes, with tallies kept beside them. */
class World {
  readonly positions = new Map<string, BookPosition>();
  readonly markets = new Map<string, Fields>();
  readonly parts: Omit<Views, 'tally'>;
  readonly kept: KeptTallies;
  readonly views: Views;

  constructor() {
    const { positions, markets } = this;
    this.parts = {
      book: {
        lastId: '1-0',
        unreadSinceMs: undefined,
        get everSeen() {
          return positions.size > 0;
        },
        get: (symbol) => positions.get(symbol),
        positions: () => positions.values(),
      },
      hashes: (family) => ({
        get: (name) => (family === families.market ? markets.get(name) : undefined),
        names: () => markets.keys(),
      }),
      violation: () => undefined,
    };
    const views: Views = { ...this.parts, tally: (tally, settings, nowMs) => this.kept.of(tally, settings, nowMs) };
    this.views = views;
    this.kept = new KeptTallies(views);
  }

  snapshot(symbol: string, about: Partial<BookPosition> = {}): void {
    this.positions.set(symbol, { id: '1-0', symbol, atMs: NOW_MS, notional: undefined, ...EMPTY, ...about });
    this.kept.snapshotChanged(symbol);
  }

  market(symbol: string, sigma: string): void {
    this.markets.set(symbol, fieldsOf(['sigma_1d', sigma]));
    this.kept.hashChanged(families.market, symbol);
  }
}

type Step = (world: World) => number;

const symbols = fc.integer({ min: 0, max: 40 }).map((n) => `S${n}`);
const steps: fc.Arbitrary<Step> = fc.oneof(
  fc
    .tuple(
      symbols,
      fc.option(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { nil: undefined }),
      fc.constantFrom(undefined, 0.1, 0.25),
      fc.integer({ min: -1_000_000, max: 20_000 }),
    )
    .map(
      ([symbol, notional, sigma, ageMs]): Step =>
        (world) => {
          world.snapshot(symbol, { notional, sigma, atMs: NOW_MS + ageMs });
          return 0;
        },
    ),
  fc.tuple(symbols, fc.constantFrom('0.5', '0', '')).map(
    ([symbol, sigma]): Step =>
      (world) => {
        world.market(symbol, sigma);
        return 0;
      },
  ),
  fc.integer({ min: -100_000, max: 600_000 }).map(
    (ms): Step =>
      () =>
        ms,
  ),
);

describe('the heat of a book that is kept symbol by symbol', () => {
  it('is that of the same book summed from nothing, whatever happened', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 150 }), (happened) => {
        const world = new World();
        let nowMs = NOW_MS;
        for (const step of happened) {
          nowMs += step(world);
          const kept = bookHeat(world.views, SETTINGS, nowMs);
          const anew = bookHeat(withTallies(world.parts), SETTINGS, nowMs);
          expect(kept.validUntilMs).toBe(anew.validUntilMs);
          expect(kept.value).toEqual(anew.value);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('does not drift when a position comes and goes beside others', () => {
    const world = new World();
    world.snapshot('A', { notional: 0.1, sigma: 1 });
    for (let turn = 0; turn < 1000; turn += 1) {
      world.snapshot('B', { notional: 1e15 / 3, sigma: 1 });
      bookHeat(world.views, SETTINGS, NOW_MS);
      world.snapshot('B', { notional: 0 });
      expect(bookHeat(world.views, SETTINGS, NOW_MS).value.riskUsd).toBe(0.1);
    }
  });

  it('follows the whole book when all of it may have changed', () => {
    const world = new World();
    world.snapshot('A', { notional: 100, sigma: 1 });
    expect(bookHeat(world.views, SETTINGS, NOW_MS).value.riskUsd).toBe(100);
    world.positions.clear();
    world.kept.snapshotChanged(undefined);
    expect(bookHeat(world.views, SETTINGS, NOW_MS).value.status).toBe('no_positions');
    world.snapshot('B', { notional: 5 });
    expect(bookHeat(world.views, SETTINGS, NOW_MS).value.status).toBe('nothing_priced');
    world.markets.set('B', fieldsOf(['sigma_1d', '2']));
    world.kept.hashChanged(families.market, undefined);
    expect(bookHeat(world.views, SETTINGS, NOW_MS).value.riskUsd).toBe(10);
  });
});

describe('the cost of a change', () => {
  const worked = { ones: 0, boths: 0 };
  const counting: Tally<object, number> = {
    families: [families.market],
    one: () => {
      worked.ones += 1;
      return { value: 1, validUntilMs: Infinity };
    },
    both: (left, right) => {
      worked.boths += 1;
      return left + right;
    },
  };

  it.each([10, 1000, 10_000])('of one symbol among %i is one look at it and a walk to the root', (count) => {
    const world = new World();
    const settings = {};
    for (let n = 0; n < count; n += 1) world.snapshot(`S${n}`);
    expect(world.kept.of(counting, settings, NOW_MS).total).toBe(count);
    Object.assign(worked, { ones: 0, boths: 0 });
    world.snapshot('S7');
    expect(world.kept.of(counting, settings, NOW_MS).total).toBe(count);
    expect(worked.ones).toBe(1);
    expect(worked.boths).toBeLessThanOrEqual(Math.ceil(Math.log2(2 * count)) + 1);
  });

  it('is nothing for a hash of a family the tally does not look at, or of a symbol without a position', () => {
    const world = new World();
    const settings = {};
    world.snapshot('A');
    world.kept.of(counting, settings, NOW_MS);
    Object.assign(worked, { ones: 0, boths: 0 });
    world.kept.hashChanged(families.clusterStress, 'A');
    world.kept.hashChanged(families.market, 'B');
    expect(world.kept.of(counting, settings, NOW_MS).total).toBe(1);
    expect(worked.ones).toBe(0);
  });

  it('is all of it again for a tally that failed half way', () => {
    const world = new World();
    const settings = {};
    const failing: Tally<object, number> = { ...counting, one: (position) => judge(position, world) };
    world.snapshot('A');
    world.snapshot('BAD');
    expect(() => world.kept.of(failing, settings, NOW_MS)).toThrow('no figure');
    world.snapshot('BAD', { notional: 2 });
    expect(world.kept.of(failing, settings, NOW_MS).total).toBe(3);
  });
});

function judge(position: BookPosition, world: World): { value: number; validUntilMs: number } {
  if (position.symbol !== 'BAD') return { value: world.positions.size - 1, validUntilMs: Infinity };
  if (position.notional === undefined) throw new Error('no figure');
  return { value: position.notional, validUntilMs: Infinity };
}
