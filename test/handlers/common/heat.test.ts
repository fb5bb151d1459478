import { describe, expect, it } from 'vitest';
import { bookHeat, NAMED_AT_MOST } from '../../../handlers/common/heat.ts';
import type { BookPosition } from '../../../handlers/contract/reads.ts';
import { families } from '../../../schemas/keys.ts';
import { parseSnapshot } from '../../../schemas/position.ts';
import { type FakeViews, fakeViews, NOW_MS } from '../../support/fake-ctx.ts';
import { liveSample } from '../../support/live.ts';

const SETTINGS = { P26_SNAPSHOT_MAX_AGE_SEC: 900, P26_SIGMA_HORIZON_SEC: 3600, GOV_STATE_MAX_AGE_SEC: 120 };
const MAX_AGE_MS = 900_000;
const eth = { symbol: 'ETHUSDT', notional: 1800, sigma: 0.15 };

function heatOf(fake: FakeViews, settings: Partial<typeof SETTINGS> = {}, nowMs = NOW_MS) {
  return bookHeat(fakeViews(fake), { ...SETTINGS, ...settings }, nowMs);
}

function withMarket(state: Record<string, string>, old?: Record<string, string>) {
  const { sigma: _own, ...position } = eth;
  const hashes = { [families.market]: { ETHUSDT: state }, ...(old && { [families.marketOld]: { ETHUSDT: old } }) };
  return heatOf({ book: [position], hashes }).value;
}

describe('the risk of the book', () => {
  it('is notional times sigma, summed over the symbols', () => {
    const { value } = heatOf({ book: [eth, { symbol: 'BTCUSDT', notional: -6125, sigma: 0.1 }] });
    expect(value).toMatchObject({ status: 'priced', riskUsd: 882.5, riskWithSilentUsd: 882.5, positions: 2 });
  });

  it.each<[string, Partial<BookPosition>, number]>([
    ['the published notional before quantity times mark', { notional: 100, qty: 5, markPrice: 3 }, 100],
    ['a short notional by its size', { notional: -100 }, 100],
    ['quantity times mark where no notional is published', { qty: -5, markPrice: 3 }, 15],
    ['nothing where the side is FLAT', { notional: 100, side: 'FLAT' }, 0],
    ['nothing where the quantity is 0', { qty: 0 }, 0],
    ['nothing where the notional is 0', { notional: 0, qty: 3, markPrice: 2 }, 0],
  ])('takes %s', (_what, position, notional) => {
    const { value } = heatOf({ book: [{ symbol: 'X', sigma: 1, ...position }] });
    expect(value).toMatchObject({ status: 'priced', riskUsd: notional, positions: notional === 0 ? 0 : 1 });
    expect(value.notionalMissing).toEqual([]);
  });

  it('of a live snapshot is its quantity times its mark times the sigma of the live market state', () => {
    const { id, fields } = liveSample('position.snapshot');
    const position = parseSnapshot(id, fields) as BookPosition;
    const hashes = { [families.marketOld]: { A2ZUSDT: { ...liveSample('hash.marketstate').fields } } };
    const { value } = heatOf({ book: [position], hashes }, {}, position.atMs);
    expect(value.riskUsd).toBeCloseTo(946_857 * 0.0009640075053 * 0.0113984 * Math.sqrt(24), 8);
    expect(value.status).toBe('priced');
  });
});

describe('the gross notional of the book', () => {
  const [long, short] = [eth, { symbol: 'BTCUSDT', notional: -6125, sigma: 0.1 }];
  const old = { atMs: NOW_MS - MAX_AGE_MS - 1 };
  it.each<[string, readonly Partial<BookPosition>[], number | undefined]>([
    ['long and short together', [long, short], 7_925],
    ['one without a sigma too', [long, { symbol: 'BTCUSDT', notional: -6125 }], 7_925],
    ['0 where all are flat', [{ ...long, notional: 0 }], 0],
    ['not known where one has no notional', [long, { symbol: 'BTCUSDT', qty: 3, sigma: 0.1 }], undefined],
    ['not known where one is left out for silence', [long, { ...short, ...old }], undefined],
    ['the others where the silent one is flat', [long, { ...short, notional: 0, ...old }], 1_800],
    ['not known where none is known', [], undefined],
    ['as young as may be', [{ ...long, atMs: NOW_MS - MAX_AGE_MS }], 1_800],
  ])('is %s', (_what, book, usd) => {
    expect(heatOf({ book: book as BookPosition[] }).value.grossUsd).toBe(usd);
  });
});

