import { describe, expect, it } from 'vitest';
import clusterStress from '../../handlers/cluster-stress/index.ts';
import { exposureOf } from '../../handlers/common/exposure.ts';
import type { Effect, Outcome } from '../../handlers/contract/effects.ts';
import type { HashFact } from '../../handlers/contract/reads.ts';
import type { Candle } from '../../schemas/candle.ts';
import { HOUR_MS } from '../../schemas/duration.ts';
import { candlesOf, storeOf, walk } from '../support/candles.ts';
import { computeOver, fakeViews, hashFact, judge, NOW_MS } from '../support/fake-ctx.ts';

const together = walk(100, 11);
const alone = walk(100, 12);
const of = (closes: readonly (number | undefined)[]) => candlesOf(closes, NOW_MS);

/** Prices whose returns are `part` those of one walk and the rest those of another. */
function mixed(part: number, a = together, b = alone): readonly number[] {
  return a.map((price, at) => price ** part * (b[at] ?? 1) ** (1 - part));
}

interface Given {
  /** Symbol → its gross notional; `undefined` is a quantity without a price. */
  readonly held?: Readonly<Record<string, number | undefined>>;
  readonly candles?: Readonly<Record<string, readonly Candle[]>>;
  /** The symbols of the entry; those with candles without it. */
  readonly symbols?: string;
  readonly before?: Record<string, string>;
  /** Stress hashes that are there already: id → source. */
  readonly written?: Readonly<Record<string, string>>;
  readonly state?: Record<string, string>;
  readonly settings?: Record<string, string>;
  readonly nowMs?: number;
}

function outcomeOf(given: Given): Outcome {
  const { candles = {}, nowMs = NOW_MS } = given;
  const settings = clusterStress.settings.parse(given.settings ?? {});
  const book = Object.entries(given.held ?? {}).map(([symbol, notional]) => {
    return { symbol, side: 'LONG', ...(notional === undefined ? { qty: 5 } : { notional }) };
  });
  const views = fakeViews({ book });
  const stores: Record<`candles ${string}`, HashFact> = {};
  for (const [symbol, own] of Object.entries(candles)) stores[`candles ${symbol}`] = hashFact({ ...storeOf(own) });
  const facts = {
    ...stores,
    exposure: computeOver(exposureOf, views, settings, nowMs),
    state: hashFact(given.state ?? null),
    missing: hashFact(given.before ?? null),
    written: writtenOf(given.written ?? {}),
  };
  const entry = { symbols: given.symbols ?? Object.keys(candles).join(' '), interval: '1h' };
  return judge(clusterStress, entry, { facts, settings: given.settings ?? {}, nowMs });
}

/** What the handler finds of stress hashes, by its own read. */
function writtenOf(sources: Readonly<Record<string, string>>): readonly string[] {
  const { written } = clusterStress.reads({ symbols: [], interval: '1h' }, clusterStress.settings.parse({}));
  if (written.read !== 'computed') throw new Error('expected a computed read');
  const hashes = Object.fromEntries(Object.entries(sources).map(([id, source]) => [id, { stress: '1', source }]));
  return written.compute(fakeViews({ hashes: { 'cluster:stress': hashes } }), {} as never, NOW_MS).value;
}

function hashOf(outcome: Outcome, key: string): Readonly<Record<string, string>> | undefined {
  const isIt = (effect: Effect) => effect.do === 'hset' && effect.key === key;
  return outcome.effects.filter((effect) => effect.do === 'hset').find(isIt)?.fields;
}

function removed(outcome: Outcome): readonly string[] {
  return outcome.effects.flatMap((effect) => (effect.do === 'del' ? [effect.key] : []));
}

const gauge = (outcome: Outcome, metric: string, reason?: string) =>
  outcome.counts?.find((count) => count.metric === metric && count.labels?.reason === reason)?.set;

