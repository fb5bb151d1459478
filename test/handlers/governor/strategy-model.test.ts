import fc from 'fast-check';
import { expect, it } from 'vitest';
import { keys } from '../../../schemas/keys.ts';
import { PRICE, Strategies } from '../../support/strategies.ts';

const TOTAL_USD = 1_000;
const NAMES = ['trend', 'grid', ''] as const;
const SYMBOLS = ['A', 'B', 'C'] as const;

interface Limits {
  readonly share: number;
  readonly positions: number;
  readonly permits: number;
}

interface Order {
  readonly planId: string;
  readonly strategy: string;
  readonly symbol: string;
  readonly qty: number;
}

/** What strategies hold, as one would keep it on paper: units by strategy and symbol, orders under way, times of permits. */
class Paper {
  readonly underWay: Order[] = [];
  readonly position = new Map<string, number>();
  readonly #own = new Map<string, number>();
  readonly #permitsMs = new Map<string, number[]>();
  readonly #limits: Limits;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  expected(strategy: string, qty: number, nowMs: number): string {
    const { share, positions, permits } = this.#limits;
    const recent = (this.#permitsMs.get(strategy) ?? []).filter((atMs) => nowMs - atMs < 3_600_000);
    if (recent.length >= permits) return 'strategy_permits_exceeded';
    const reserved = this.underWay.filter((order) => order.strategy === strategy);
    const held = SYMBOLS.filter((symbol) => this.#held(strategy, symbol) > 0);
    if (new Set([...held, ...reserved.map(({ symbol }) => symbol)]).size >= positions)
      return 'strategy_positions_reached';
    const all = [...this.position.values()].reduce((sum, units) => sum + units, 0);
    const room = this.underWay.reduce((sum, order) => sum + order.qty, 0);
    const isFull = all * PRICE >= TOTAL_USD || (all + room + qty) * PRICE > TOTAL_USD;
    if (isFull) return 'total_notional_exceeded';
    const own = held.reduce((sum, symbol) => sum + this.#held(strategy, symbol), 0);
    const used = own + reserved.reduce((sum, order) => sum + order.qty, 0);
    return (used + qty) * PRICE > (TOTAL_USD * share) / 100 ? 'strategy_notional_exceeded' : 'ok';
  }

  permitted(order: Order, nowMs: number): void {
    this.underWay.push(order);
    this.#permitsMs.set(order.strategy, [...(this.#permitsMs.get(order.strategy) ?? []), nowMs]);
  }

  filled({ strategy, symbol, qty }: Order): void {
    this.#add(strategy, symbol, qty);
    this.position.set(symbol, (this.position.get(symbol) ?? 0) + qty);
  }

  closed(strategy: string, symbol: string, qty: number): void {
    this.#add(strategy, symbol, -qty);
    this.position.set(symbol, (this.position.get(symbol) ?? 0) - qty);
  }

  /** Nobody has more of a position than there is of it. */
  settled(): void {
    for (const strategy of NAMES) {
      for (const symbol of SYMBOLS) this.#own.set(`${strategy} ${symbol}`, this.#held(strategy, symbol));
    }
  }

  #held(strategy: string, symbol: string): number {
    return Math.min(this.#own.get(`${strategy} ${symbol}`) ?? 0, this.position.get(symbol) ?? 0);
  }

  #add(strategy: string, symbol: string, units: number): void {
    const before = this.#own.get(`${strategy} ${symbol}`) ?? 0;
    this.#own.set(`${strategy} ${symbol}`, Math.max(0, before + units));
  }
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('open' as const),
      strategy: fc.constantFrom(...NAMES),
      symbol: fc.constantFrom(...SYMBOLS),
      qty: fc.constantFrom(0.5, 1, 1.5, 2.5),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('fill' as const), isTold: fc.boolean(), isSeen: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reject' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('close' as const),
      strategy: fc.constantFrom(...NAMES),
      symbol: fc.constantFrom(...SYMBOLS),
      part: fc.constantFrom(0.5, 1),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 600_000, 3_599_999) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Takes a step in the world and on paper; one that this market cannot take is left out. */
function taken(one: Step, world: Strategies, paper: Paper, seen: Map<string, number>): void {
  switch (one.do) {
    case 'open': {
      const expected = paper.expected(one.strategy, one.qty, world.nowMs);
      const { planId, reason } = world.ask(one.strategy, { symbol: one.symbol, qty: String(one.qty) });
      expect(reason).toBe(expected);
      seen.set(reason, (seen.get(reason) ?? 0) + 1);
      if (reason !== 'ok') return;
      world.take(planId);
      paper.permitted({ planId, strategy: one.strategy, symbol: one.symbol, qty: one.qty }, world.nowMs);
      return;
    }
    case 'fill': {
      const order = paper.underWay.shift();
      if (order === undefined) return;
      const { planId, symbol } = order;
      if (one.isTold) world.result({ plan_id: planId, symbol, executed: 'true' });
      paper.filled(order);
      shown(world, paper, one.isSeen);
      return;
    }
    case 'reject': {
      const order = paper.underWay.at(-1);
      if (order === undefined) return;
      paper.underWay.pop();
      world.result({ plan_id: order.planId, symbol: order.symbol, executed: 'false' });
      return;
    }
    case 'close': {
      world.watch();
      const units = paper.position.get(one.symbol) ?? 0;
      const isBusy = paper.underWay.some(({ symbol }) => symbol === one.symbol);
      if (units === 0 || isBusy) return;
      world.close(one.strategy, String(units * one.part), one.symbol);
      paper.closed(one.strategy, one.symbol, units * one.part);
      shown(world, paper, true);
      return;
    }
    case 'wait':
      world.later(one.ms);
  }
}

/** The positions are reported, and where the watcher sees them, they have settled. */
function shown(world: Strategies, paper: Paper, isSeen: boolean): void {
  for (const [symbol, units] of paper.position) world.held.set(symbol, units);
  world.reportAll();
  if (!isSeen) return;
  world.watch();
  world.later(20_000);
  paper.settled();
}

it('what strategies may open is what one would reckon on paper', () => {
  const limits = fc.record({
    share: fc.constantFrom(10, 25, 50, 100),
    positions: fc.constantFrom(1, 2, 9),
    permits: fc.constantFrom(2, 5, 99),
  });
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(limits, fc.array(step, { minLength: 20, maxLength: 60 }), (limit, steps) => {
      const world = new Strategies({
        GOV_STRATEGY_MAX_SHARE_PCT: `*:${limit.share}`,
        GOV_STRATEGY_MAX_POSITIONS: `*:${limit.positions}`,
        GOV_STRATEGY_MAX_PERMITS_PER_HOUR: `*:${limit.permits}`,
      });
      const paper = new Paper(limit);
      for (const one of steps) taken(one, world, paper, seen);
      const fields = Object.keys(world.hashes.get(keys.strategyUse) ?? {});
      expect(fields.length).toBeLessThan(1 + 60);
    }),
    { numRuns: 150, seed: 17 },
  );
  for (const reason of [
    'ok',
    'strategy_permits_exceeded',
    'strategy_positions_reached',
    'strategy_notional_exceeded',
    'total_notional_exceeded',
  ]) {
    expect(seen.get(reason) ?? 0, reason).toBeGreaterThan(10);
  }
});
