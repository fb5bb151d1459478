import { describe, expect, it } from 'vitest';
import clusterStress from '../../handlers/cluster-stress/index.ts';
import { exposureOf } from '../../handlers/common/exposure.ts';
import type { Outcome } from '../../handlers/contract/effects.ts';
import type { HashFact, Read } from '../../handlers/contract/reads.ts';
import { loadMay2021 } from '../../runtime/market/player/market.ts';
import { riskFigures } from '../../schemas/book-risk.ts';
import { candlesOf, storeOf } from '../support/candles.ts';
import { computeOver, fakeViews, hashFact, judge, NOW_MS } from '../support/fake-ctx.ts';
import { referenceBooks } from '../support/reference-books.ts';

const ALL = {
  RISK_SHOCK: 'report',
  RISK_LEVERAGE: 'report',
  RISK_CORRELATED_HEAT: 'report',
  RISK_EXPECTED_SHORTFALL: 'report',
  RISK_MARGIN: 'report',
  MARKET_LOOKBACK: '601',
};
const EQUITY = 20_000;
const STATE = {
  equity_usd: String(EQUITY),
  maintenance_margin_usd: '500',
  liquidation_distance: '0.4',
  liquidation_symbol: 'ETHUSDT',
  positions_count: '3',
  timestamp: String(NOW_MS / 1000),
};

const reference = referenceBooks().find(({ name }) => name === '600 hours of 3');
if (reference === undefined) throw new Error('expected the reference of 600 hours');
const { positions, from_hour, to_hour } = reference;

interface Held {
  readonly symbol: string;
  readonly weight: number;
  readonly sigma?: number;
}

interface Given {
  readonly held?: readonly Held[];
  readonly state?: Record<string, string> | null;
  readonly symbols?: readonly string[];
  readonly settings?: Record<string, string>;
  /** Closes of symbols that are no real ones. */
  readonly closes?: Readonly<Record<string, readonly number[]>>;
  /** Hours of candles that a symbol lacks at the beginning. */
  readonly lacking?: Readonly<Record<string, number>>;
  readonly change?: (position: Record<string, unknown>) => Record<string, unknown>;
}

function closesOf(symbol: string, lacking: number): readonly number[] {
  const market = loadMay2021();
  const hours = Array.from({ length: to_hour - from_hour + 2 }, (_, at) => from_hour - 1 + at);
  return hours.slice(lacking).map((hour) => market.close(symbol, hour));
}

function outcomeOf({
  held = positions,
  state = STATE,
  settings = ALL,
  lacking = {},
  change = (one) => one,
  ...given
}: Given = {}): Outcome {
  const symbols = given.symbols ?? held.map(({ symbol }) => symbol);
  const parsed = clusterStress.settings.parse(settings);
  const book = held.map(({ symbol, weight, sigma }) => {
    const side = weight < 0 ? 'SHORT' : 'LONG';
    return { ...change({ side, notional: Math.abs(weight) * EQUITY, sigma }), symbol };
  });
  const views = fakeViews({ book });
  const stores: Record<`candles ${string}`, HashFact> = {};
  for (const symbol of symbols) {
    const closes = given.closes?.[symbol] ?? closesOf(symbol, lacking[symbol] ?? 0);
    stores[`candles ${symbol}`] = hashFact({ ...storeOf(candlesOf(closes, NOW_MS)) });
  }
  const reads: Record<string, Read<unknown>> = clusterStress.reads({ symbols: [], interval: '1h' }, parsed);
  const sides =
    reads.sides?.read === 'computed' ? { sides: reads.sides.compute(views, parsed as never, NOW_MS).value } : {};
  const facts = {
    ...stores,
    exposure: computeOver(exposureOf, views, parsed, NOW_MS),
    state: hashFact(state),
    missing: hashFact(null),
    written: [],
    ...sides,
  };
  const entry = { symbols: symbols.join(' '), interval: '1h' };
  return judge(clusterStress, entry, { facts: facts as never, settings });
}