describe('the clusters of a portfolio', () => {
  const candles = { ETH: of(together), BTC: of(together), XRP: of(alone) };
  const held = { BTC: 3000, ETH: 1000, XRP: 2000 };

  it('are written with their stress, their symbols and who is in which', () => {
    const outcome = outcomeOf({ held, candles });
    expect(hashOf(outcome, 'cluster:map')).toEqual({ BTC: 'BTC', ETH: 'BTC', XRP: 'XRP' });
    expect(hashOf(outcome, 'cluster:stress:BTC')).toEqual({
      stress: '0.6666666667',
      symbols: 'BTC ETH',
      notional: '4000',
      correlation: '1',
      share: '0.6666666667',
      source: 'portcullis',
      timestamp: String(NOW_MS / 1000),
    });
    expect(hashOf(outcome, 'cluster:stress:XRP')).toMatchObject({ stress: '0.3333333333', symbols: 'XRP' });
    expect(removed(outcome)).toEqual(['cluster:missing']);
    expect(outcome.decision).toMatchObject({ verdict: 'CLUSTERS', reason: 'ok' });
    expect([gauge(outcome, 'feed_clusters'), gauge(outcome, 'feed_cluster_stress_max')]).toEqual([2, 0.6666666667]);
    expect(outcome.log).toEqual([]);
  });

  it('all end with their time to live, replace what was there, and give way to newer ones', () => {
    const writes = outcomeOf({ held, candles, settings: { CLUSTER_TTL_SEC: '60' } }).effects;
    for (const effect of writes) expect(effect.ifNewer).toBe(true);
    const hashes = writes.filter((effect) => effect.do === 'hset');
    expect(hashes.map(({ ttlSec, replace }) => [ttlSec, replace])).toEqual(hashes.map(() => [60, true]));
  });

  it('are split by a higher threshold', () => {
    const half = { BTC: of(together), ETH: of(mixed(0.6)) };
    const map = (CLUSTER_THRESHOLD: string) =>
      hashOf(outcomeOf({ held, candles: half, settings: { CLUSTER_THRESHOLD } }), 'cluster:map');
    expect(map('0.5')).toEqual({ BTC: 'BTC', ETH: 'BTC' });
    expect(map('0.99')).toEqual({ BTC: 'BTC', ETH: 'ETH' });
  });

  it('have shares of the whole book, symbols that the entry leaves out included', () => {
    const outcome = outcomeOf({ held: { ...held, DOGE: 6000 }, candles });
    expect(hashOf(outcome, 'cluster:stress:BTC')?.share).toBe('0.3333333333');
    expect(hashOf(outcome, 'cluster:map')).not.toHaveProperty('DOGE');
  });

  it('of before that are no more are taken away, those of others are left', () => {
    const outcome = outcomeOf({ held, candles, written: { ETH: 'portcullis', BTC: 'portcullis', default: 'engine' } });
    expect(removed(outcome)).toEqual(['cluster:stress:ETH', 'cluster:missing']);
  });
});

describe('a symbol that is not held', () => {
  const candles = { BTC: of(together), ETH: of(mixed(0.9)), SOL: of(mixed(0.8)), XRP: of(alone) };

  it('is in the cluster that it would join, and adds nothing to it', () => {
    const outcome = outcomeOf({ held: { BTC: 3000, ETH: 1000 }, candles });
    expect(hashOf(outcome, 'cluster:map')).toEqual({ BTC: 'BTC', ETH: 'BTC', SOL: 'BTC' });
    expect(hashOf(outcome, 'cluster:stress:BTC')).toMatchObject({ symbols: 'BTC ETH', notional: '4000' });
  });

  it('is with the one it moves with most', () => {
    const outcome = outcomeOf({ held: { XRP: 1, BTC: 1 }, candles, settings: { CLUSTER_THRESHOLD: '0' } });
    expect(hashOf(outcome, 'cluster:map')).toMatchObject({ SOL: 'BTC' });
  });

  it('joins no two clusters', () => {
    const bridge = { BTC: of(together), ETH: of(mixed(0.5)), XRP: of(alone) };
    const settings = { CLUSTER_THRESHOLD: '0.6' };
    expect(hashOf(outcomeOf({ held: { BTC: 1, XRP: 1 }, candles: bridge, settings }), 'cluster:map')).toMatchObject({
      BTC: 'BTC',
      XRP: 'XRP',
    });
    expect(hashOf(outcomeOf({ held: { BTC: 1, ETH: 1, XRP: 1 }, candles: bridge, settings }), 'cluster:map')).toEqual({
      BTC: 'BTC',
      ETH: 'BTC',
      XRP: 'BTC',
    });
  });
});

