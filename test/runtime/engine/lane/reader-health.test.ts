import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ReaderHealth } from '../../../../runtime/engine/lane/reader-health.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a reader goes on reading', () => {
  it.each([
    ['for 15 s without a turn, and no longer', 14_999, true],
    ['not when it has not turned for 15 s', 15_000, false],
  ])('%s', (_sentence, afterMs, readsOn) => {
    const health = new ReaderHealth();
    vi.advanceTimersByTime(afterMs);
    expect(health.readsOn(false)).toBe(readsOn);
    health.turned();
    expect(health.readsOn(false)).toBe(true);
  });

  it.each([
    ['up to half a minute behind, though another worker stands by', 29_999, true, true],
    ['not when it is behind for half a minute and another worker stands by', 30_000, true, false],
    ['however long it is behind, where no other worker stands by', 300_000, false, true],
  ])('%s', (_sentence, behindMs, contested, readsOn) => {
    const health = new ReaderHealth();
    health.found(true);
    vi.advanceTimersByTime(behindMs);
    health.found(true);
    health.turned();
    expect(health.readsOn(contested)).toBe(readsOn);
  });

  it('when a read found less than it asked for: it is behind from the next full one on', () => {
    const health = new ReaderHealth();
    health.found(true);
    vi.advanceTimersByTime(29_000);
    health.found(false);
    health.found(true);
    vi.advanceTimersByTime(29_999);
    health.turned();
    expect(health.readsOn(true)).toBe(true);
    vi.advanceTimersByTime(1);
    expect(health.readsOn(true)).toBe(false);
  });
});