describe('the sigma of a position', () => {
  it.each<[string, Record<string, string>, Record<string, string> | undefined, number]>([
    ['sigma_1d of the market state', { sigma_1d: '0.05', sigma: '0.01' }, undefined, 0.05],
    ['an hourly sigma scaled to a day', { sigma: '0.01' }, undefined, 0.01 * Math.sqrt(24)],
    ['a sigma scaled by its own horizon', { sigma: '0.01', sigma_horizon_sec: '21600' }, undefined, 0.02],
    ['a daily sigma by its own horizon', { sigma: '0.01', sigma_horizon_sec: '86400' }, undefined, 0.01],
    ['the hourly one where sigma_1d is 0', { sigma_1d: '0', sigma: '0.01' }, undefined, 0.01 * Math.sqrt(24)],
    [
      'the default where the horizon is unusable',
      { sigma: '0.01', sigma_horizon_sec: '0' },
      undefined,
      0.01 * Math.sqrt(24),
    ],
    ['the older key where the newer has none', { sigma: '0' }, { sigma_1d: '0.07' }, 0.07],
  ])('is %s', (_what, state, old, sigma) => {
    expect(withMarket(state, old).riskUsd).toBeCloseTo(1800 * sigma, 9);
  });

  it('is its own before that of the market', () => {
    const hashes = { [families.market]: { ETHUSDT: { sigma_1d: '9' } } };
    expect(heatOf({ book: [eth], hashes }).value.riskUsd).toBe(270);
  });

  it.each([{}, { sigma: '0' }, { sigma: 'NaN', sigma_1d: '' }, { sigma: '-0.1' }])(
    'of a market state %j is missing',
    (state) => {
      expect(withMarket(state)).toMatchObject({ status: 'nothing_priced', riskUsd: 0, sigmaMissing: ['ETHUSDT'] });
    },
  );

  it('that is missing leaves that position out, and names it', () => {
    const { value } = heatOf({ book: [eth, { symbol: 'XRPUSDT', notional: 500 }] });
    expect(value).toMatchObject({ status: 'priced', riskUsd: 270, positions: 2, sigmaMissing: ['XRPUSDT'] });
    expect(JSON.parse(value.totalsJson)).toMatchObject({ sigma_missing: ['XRPUSDT'], sigma_missing_count: 1 });
  });
});

describe('a notional', () => {
  it.each<[string, Partial<BookPosition>]>([
    ['quantity without a mark', { qty: 3 }],
    ['mark without a quantity', { markPrice: 3 }],
    ['an overflowing product', { qty: 1e300, markPrice: 1e300 }],
    ['nothing at all', {}],
  ])('is missing with %s', (_what, position) => {
    const { value } = heatOf({ book: [{ symbol: 'X', sigma: 0.1, ...position }] });
    expect(value).toMatchObject({ status: 'nothing_priced', notionalMissing: ['X'], sigmaMissing: [] });
  });

  it('and a sigma that are both missing are both named', () => {
    expect(heatOf({ book: [{ symbol: 'X' }] }).value).toMatchObject({ notionalMissing: ['X'], sigmaMissing: ['X'] });
  });

  it('of a known flat position is not missing, nor is its sigma', () => {
    expect(heatOf({ book: [{ symbol: 'X', qty: 0 }] }).value).toMatchObject({
      status: 'priced',
      positions: 0,
      notionalMissing: [],
      sigmaMissing: [],
    });
  });
});

