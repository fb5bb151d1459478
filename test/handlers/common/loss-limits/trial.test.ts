import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../../../schemas/duration.ts';
import { keys } from '../../../../schemas/keys.ts';
import { OPEN_PLAN } from '../../../support/governor-world.ts';
import { LossWorld } from '../../../support/loss-world.ts';

type Settings = Record<string, string>;
const OFF = { GOV_MAX_DAILY_LOSS_PCT: 'off' };

/** A governor with these limits in force, beside a candidate with others. */
function worldWith(inForce: Settings, candidate: Settings, version = 'v1'): LossWorld {
  const world = new LossWorld(inForce);
  world.candidate = { version, settings: candidate };
  return world;
}

/** What the candidate says of a plan that opens: `permit`, or the reason of its block; of missing data, what is missing. */
function said(world: LossWorld): string {
  const { verdict, reason, checks = [] } = world.trial({ ...OPEN_PLAN, plan_id: 'trial' }).decision ?? {};
  if (verdict === 'PERMIT') return 'permit';
  const gaps = checks.find(({ gate, verdict: said }) => gate === 'caps_data' && said === 'refuse')?.value;
  return reason === 'caps_data_unavailable' ? `unknown: ${gaps}` : String(reason);
}

describe('a candidate with loss limits, where none is in force', () => {
  it('is judged by the losses since it was put there, at its exact limit, and holds what tripped', () => {
    const world = worldWith(OFF, { GOV_MAX_DAILY_LOSS_PCT: '5' });
    expect(said(world)).toBe('unknown: loss_unknown');
    world.read(10_000, 10_000, 9_500.01, 9_500.01);
    expect(said(world)).toBe('permit');
    world.read(9_500);
    expect(said(world)).toBe('permit');
    world.read(9_500);
    expect(said(world)).toBe('daily_loss_exceeded');
    world.read(10_000, 10_000, 10_000);
    expect(said(world)).toBe('daily_loss_exceeded');
    expect(world.verdict()).toBe('permit');
  });

  it('is told nowhere, and touches nothing of what is in force', () => {
    const world = worldWith(OFF, { GOV_MAX_DAILY_LOSS_PCT: '5', GOV_MAX_CONSECUTIVE_LOSSES: '1' });
    world.read(10_000, 10_000, 5_000, 5_000);
    world.hashes.set(keys.lossStreaks, { '*': `{"losses":3,"at_ms":${world.nowMs}}` });
    world.plan({ ...OPEN_PLAN, plan_id: 'kept' });
    const { counts, log } = world.watch();
    expect([counts, log, world.ledger]).toEqual([[], [], []]);
    expect(world.events.map(({ event }) => event)).toEqual(['PERMIT']);
    expect(world.permit('kept')).toBeDefined();
    expect([keys.lossLatch, keys.lossPauses, keys.lossWarned].filter((key) => world.hashes.has(key))).toEqual([]);
    expect(said(world)).toBe('daily_loss_exceeded');
  });

  it('leaves nothing behind once it is gone, and nothing is kept for one without loss limits', () => {
    const world = worldWith(OFF, { GOV_MAX_DAILY_LOSS_PCT: '5' });
    world.read(10_000, 10_000);
    expect(world.hashes.has(keys.lossTrial)).toBe(true);
    world.candidate = { version: 'v2', settings: { GOV_MAX_OPEN_POSITIONS: '3' } };
    world.watch();
    expect(world.hashes.has(keys.lossTrial)).toBe(false);
    expect(world.watch().effects).toEqual([]);
  });

  it('begins anew with another candidate', () => {
    const world = worldWith(OFF, { GOV_MAX_DAILY_LOSS_PCT: '5' });
    world.read(10_000, 10_000, 9_000, 9_000);
    expect(said(world)).toBe('daily_loss_exceeded');
    world.candidate = { version: 'v2', settings: { GOV_MAX_DAILY_LOSS_PCT: '5' } };
    expect(said(world)).toBe('unknown: loss_unknown');
    world.read(9_000, 9_000);
    expect(said(world)).toBe('permit');
  });

  it('trips on nothing that the limits in force would not: a state that is old, or goes back in time', () => {
    const world = worldWith(OFF, { GOV_MAX_DAILY_LOSS_PCT: '5' });
    world.read(10_000, 10_000);
    const lastSec = world.nowMs / 1000;
    for (const sec of [lastSec, lastSec - 1, lastSec - 200]) world.read({ equity_usd: '1', timestamp: String(sec) });
    world.read(10_000);
    expect(said(world)).toBe('permit');
  });

  it('lets be a key of another type', () => {
    const world = worldWith(OFF, { GOV_MAX_DAILY_LOSS_PCT: '5' });
    world.wrong.add(keys.lossTrial);
    world.read(10_000, 10_000);
    expect(world.watch().effects).toEqual([]);
    expect(said(world)).toBe('unknown: loss_unknown');
  });
});

