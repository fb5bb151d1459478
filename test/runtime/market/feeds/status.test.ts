import { expect, test } from 'vitest';
import { staleAfterMs } from '../../../../runtime/market/feeds/portfolio-feeds.ts';
import { deafProblem, type FeedStatus, feedProblem } from '../../../../runtime/market/feeds/status.ts';

const NOW_MS = Date.UTC(2026, 0, 1, 12);

function status(different: Partial<FeedStatus>): FeedStatus {
  return {
    feed: 'account',
    state: 'ok',
    sinceMs: NOW_MS,
    lastSuccessMs: NOW_MS,
    error: '',
    source: 'binance-test',
    worker: 'one',
    usedWeight: 1,
    weightLimit: 2400,
    pausedUntilMs: undefined,
    pauseReason: '',
    clockOffsetMs: 0,
    userStream: 'open',
    userStreamSinceMs: NOW_MS - 3_600_000,
    klineStream: 'open',
    ...different,
  };
}

test.each([
  ['just read', {}, undefined],
  ['as old as it may be', { lastSuccessMs: NOW_MS - 15_000 }, undefined],
  ['older', { lastSuccessMs: NOW_MS - 15_001 }, 'stale since 2026-01-01T11:59:44.999Z (15 s): no worker collects it'],
  ['failing, but young', { state: 'failing', error: 'banned', lastSuccessMs: NOW_MS - 1 }, undefined],
  [
    'failing and old',
    { error: 'banned', lastSuccessMs: NOW_MS - 60_000 },
    'stale since 2026-01-01T11:59:00.000Z (60 s): banned',
  ],
  ['never read', { error: 'no such key', lastSuccessMs: undefined }, 'nothing was collected yet: no such key'],
] as const)('a feed that was %s', (_what, different, problem) => {
  expect(feedProblem(status(different), NOW_MS, 15_000)).toBe(problem);
});

test('a feed that nobody ever collected', () => {
  expect(feedProblem(undefined, NOW_MS, 15_000)).toBe('nothing was collected yet');
});

test.each([
  ['account', 1000, 60_000, 15_000],
  ['account', 10_000, 60_000, 30_000],
  ['market', 10_000, 60_000, 60_000],
  ['cluster', 5000, 5000, 60_000],
  ['cluster', 5000, 3_600_000, 10_800_000],
] as const)('%s, read every %d ms, clusters every %d ms, may be %d ms old', (feed, pollMs, clusterMs, staleMs) => {
  expect(staleAfterMs(feed, { pollMs, market: { clusterMs } })).toBe(staleMs);
});

test.each([
  ['open', {}, undefined],
  ['down for a minute', { userStream: 'waiting', userStreamSinceMs: NOW_MS - 60_000 }, undefined],
  [
    'down for longer',
    { userStream: 'waiting', userStreamSinceMs: NOW_MS - 60_001 },
    'its events have not come for 60 s (waiting): fills are seen with the next reading alone',
  ],
  ['down since nobody knows when', { userStream: 'connecting', userStreamSinceMs: undefined }, undefined],
  ['of another feed', { feed: 'market', userStream: 'off', userStreamSinceMs: 0 }, undefined],
] as const)('a stream of events that is %s', (_what, different, problem) => {
  expect(deafProblem(status(different), NOW_MS)).toBe(problem);
});

test('a feed that nobody ever collected has no stream of events', () => {
  expect(deafProblem(undefined, NOW_MS)).toBe(undefined);
});
