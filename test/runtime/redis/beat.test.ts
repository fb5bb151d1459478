import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Beat } from '../../../runtime/redis/beat.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what is done as often is done at one moment, whenever it was begun', () => {
  const beat = new Beat();
  const done: string[] = [];
  beat.every(100, () => done.push(`first ${Date.now() % 1_000}`));
  const from = Date.now() % 1_000;
  vi.advanceTimersByTime(70);
  beat.every(100, () => done.push(`second ${Date.now() % 1_000}`));
  vi.advanceTimersByTime(30);
  expect(done).toEqual([`first ${(from + 100) % 1_000}`, `second ${(from + 100) % 1_000}`]);
  expect(vi.getTimerCount()).toBe(1);
});

test('who waits for the next is let go once, with the others, and no timer is left', async () => {
  const beat = new Beat();
  const letGo: number[] = [];
  const waits = [1, 2].map((n) => beat.next(500).then(() => letGo.push(n)));
  await vi.advanceTimersByTimeAsync(499);
  expect(letGo).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  await Promise.all(waits);
  expect(letGo).toEqual([1, 2]);
  expect(vi.getTimerCount()).toBe(0);
});

test('what is ended is done no more, and what else is done goes on', () => {
  const beat = new Beat();
  const done: string[] = [];
  const end = beat.every(100, () => done.push('ended'));
  beat.every(100, () => done.push('goes on'));
  end();
  end();
  vi.advanceTimersByTime(200);
  expect(done).toEqual(['goes on', 'goes on']);
});