function riskOf(given: Given = {}): Readonly<Record<string, string>> {
  const hashes = outcomeOf(given).effects.filter((effect) => effect.do === 'hset');
  return hashes.find(({ key }) => key === 'state:risk')?.fields ?? {};
}

function reasonsOf(given: Given): readonly string[] {
  const fields = riskOf(given);
  return riskFigures.map((name) => {
    const reason = fields[`${name}_reason`] ?? 'none';
    expect(fields[name] === undefined).toBe(reason !== 'ok');
    return reason;
  });
}

const same = (reason: string) => riskFigures.map(() => reason);

describe("the figures of the book's risk", () => {
  it('are those that were computed otherwise', () => {
    const fields = riskOf();
    expect(Number(fields.correlated_heat)).toBeCloseTo(reference.correlated_heat, 9);
    expect(Number(fields.shrinkage)).toBeCloseTo(reference.shrinkage, 9);
    expect(Number(fields.expected_shortfall)).toBeCloseTo(reference.expected_shortfall ?? Number.NaN, 9);
    const gross = positions.reduce((sum, { weight }) => sum + Math.abs(weight), 0);
    expect(Number(fields.leverage)).toBeCloseTo(gross, 9);
    const largest = Math.max(...positions.map(({ weight }) => Math.abs(weight)));
    expect(Number(fields.shock)).toBeCloseTo(largest, 9);
    expect(fields).toMatchObject({
      shock_scenario: 'largest_lost',
      observations: '600',
      positions: '3',
      equity_usd: '20000',
    });
    const components = JSON.parse(fields.components ?? '') as Record<string, Record<string, number>>;
    for (const [at, { symbol }] of positions.entries()) {
      expect(components.correlated_heat?.[symbol]).toBeCloseTo(reference.components[at] ?? Number.NaN, 9);
    }
  });

  it('live as long as the clusters, are gauges, and are absent with their facts while they are off', () => {
    const on = outcomeOf();
    expect(on.effects.filter((effect) => effect.do === 'hset' && effect.key === 'state:risk')).toMatchObject([
      { ttlSec: 900, replace: true, ifNewer: true },
    ]);
    const gauges = (on.counts ?? []).filter(({ metric }) => metric === 'feed_book_risk');
    expect(gauges.map(({ labels }) => labels?.figure)).toEqual([...riskFigures]);
    const off = outcomeOf({ settings: { MARKET_LOOKBACK: '601' } });
    expect({ ...on, effects: on.effects.slice(0, -1), counts: on.counts?.slice(0, -riskFigures.length) }).toEqual(off);
    expect(clusterStress.reads({ symbols: [], interval: '1h' }, clusterStress.settings.parse({}))).not.toHaveProperty(
      'sides',
    );
  });

  it('know the worst days of their symbols, and take a symbol without candles for the worst of them', () => {
    const rising = Array.from({ length: 100 }, (_, hour) => 100 + 150 * Math.min(1, hour / 24) + (hour % 2) / 10);
    const held = ['A', 'B', 'C'].map((symbol) => ({ symbol, weight: -0.1, sigma: 0.05 }));
    const fields = riskOf({ held, closes: { A: rising, B: rising.map((close) => close / 2), C: [] } });
    const most = (rising[24] ?? 0) / 100 - 1;
    expect(fields.shock_scenario).toBe('worst_days');
    expect(Number(fields.shock)).toBeCloseTo(0.3 * most, 9);
  });

  it('are only those that are asked for', () => {
    const fields = riskOf({ settings: { RISK_LEVERAGE: 'report' } });
    expect(Object.keys(fields)).toEqual([
      'leverage',
      'leverage_reason',
      'components',
      'equity_usd',
      'positions',
      'source',
      'timestamp',
    ]);
  });

  it('of a flat book are 0', () => {
    const fields = riskOf({ held: [], state: { ...STATE, positions_count: '0' } });
    expect(fields).toMatchObject({
      shock: '0',
      leverage: '0',
      correlated_heat: '0',
      expected_shortfall: '0',
      margin: '0',
    });
  });

  it.each([
    ['no portfolio state', null],
    ['an old one', { ...STATE, timestamp: String(NOW_MS / 1000 - 121) }],
    ['one without a time', { equity_usd: '20000' }],
    ['no equity', { ...STATE, equity_usd: '' }],
    ['an equity that is no number', { ...STATE, equity_usd: 'NaN' }],
    ['an equity of 0', { ...STATE, equity_usd: '0' }],
    ['an equity in doubt that leaves nothing', { ...STATE, equity_low_usd: '-5' }],
  ])('are not known with %s', (_, state) => {
    expect(reasonsOf({ state })).toEqual(same('equity_unknown'));
    const gauges = outcomeOf({ state }).counts?.filter(({ metric }) => metric === 'feed_book_risk');
    expect(gauges?.map(({ set }) => set)).toEqual(same('unknown'));
  });

  it('count the lower equity while one is in doubt', () => {
    const doubted = riskOf({ state: { ...STATE, equity_low_usd: '10000' } });
    expect(Number(doubted.leverage)).toBeCloseTo(2 * Number(riskOf().leverage), 9);
  });

  it.each([
    ['has no price', ({ notional: _, ...rest }: Record<string, unknown>) => ({ ...rest, qty: 5 })],
    ['has no side', ({ side: _, ...rest }: Record<string, unknown>) => rest],
    ['has both sides open', (one: Record<string, unknown>) => ({ ...one, side: 'HEDGED', qty: 1, markPrice: 1 })],
  ])('are not known where a position %s', (_, change) => {
    expect(reasonsOf({ change })).toEqual(same('positions_unknown'));
  });

  it('are not known where more is held than is watched', () => {
    expect(reasonsOf({ symbols: positions.slice(1).map(({ symbol }) => symbol) })).toEqual(same('positions_unknown'));
  });

  it('lack what one position lacks: a volatility, or returns', () => {
    const held = positions.map(({ symbol, weight }) => ({ symbol, weight }));
    expect(reasonsOf({ held })).toEqual(['ok', 'ok', 'sigma_missing', 'ok', 'ok']);
    const lacking = { XRPUSDT: 101 };
    expect(reasonsOf({ lacking })).toEqual(['ok', 'ok', 'ok', 'not_enough_data', 'ok']);
    expect(reasonsOf({ lacking: { XRPUSDT: 100 } })).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
  });

  it('say what the exchange asks for of the equity, and what it would liquidate first', () => {
    const { margin, liquidation_distance, liquidation_symbol } = riskOf();
    expect({ margin, liquidation_distance, liquidation_symbol }).toEqual({
      margin: '0.025',
      liquidation_distance: '0.4',
      liquidation_symbol: 'ETHUSDT',
    });
    expect(riskOf({ state: { ...STATE, equity_low_usd: '1000' } }).margin).toBe('0.5');
    const unnamed = riskOf({ state: { ...STATE, liquidation_distance: 'far' } });
    expect(unnamed).toHaveProperty('margin', '0.025');
    expect(unnamed).not.toHaveProperty('liquidation_distance');
  });

  it.each(['', 'NaN', '-1'])('know no margin where the state says %j of it', (text) => {
    const state = { ...STATE, maintenance_margin_usd: text };
    expect(reasonsOf({ state })).toEqual(['ok', 'ok', 'ok', 'ok', 'margin_unknown']);
  });

  it('take a symbol without candles for the worst: its worst day is that of all, and it is no hedge', () => {
    const without = riskOf({ lacking: { XRPUSDT: 601 } });
    expect(Number(without.correlated_heat)).toBeGreaterThan(Number(riskOf().correlated_heat));
    expect(without.expected_shortfall_reason).toBe('not_enough_data');
    expect(without.shock_reason).toBe('ok');
  });
});
