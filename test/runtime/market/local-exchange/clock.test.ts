import { describe, expect, it } from 'vitest';
import { manualClock, wallClock } from '../../../../runtime/market/local-exchange/clock.ts';

describe('a manual clock', () => {
  it('stands until it is moved, and tells each move before it returns', () => {
    const clock = manualClock(1_000);
    const seen: number[] = [];
    const stop = clock.onTick(() => seen.push(clock.nowMs()));
    clock.set(1_500);
    clock.advance(10);
    stop();
    clock.advance(10);
    expect([clock.nowMs(), seen]).toEqual([1_520, [1_500, 1_510]]);
  });

  it('never goes back', () => {
    expect(() => manualClock(1_000).set(999)).toThrow('expected a time from 1000 on, got 999');
  });
});

describe('the clock on the wall', () => {
  it('ticks until it is told to stop', async () => {
    const clock = wallClock();
    await new Promise<void>((resolve) => {
      const stop = clock.onTick(() => {
        stop();
        resolve();
      });
    });
    expect(Math.abs(clock.nowMs() - Date.now())).toBeLessThan(1_000);
  });
});
