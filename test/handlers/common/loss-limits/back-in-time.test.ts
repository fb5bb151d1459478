import fc from 'fast-check';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { HOUR_MS, MINUTE_MS } from '../../../../schemas/duration.ts';
import { type LossSettings, lossReasons, lossSettings } from '../../../../schemas/loss-limits.ts';
import { modelTrips, type PathPoint } from '../../../support/loss-model.ts';
import { LossWorld } from '../../../support/loss-world.ts';

const MAX_AGE_MS = 120_000;

/** A state of the account as it is written: how long before now it says it is of, ms, and its equity as text. */
interface Stated {
  readonly afterMs: number;
  readonly agoMs: number;
  readonly equity: string;
}

const text = (low: number, high: number) => fc.integer({ min: low, max: high }).map(String);
const equity = fc.oneof(
  { weight: 6, arbitrary: text(9_700, 10_100) },
  { weight: 3, arbitrary: text(8_500, 9_600) },
  { weight: 1, arbitrary: fc.constantFrom('1', '-500', '30000') },
);
const stated: fc.Arbitrary<Stated> = fc.record({
  afterMs: fc.constantFrom(1_000, 10_000, MINUTE_MS, HOUR_MS, 25 * HOUR_MS),
  agoMs: fc.constantFrom(0, 0, 0, 0, -4_000, 9_000, 50_000, MAX_AGE_MS - 1_000, MAX_AGE_MS, 3 * HOUR_MS, -6_000),
  equity: fc.oneof({ weight: 12, arbitrary: equity }, { weight: 1, arbitrary: fc.constantFrom('NaN', '', '1e999') }),
});
const settings = fc.record({
  GOV_MAX_DAILY_LOSS_PCT: fc.constantFrom('off', '5'),
  GOV_MAX_WEEKLY_LOSS_PCT: fc.constantFrom('off', '7'),
  GOV_MAX_DRAWDOWN_PCT: fc.constantFrom('8', '12'),
  GOV_LOSS_CONFIRMATIONS: fc.constantFrom('1/1', '2/2', '2/3'),
  GOV_LOSS_RELEASE: fc.constantFrom('operator', 'day'),
});

/** The states that may be judged, worked out from their times alone: young enough, and of after every one before. */
function usable(states: readonly Stated[], fromMs: number): readonly PathPoint[] {
  let [nowMs, newestMs] = [fromMs, -Infinity];
  return states.flatMap(({ afterMs, agoMs, equity: usd }) => {
    nowMs += afterMs;
    const atMs = nowMs - agoMs;
    const isKnown = /^-?\d+$/.test(usd);
    if (!isKnown || agoMs >= MAX_AGE_MS || agoMs < -5_000 || atMs <= newestMs) return [];
    newestMs = atMs;
    return [{ atMs, equityUsd: Number(usd), transfersUsd: 0, released: false }];
  });
}

it('a state that goes back in time, is too old or from the future, or has no equity, trips nothing and moves no base', () => {
  const seen = { trips: 0, left: 0 };
  fc.assert(
    fc.property(fc.array(stated, { minLength: 2, maxLength: 30 }), settings, (states, limits) => {
      const world = new LossWorld(limits);
      const fromMs = world.nowMs;
      for (const { afterMs, agoMs, equity: usd } of states) {
        world.nowMs += afterMs - 10_000;
        world.read({ equity_usd: usd, timestamp: String((world.nowMs + 10_000 - agoMs) / 1000) });
      }
      const told = world.ledger.flatMap(({ action, reason }) => (action === 'loss_limit' ? [reason] : []));
      const path = usable(states, fromMs);
      const parsed = z.object(lossSettings).parse(limits) as LossSettings;
      expect(told).toEqual(modelTrips(path, parsed).map(({ kind }) => lossReasons[kind]));
      seen.trips += told.length;
      seen.left += states.length - path.length;
    }),
    { numRuns: 150 },
  );
  expect(seen.trips).toBeGreaterThan(25);
  expect(seen.left).toBeGreaterThan(150);
});
