import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Continuity } from '../../../../runtime/engine/lane/continuity.ts';
import { Leases } from '../../../../runtime/engine/lane/lease.ts';
import { LeaseRounds } from '../../../../runtime/engine/lane/lease-rounds.ts';
import { ENGINE_TIMINGS } from '../../../../runtime/engine/status/timings.ts';
import { portfolioOf } from '../../../../runtime/settings/portfolio.ts';

const { leaseMs } = ENGINE_TIMINGS;
const ROUND_MS = leaseMs / 4;

/** Of a worker that asks nothing: no connection is made. */
const leases = (() => {
  const redis = new Redis({ lazyConnect: true });
  const continuity = new Continuity(redis, portfolioOf('quantum'), pino({ level: 'silent' }));
  return new Leases(new LeaseRounds(redis), 'w1', continuity);
})();

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

function renewedNow(rests: () => boolean, forMs = leaseMs) {
  const lease = leases.of('key', { rests });
  lease.note(performance.now() + forMs, { leaseMs: forMs });
  return lease;
}

test('a lease that rests is due in every second round, also where rounds come a little early or late', () => {
  for (const slipMs of [-60, 0, 200]) {
    const lease = renewedNow(() => true);
    vi.advanceTimersByTime(ROUND_MS + slipMs);
    expect(lease.due).toBe(false);
    vi.advanceTimersByTime(ROUND_MS - slipMs - 60);
    expect([lease.due, lease.held]).toEqual([true, true]);
  }
});

test('it is due in each round once it rests no more, and one that never rests always is', () => {
  let rests = true;
  const lease = renewedNow(() => rests);
  expect([lease.due, leases.of('key').due]).toEqual([false, true]);
  rests = false;
  expect(lease.due).toBe(true);
});

test('it is due at once where it was lost, or could not be asked for', () => {
  const lease = renewedNow(() => true);
  lease.note(Number.NEGATIVE_INFINITY);
  expect(lease.due).toBe(true);
  const refused = renewedNow(() => true);
  refused.note(Number.NEGATIVE_INFINITY, { problem: 'no answer' });
  expect(refused.due).toBe(true);
});

test('a longer lease, of a worker far from Redis, is left alone for longer', () => {
  const lease = renewedNow(() => true, 4 * leaseMs);
  vi.advanceTimersByTime(5 * ROUND_MS);
  expect(lease.due).toBe(false);
  vi.advanceTimersByTime(ROUND_MS);
  expect(lease.due).toBe(true);
});

test('what wants it no more leaves it alone, rest or not', () => {
  const lease = leases.of('key', { wants: () => false, rests: () => false });
  expect(lease.due).toBe(false);
});
