import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ListenKeys } from '../../../../runtime/market/local-exchange/listen-keys.ts';

const VALID_MS = 60_000;

let expired: string[];
let keys: ListenKeys;
beforeEach(() => {
  vi.useFakeTimers();
  expired = [];
  keys = new ListenKeys(VALID_MS, (listenKey) => expired.push(listenKey));
});
afterEach(() => {
  keys.stop();
  vi.useRealTimers();
});

describe('a listen key', () => {
  it('ends by itself, and says so, when nobody keeps it alive', () => {
    const listenKey = keys.open('a');
    vi.advanceTimersByTime(VALID_MS - 1);
    expect([keys.has(listenKey), expired]).toEqual([true, []]);
    vi.advanceTimersByTime(1);
    expect([keys.has(listenKey), expired]).toEqual([false, [listenKey]]);
    expect(keys.extend('a')).toBe(false);
  });

  it.each([
    ['keeping it alive', () => keys.extend('a')],
    ['asking for it again', () => keys.open('a')],
  ])('lives on from %s', (_what, again) => {
    const listenKey = keys.open('a');
    vi.advanceTimersByTime(VALID_MS - 1);
    again();
    vi.advanceTimersByTime(VALID_MS - 1);
    expect(keys.keyOf('a')).toBe(listenKey);
  });

  it('is one for each account', () => {
    expect(keys.open('a')).not.toBe(keys.open('b'));
  });

  it('that is closed ends without a word, and the next is another', () => {
    const listenKey = keys.open('a');
    keys.close('a');
    vi.advanceTimersByTime(VALID_MS);
    expect(expired).toEqual([]);
    expect(keys.open('a')).not.toBe(listenKey);
  });
});