describe('a candidate with other loss limits than those in force', () => {
  it('begins with what those counted from, and then trips by its own', () => {
    const world = new LossWorld({ GOV_MAX_DAILY_LOSS_PCT: '10' });
    world.read(10_000, 10_000, 9_600, 9_600);
    world.candidate = { version: 'v1', settings: { GOV_MAX_DAILY_LOSS_PCT: '6' } };
    expect(said(world)).toBe('permit');
    world.read(9_400, 9_400, 10_000, 10_000);
    expect([said(world), world.verdict()]).toEqual(['daily_loss_exceeded', 'permit']);
  });

  it('lets go what a person releases of those in force', () => {
    const world = worldWith({}, { GOV_MAX_DAILY_LOSS_PCT: '3' });
    world.read(10_000, 10_000, 9_000, 9_000);
    expect([said(world), world.verdict()]).toEqual(['daily_loss_exceeded', 'daily_loss_exceeded']);
    const latch = world.hashes.get(keys.lossLatch) as Settings;
    world.hashes.set(keys.lossLatch, { ...latch, tripped: '{}', released: 'daily' });
    world.read(9_000, 9_000);
    expect([said(world), world.verdict()]).toEqual(['permit', 'permit']);
  });

  it('knows nothing while marks that were lost wait for a word', () => {
    const world = worldWith({}, { GOV_MAX_DAILY_LOSS_PCT: '3' });
    world.read(10_000, 10_000);
    Object.assign(world.hashes.get(keys.lossLatch) as object, { lost: 'redis' });
    expect([said(world), world.verdict()]).toEqual(['unknown: loss_unknown', 'unknown: loss_unknown']);
  });
});

describe('over random paths', () => {
  it('a candidate says at each reading what the same limits in force say', () => {
    const step = fc.record({
      factor: fc.constantFrom(0.9, 0.95, 0.98, 1, 1, 1.03),
      glitch: fc.constantFrom(1, 1, 1, 1, 0.4, 2),
      transferUsd: fc.constantFrom(0, 0, 0, 1_500, -900),
      afterMs: fc.constantFrom(0, HOUR_MS, DAY_MS),
      losses: fc.integer({ min: 0, max: 4 }),
    });
    const limits = fc.record({
      GOV_MAX_DAILY_LOSS_PCT: fc.constantFrom('off', '2', '5'),
      GOV_MAX_DAILY_LOSS_USD: fc.constantFrom('off', '300'),
      GOV_MAX_WEEKLY_LOSS_PCT: fc.constantFrom('off', '7'),
      GOV_MAX_DRAWDOWN_PCT: fc.constantFrom('8', '12'),
      GOV_MAX_CONSECUTIVE_LOSSES: fc.constantFrom('off', '2'),
      GOV_MAX_CONSECUTIVE_LOSSES_SYMBOL: fc.constantFrom('off', '3'),
      GOV_LOSS_RELEASE: fc.constantFrom('operator', 'day'),
      GOV_LOSS_CONFIRMATIONS: fc.constantFrom('1/1', '2/3'),
    });
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 14 }), limits, (steps, settings) => {
        const [tried, inForce] = [worldWith(OFF, settings), new LossWorld(settings)];
        let [equityUsd, transfersUsd] = [10_000, 0];
        for (const { factor, glitch, transferUsd, afterMs, losses } of steps) {
          equityUsd = Math.round(equityUsd * factor) + transferUsd;
          transfersUsd += transferUsd;
          for (const world of [tried, inForce]) {
            const streak = JSON.stringify({ losses, at_ms: world.nowMs + afterMs });
            world.hashes.set(keys.lossStreaks, { '*': streak, [String(OPEN_PLAN.symbol)]: streak });
            world.nowMs += afterMs;
            const equity = Math.round(equityUsd * glitch);
            world.read({ equity_usd: String(equity), net_transfers_usd: String(transfersUsd) });
          }
          expect(said(tried)).toBe(inForce.verdict());
          seen.add(said(tried));
        }
      }),
      { numRuns: 40 },
    );
    expect([...seen]).toEqual(expect.arrayContaining(['permit', 'daily_loss_exceeded', 'consecutive_losses']));
  });
});