describe('what the book can say', () => {
  it('is nothing before the first snapshot', () => {
    expect(heatOf({}).value.status).toBe('no_positions');
  });

  it('is a risk of 0 when all is known to be flat', () => {
    expect(heatOf({ book: [{ symbol: 'X', notional: 0 }] }).value).toMatchObject({ status: 'priced', riskUsd: 0 });
  });

  it('is nothing when the whole book is old', () => {
    const { value } = heatOf({ book: [{ ...eth, atMs: NOW_MS - MAX_AGE_MS - 1 }] });
    expect(value).toMatchObject({ status: 'positions_stale', riskUsd: 0, riskWithSilentUsd: 270, positions: 0 });
  });

  it.each([
    ['at the age limit', NOW_MS - MAX_AGE_MS, 900, 970],
    ['a millisecond beyond it', NOW_MS - MAX_AGE_MS - 1, 900, 700],
    ['5 s in the future', NOW_MS + 5_000, 900, 970],
    ['more than 5 s in the future', NOW_MS + 5_001, 900, 700],
    ['beyond it where nothing is ever silent', NOW_MS - 10 * MAX_AGE_MS, 0, 970],
  ])('counts a symbol %s while another is fresh', (_what, atMs, maxAge, riskUsd) => {
    const book = [
      { ...eth, atMs },
      { symbol: 'BTCUSDT', notional: 7000, sigma: 0.1 },
    ];
    const { value } = heatOf({ book }, { P26_SNAPSHOT_MAX_AGE_SEC: maxAge });
    expect(value).toMatchObject({ status: 'priced', riskUsd, riskWithSilentUsd: 970 });
  });

  it('is read again when the first symbol falls silent', () => {
    const book = [
      { ...eth, atMs: NOW_MS - 1000 },
      { symbol: 'BTCUSDT', notional: 1, sigma: 1, atMs: NOW_MS },
    ];
    const untilMs = NOW_MS - 1000 + MAX_AGE_MS;
    expect(heatOf({ book }).validUntilMs).toBe(untilMs);
    expect(heatOf({ book }, {}, untilMs).value.positions).toBe(2);
    expect(heatOf({ book }, {}, untilMs + 1).value.positions).toBe(1);
  });

  it('is read again when a time ahead of the clock comes within reach', () => {
    const { validUntilMs } = heatOf({ book: [{ ...eth, atMs: NOW_MS + 60_000 }] });
    expect(validUntilMs).toBe(NOW_MS + 60_000 - 5_000 - 1);
    expect(heatOf({ book: [{ ...eth, atMs: NOW_MS + 60_000 }] }, {}, validUntilMs + 1).value.status).toBe('priced');
  });

  it('is not known from two minutes after the last look on, where the stream cannot be read', () => {
    const at = (nowMs: number) => heatOf({ book: [{ ...eth, atMs: nowMs }], unreadSinceMs: NOW_MS }, {}, nowMs);
    expect(at(NOW_MS)).toMatchObject({ value: { status: 'priced' }, validUntilMs: NOW_MS + 119_999 });
    expect(at(NOW_MS + 119_999).value.status).toBe('priced');
    expect(at(NOW_MS + 120_000).value.status).toBe('positions_unreadable');
    expect(heatOf({ book: [], unreadSinceMs: 0 }).value.status).toBe('positions_unreadable');
  });

  it('holds for good when nothing is ever silent', () => {
    expect(heatOf({ book: [eth] }, { P26_SNAPSHOT_MAX_AGE_SEC: 0 }).validUntilMs).toBe(Infinity);
  });
});

describe('the facts of the book', () => {
  const many = Array.from({ length: 1000 }, (_, i) => ({
    symbol: `S${i}`,
    notional: 1000 + ((i * 37) % 1000),
    sigma: 0.01,
  }));

  it('name the largest contributions, largest first, and sum the rest', () => {
    const { value } = heatOf({ book: many });
    const risks = many.map(({ notional }) => notional * 0.01).sort((a, b) => b - a);
    expect(value.contributions.map(({ risk_usd }) => risk_usd)).toEqual(risks.slice(0, NAMED_AT_MOST));
    expect(value.remainderUsd).toBeCloseTo(
      risks.slice(NAMED_AT_MOST).reduce((sum, risk) => sum + risk, 0),
      6,
    );
    expect(value.riskUsd).toBeCloseTo(
      risks.reduce((sum, risk) => sum + risk, 0),
      6,
    );
  });

  it('are JSON of a bounded size, made once', () => {
    const unpriced = Array.from({ length: 5000 }, (_, i) => ({ symbol: `U${i}`, notional: 10 }));
    const { value } = heatOf({ book: [...many, ...unpriced] });
    const facts = JSON.parse(value.factsJson);
    expect(facts).toMatchObject({
      book_id: value.lastId,
      positions: 6000,
      risk_usd: value.riskUsd,
      sigma_missing_count: 5000,
    });
    expect(facts.largest).toHaveLength(NAMED_AT_MOST);
    expect(facts.largest[0]).toEqual({ symbol: 'S27', notional_usd: 1999, sigma: 0.01, risk_usd: 19.99 });
    expect(facts.sigma_missing).toHaveLength(NAMED_AT_MOST);
    expect(value.factsJson.length).toBeLessThan(10_000);
    expect(JSON.parse(value.totalsJson).largest).toBeUndefined();
  });
});
