import { expect, test } from 'vitest';
import { RoundTrip } from '../../../../runtime/engine/lane/round-trip.ts';

function after(...tookMs: readonly number[]): RoundTrip {
  const roundTrip = new RoundTrip();
  for (const ms of tookMs) roundTrip.note(ms);
  return roundTrip;
}

test.each([
  [[], 0, 1],
  [[0.3], 0, 1],
  [[39.9], 0, 1],
  [[40], 40, 1],
  [[79], 79, 1],
  [[80], 80, 2],
  [[200], 200, 3],
  [[10_000], 10_000, 3],
])('after %j ms a round trip takes %d ms, and %d times as much is asked for', (took, ms, share) => {
  const roundTrip = after(...took);
  expect([roundTrip.ms, roundTrip.share]).toEqual([ms, share]);
});

test('what Redis or this process are busy with makes no way long', () => {
  expect(after(900, 800, 1, 700, 600, 500, 400, 300).share).toBe(1);
});

test('a way that has become long is noticed after eight answers', () => {
  const roundTrip = after(1, 200, 200, 200, 200, 200, 200, 200);
  expect(roundTrip.share).toBe(1);
  roundTrip.note(200);
  expect(roundTrip.share).toBe(3);
});
