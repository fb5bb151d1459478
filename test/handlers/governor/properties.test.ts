import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keys } from '../../../schemas/keys.ts';
import { NOW_MS } from '../../support/fake-ctx.ts';
import { GovernorWorld } from '../../support/governor-world.ts';

const MAX_POSITIONS = 3;
const MAX_TOTAL = 400;
const COOLDOWN_MS = 5_000;
const PRICE = 100;
const SYMBOLS = ['A', 'B', 'C', 'D', 'E'];

const anyText = fc.oneof(fc.constantFrom('', '0', '-1', 'NaN', '1e400', '0x10', 'true', ' 5 '), fc.string());

describe('CLOSE plans', () => {
  it('pass everything but the kill switch', () => {
    const action = fc.constantFrom('FULL_CLOSE', 'PARTIAL_75_PROPOSED', 'PARTIAL_50', 'PARTIAL_25', 'UPDATE_SL');
    const noise = fc.dictionary(fc.constantFrom('kill_score', 'qty', 'price', 'notional_usd', 'side'), anyText);
    const stored = fc.dictionary(fc.constantFrom('rev', 'armed', 'reason'), anyText);
    const around = fc.record({
      action,
      noise,
      stored,
      age: fc.nat(1e9),
      last: anyText,
      mode: fc.constantFrom('testnet', 'production'),
    });
    fc.assert(
      fc.property(around, fc.boolean(), ({ action: close, noise: more, stored: state, age, last, mode }, killed) => {
        const world = new GovernorWorld();
        world.mode = mode;
        world.hashes.clear();
        world.hashes.set(keys.governorState, { trading_state: 'REDUCING', ...state });
        world.hashes.set(keys.reserved, { other: last });
        world.texts.set(keys.lastExec('BTCUSDT'), last);
        if (killed) world.texts.set(keys.kill, 'on');
        world.plan({ ...more, plan_id: 'c', symbol: 'BTCUSDT', action: close }, `${NOW_MS - age}-0`);
        expect(world.permit('c') !== undefined).toBe(!killed);
        expect(world.block('c')?.reason).toBe(killed ? 'kill_switch_active' : undefined);
      }),
    );
  });
});

interface Order {
  readonly symbol: string;
  readonly qty: number;
  readonly permittedMs: number;
}

/** A market whose executor fills what it took, at one price, so that every order is a position or under way. */
class Market {
  readonly world = new GovernorWorld();
  readonly positions = new Map<string, number>();
  readonly permitted = new Map<string, Order>();
  readonly underWay = new Map<string, Order>();
  readonly plans = new Set<string>();
  readonly lastPermitMs = new Map<string, number>();

  constructor() {
    this.world.settings = {
      GOV_SYMBOL_COOLDOWN_SECONDS: String(COOLDOWN_MS / 1000),
      GOV_MAX_OPEN_POSITIONS: String(MAX_POSITIONS),
      GOV_MAX_TOTAL_NOTIONAL_USDT: String(MAX_TOTAL),
    };
    this.report();
  }

  open(planId: string, symbol: string, qty: number): void {
    const { world } = this;
    world.plan({ plan_id: planId, symbol, action: 'OPEN', side: 'BUY', qty: String(qty), price: String(PRICE) });
    if (world.events.at(-1)?.event !== 'PERMIT') return;
    expect(this.plans.has(planId)).toBe(false);
    expect(world.nowMs - (this.lastPermitMs.get(symbol) ?? -Infinity)).toBeGreaterThanOrEqual(COOLDOWN_MS);
    this.plans.add(planId);
    this.lastPermitMs.set(symbol, world.nowMs);
    this.permitted.set(planId, { symbol, qty, permittedMs: world.nowMs });
  }

  take(planId: string): void {
    const order = this.permitted.get(planId);
    if (this.world.take(planId) !== undefined && order !== undefined) this.underWay.set(planId, order);
    this.permitted.delete(planId);
  }

  fill(planId: string): void {
    const order = this.underWay.get(planId);
    if (order === undefined) return;
    this.underWay.delete(planId);
    this.positions.set(order.symbol, (this.positions.get(order.symbol) ?? 0) + order.qty);
    this.report();
  }

  close(symbol: string): void {
    this.positions.set(symbol, 0);
    this.report();
  }

  /** Time passes with the watcher on duty; whatever is under way is filled before its reservation can expire. */
  wait(ms: number): void {
    for (let left = ms; left > 0; left -= 500) {
      this.world.nowMs += 500;
      for (const [planId, order] of this.underWay) {
        if (this.world.nowMs - order.permittedMs > 110_000) this.fill(planId);
      }
      this.world.watch();
    }
    this.report();
  }

  check(): void {
    const alive = [...this.permitted].filter(([planId]) => this.world.permit(planId) !== undefined);
    const orders = [...alive.map(([, order]) => order), ...this.underWay.values()];
    const held = [...this.positions].filter(([, qty]) => qty > 0);
    const symbols = new Set([...held.map(([symbol]) => symbol), ...orders.map((order) => order.symbol)]);
    const units = held.reduce((sum, [, qty]) => sum + qty, 0) + orders.reduce((sum, order) => sum + order.qty, 0);
    expect(symbols.size).toBeLessThanOrEqual(MAX_POSITIONS);
    expect(units * PRICE).toBeLessThanOrEqual(MAX_TOTAL);
  }

  report(): void {
    const atMs = this.world.nowMs;
    this.world.hashes.set(keys.portfolioState, {
      positions_count: String(this.positions.size),
      timestamp: String(atMs / 1000),
    });
    const book = [...this.positions].map(([symbol, qty]) => ({ symbol, qty, side: 'LONG', markPrice: PRICE, atMs }));
    this.world.views = { book };
  }
}

type Step = (market: Market) => void;

const planId = fc.integer({ min: 0, max: 30 }).map((number) => `p${number}`);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(planId, fc.constantFrom(...SYMBOLS), fc.constantFrom(0.5, 1, 2, 3)).map(
      ([id, symbol, qty]): Step =>
        (market) =>
          market.open(id, symbol, qty),
    ),
  },
  {
    weight: 3,
    arbitrary: planId.map(
      (id): Step =>
        (market) =>
          market.take(id),
    ),
  },
  {
    weight: 3,
    arbitrary: planId.map(
      (id): Step =>
        (market) =>
          market.fill(id),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...SYMBOLS).map(
      (symbol): Step =>
        (market) =>
          market.close(symbol),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(500, 5_000, 20_000, 61_000).map(
      (ms): Step =>
        (market) =>
          market.wait(ms),
    ),
  },
);

describe('any plans in any order, taken and filled at any time', () => {
  it('exceed no cap together, break no cooldown, and get one permit each', () => {
    let permits = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
        const market = new Market();
        for (const one of steps) {
          one(market);
          market.check();
        }
        permits += market.plans.size;
      }),
      { numRuns: 100 },
    );
    expect(permits).toBeGreaterThan(60);
  });
});
