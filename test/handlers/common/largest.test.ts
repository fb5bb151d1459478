import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Asked, largestPassing } from '../../../handlers/common/largest.ts';
import { keys } from '../../../schemas/keys.ts';
import { formatNumber } from '../../../schemas/number.ts';
import type { Fields } from '../../../schemas/wire.ts';
import { NOW_MS } from '../../support/fake-ctx.ts';
import { GovernorWorld } from '../../support/governor-world.ts';

interface Caps {
  readonly tradeCents: number;
  readonly totalCents: number;
  readonly heldCents: number;
  readonly budgetCents: number;
  readonly priceCents: number;
}

/** What the governor says of single plans in a world that no plan changes. */
function governorUnder({ tradeCents, totalCents, heldCents, budgetCents }: Caps): Asked {
  const judged = (entry: Fields) => {
    const world = new GovernorWorld();
    world.mode = 'production';
    world.settings = {
      GOV_MAX_NOTIONAL_PER_TRADE_USDT: formatNumber(tradeCents / 100),
      GOV_MAX_TOTAL_NOTIONAL_USDT: formatNumber(totalCents / 100),
    };
    world.views = { book: [{ symbol: 'ETHUSDT', notional: heldCents / 100, qty: 1 }] };
    world.hashes.set(keys.portfolioState, { positions_count: '1', timestamp: String(NOW_MS / 1000) });
    const budget = { budget_usd: formatNumber(budgetCents / 100), mode: 'enforce', timestamp: String(NOW_MS / 1000) };
    world.hashes.set(keys.budget('BTCUSDT'), budget);
    return world.plan({ ...entry }).decision;
  };
  return {
    passes: (entry) => judged(entry)?.verdict === 'PERMIT',
    priceUsd: (entry) => {
      const value = judged(entry)?.checks?.find(({ gate }) => gate === 'notional_per_trade')?.value;
      return typeof value === 'number' && value > 0 ? value : undefined;
    },
  };
}

const entryAt = (priceCents: number) => ({
  plan_id: 'p1',
  symbol: 'BTCUSDT',
  action: 'OPEN',
  side: 'BUY',
  qty: '7',
  price: formatNumber(priceCents / 100),
});

const cents = (min: number, max: number) => fc.integer({ min, max });

test('whatever the caps, the largest size passes, and a cent or the smallest quantity more does not', () => {
  const caps = fc.record({
    tradeCents: cents(0, 1_000_000),
    totalCents: cents(1, 3_000_000),
    heldCents: cents(100, 2_000_000),
    budgetCents: cents(0, 1_000_000),
    priceCents: cents(1, 10_000_000),
  });
  fc.assert(
    fc.property(caps, (world) => {
      const { qty: _, ...entry } = entryAt(world.priceCents);
      const asked = governorUnder(world);
      const largest = largestPassing(entryAt(world.priceCents), asked);
      if (largest === undefined) return !asked.passes({ ...entry, notional_usd: '0' });
      const { notional_usd: usd, qty } = largest;
      if (usd === null || qty === null) throw new Error('expected a limit');
      expect(asked.passes({ ...entry, notional_usd: formatNumber(usd) })).toBe(true);
      expect(asked.passes({ ...entry, notional_usd: formatNumber(usd + 0.01) })).toBe(false);
      expect(asked.passes({ ...entry, qty: formatNumber(qty) })).toBe(true);
      expect(asked.passes({ ...entry, qty: formatNumber(qty + 1e-8) })).toBe(false);
      const room = Math.min(world.tradeCents, world.totalCents - world.heldCents, world.budgetCents);
      return Math.round(usd * 100) === room;
    }),
    { numRuns: 60 },
  );
});

test('where no size is too large there is no limit', () => {
  const asked: Asked = { passes: () => true, priceUsd: () => 5 };
  expect(largestPassing(entryAt(500), asked)).toEqual({ notional_usd: null, qty: null, price_usd: 5 });
});

test('without a price only the dollars are told', () => {
  const asked: Asked = { passes: ({ notional_usd }) => Number(notional_usd) <= 12.34, priceUsd: () => undefined };
  expect(largestPassing(entryAt(500), asked)).toEqual({ notional_usd: 12.34, qty: null, price_usd: null });
});
