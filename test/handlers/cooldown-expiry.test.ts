import { expect, it } from 'vitest';
import { GovernorWorld, OPEN_PLAN } from '../support/governor-world.ts';

const CLOSE = { plan_id: 'c1', symbol: 'BTCUSDT', action: 'PARTIAL_25' };
const ends = (world: GovernorWorld) => world.events.filter((event) => event.event === 'COOLDOWN_EXPIRED');

it('the end of a cooldown is told once, a cooldown after the permit', () => {
  const world = new GovernorWorld();
  world.plan(OPEN_PLAN);
  expect(world.jobs).toMatchObject([{ handler: 'cooldown-expiry', delayMs: 60_000 }]);
  world.runJobs();
  expect(ends(world)).toMatchObject([{ symbol: 'BTCUSDT', plan_id: 'p1', reason: 'symbol_cooldown' }]);
  expect(world.jobs).toEqual([]);
});

it('a CLOSE permitted meanwhile makes it longer: one job, one event, at the later end', () => {
  const world = new GovernorWorld();
  world.plan(OPEN_PLAN);
  world.nowMs += 20_000;
  world.plan(CLOSE);
  expect(world.jobs).toHaveLength(1);
  world.runJobs();
  expect(ends(world)).toEqual([]);
  expect(world.jobs).toMatchObject([{ delayMs: 20_000 }]);
  world.runJobs();
  expect(ends(world)).toHaveLength(1);
});

it('two jobs that ran late for one cooldown tell of its end once', () => {
  const world = new GovernorWorld();
  world.plan(OPEN_PLAN);
  world.nowMs += 60_000;
  world.plan({ ...OPEN_PLAN, plan_id: 'p2' });
  expect(world.jobs).toHaveLength(2);
  world.runJobs();
  world.runJobs();
  expect(ends(world)).toHaveLength(1);
});