describe('a held symbol without enough data', () => {
  const good = { BTC: of(together) };
  const few = of(together.slice(-48));

  it.each<[string, Given, string]>([
    ['has no candles', { symbols: 'BTC ETH', candles: good }, 'no_candles'],
    [
      'has candles that ended',
      { candles: { ...good, ETH: candlesOf(together, NOW_MS - 4 * HOUR_MS) } },
      'candles_stale',
    ],
    ['has 47 returns', { candles: { ...good, ETH: few } }, 'too_few_observations'],
    [
      'does not move',
      { candles: { ...good, ETH: of(together.map(() => 1)) }, settings: { MARKET_FROZEN_CANDLES: '1000' } },
      'no_movement',
    ],
    ['has no price', { candles: { ...good, ETH: of(together) }, held: { BTC: 1000, ETH: undefined } }, 'unpriced'],
  ])('because it %s is in no cluster, and that is said', (_words, given, reason) => {
    const outcome = outcomeOf({ held: { BTC: 1000, ETH: 500 }, ...given });
    expect(hashOf(outcome, 'cluster:map')).toEqual({ BTC: 'BTC' });
    expect(hashOf(outcome, 'cluster:missing')).toEqual({ ETH: reason });
    expect(outcome.log).toEqual([{ level: 'warn', text: `Cluster stress: none for ETH (${reason})` }]);
    expect(gauge(outcome, 'feed_cluster_missing', reason)).toBe(1);
  });

  it('is told of once', () => {
    const given = { held: { ETH: 500 }, symbols: 'ETH' };
    expect(outcomeOf({ ...given, before: { ETH: 'no_candles' } }).log).toEqual([]);
    expect(outcomeOf({ ...given, before: { ETH: 'candles_stale' } }).log?.length).toBe(1);
  });

  it('is enough of it with 48 returns', () => {
    const outcome = outcomeOf({ held: { BTC: 1, ETH: 1 }, candles: { ...good, ETH: of(together.slice(-49)) } });
    expect(hashOf(outcome, 'cluster:map')).toEqual({ BTC: 'BTC', ETH: 'BTC' });
  });

  it('is not linked by a pair that has too few times in common', () => {
    const first = together.map((price, at) => (at < 52 ? price : undefined));
    const second = together.map((price, at) => (at < 45 || at > 97 ? undefined : price));
    const settings = { MARKET_STALE_CANDLES: '100' };
    const outcome = outcomeOf({ held: { BTC: 1, ETH: 1 }, candles: { BTC: of(first), ETH: of(second) }, settings });
    expect(hashOf(outcome, 'cluster:map')).toEqual({ BTC: 'BTC', ETH: 'ETH' });
  });

  it('leaves no cluster where all are like it', () => {
    const outcome = outcomeOf({ held: { ETH: 500 }, symbols: 'ETH', written: { ETH: 'portcullis' } });
    expect(removed(outcome)).toEqual(['cluster:stress:ETH', 'cluster:map']);
    expect(outcome.decision).toMatchObject({ verdict: 'NO_CLUSTERS', reason: 'no_usable_symbol' });
  });
});

describe('a flat portfolio', () => {
  it.each<[string, Given]>([
    ['by its book', {}],
    [
      'by its state',
      {
        held: { BTC: 10 },
        state: { positions_count: '0', timestamp: String(NOW_MS / 1000 + 1) },
        nowMs: NOW_MS + 2000,
      },
    ],
  ])('%s has no clusters, and nothing is left of those of before', (_words, given) => {
    const outcome = outcomeOf({ candles: { BTC: of(together) }, written: { BTC: 'portcullis' }, ...given });
    expect(removed(outcome)).toEqual(['cluster:stress:BTC', 'cluster:map', 'cluster:missing']);
    expect(outcome.decision).toMatchObject({ verdict: 'NO_CLUSTERS', reason: 'flat' });
    expect(gauge(outcome, 'feed_clusters')).toBe(0);
  });
});

it('when it cannot be judged nothing is written', () => {
  const around = {
    settings: clusterStress.settings.parse({}),
    mode: '',
    nowMs: NOW_MS,
    sourceId: '1-0',
    portfolio: 'q',
    source: {},
  };
  const request = { symbols: [], interval: '1h' } as const;
  expect(clusterStress.onFailure(request, { reason: 'timeout', attempts: 3 }, around).effects).toEqual([]);
});
