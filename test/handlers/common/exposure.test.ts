import { describe, expect, it } from 'vitest';
import { exposureOf } from '../../../handlers/common/exposure.ts';
import { knownExposure } from '../../../handlers/common/known-exposure.ts';
import { computeOver, type FakeViews, fakeViews, hashFact, NOW_MS } from '../../support/fake-ctx.ts';
import { liveSample } from '../../support/live.ts';

const SETTINGS = { GOV_POSITION_MAX_AGE_SEC: 86_400, GOV_STATE_MAX_AGE_SEC: 120 };
const SEC = NOW_MS / 1000;
const exposed = (views: FakeViews, nowMs = NOW_MS) => computeOver(exposureOf, fakeViews(views), SETTINGS, nowMs);
const known = (views: FakeViews, state: Record<string, string> | null) =>
  knownExposure(exposed(views), hashFact(state), SETTINGS, NOW_MS);
const hash = (fields: Record<string, string>) => ({ 'state:positions': { X: fields } });

describe('a position', () => {
  it.each<[string, FakeViews, number, number]>([
    ['a quantity above 1e-8', { book: [{ symbol: 'X', qty: 1.1e-8, markPrice: 1e9 }] }, 1, 11],
    ['a quantity of 1e-8 is none', { book: [{ symbol: 'X', qty: 1e-8, markPrice: 1e9 }] }, 0, 0],
    ['a short counts by its size', { book: [{ symbol: 'X', qty: -2, markPrice: 10 }] }, 1, 20],
    ['a notional alone', { book: [{ symbol: 'X', notional: -150 }] }, 1, 150],
    ['FLAT clears it', { book: [{ symbol: 'X', qty: 2, markPrice: 10, side: 'FLAT' }] }, 0, 0],
    [
      'the larger of notional and quantity at mark',
      { book: [{ symbol: 'X', qty: 2, markPrice: 10, notional: 25 }] },
      1,
      25,
    ],
    ['a hash alone', { hashes: hash({ position_amt: '-3', mark_price: '10', ts_epoch: String(SEC) }) }, 1, 30],
    [
      'a hash without time is older than any entry',
      { book: [{ symbol: 'X', qty: 0, atMs: NOW_MS - 5000 }], hashes: hash({ position_amt: '3', mark_price: '10' }) },
      0,
      0,
    ],
    [
      'a newer hash wins',
      {
        book: [{ symbol: 'X', qty: 0, atMs: NOW_MS - 2000 }],
        hashes: hash({ position_amt: '3', mark_price: '10', timestamp: String(SEC - 1) }),
      },
      1,
      30,
    ],
    [
      'at the same time the entry wins',
      { book: [{ symbol: 'X', qty: 1, markPrice: 10 }], hashes: hash({ position_amt: '0', timestamp: String(SEC) }) },
      1,
      10,
    ],
    [
      'a hash from the future is none newer',
      {
        book: [{ symbol: 'X', qty: 1, markPrice: 10 }],
        hashes: hash({ position_amt: '0', timestamp: String(SEC + 6) }),
      },
      1,
      10,
    ],
    [
      'silence closes nothing for a day',
      { book: [{ symbol: 'X', qty: 1, markPrice: 10, atMs: NOW_MS - 86_400_000 }] },
      1,
      10,
    ],
    [
      'a day and a millisecond later it is gone',
      { book: [{ symbol: 'X', qty: 1, markPrice: 10, atMs: NOW_MS - 86_400_001 }] },
      0,
      0,
    ],
  ])('%s', (_sentence, views, count, gross) => {
    expect(exposed(views)).toMatchObject({ count, grossNotionalUsd: gross, unpriced: [] });
  });

  it.each([
    ['a quantity without any price', { symbol: 'X', qty: 1 }],
    ['a report without any size', { symbol: 'X', side: 'LONG' }],
  ])('%s is held, and cannot be evaluated', (_sentence, position) => {
    expect(exposed({ book: [position] })).toMatchObject({ count: 1, unpriced: ['X'] });
  });

  it.each([
    ['state:market', 120, 90],
    ['state:market', 121, 20],
    ['marketstate', 120, 90],
  ])('is priced by the mark of %s %i s ago at %i', (family, age, gross) => {
    const hashes = { [family]: { X: { mark_price: '45', timestamp: String(SEC - age) } } };
    expect(exposed({ book: [{ symbol: 'X', qty: 2, markPrice: 10 }], hashes }).grossNotionalUsd).toBe(gross);
  });

  it('holds until the mark it was priced by is too old', () => {
    const hashes = { 'state:market': { X: { mark_price: '45', timestamp: String(SEC - 100) } } };
    const views = fakeViews({ book: [{ symbol: 'X', qty: 2, markPrice: 10 }], hashes });
    expect(exposureOf(views, SETTINGS, NOW_MS).validUntilMs).toBe(NOW_MS + 20_000);
  });

  it('holds until a hash from ahead of the clock begins to count as one of its own time', () => {
    const ahead = { position_amt: '3', mark_price: '10', timestamp: String(SEC + 20) };
    const views = fakeViews({ book: [{ symbol: 'X', qty: 0 }], hashes: hash(ahead) });
    expect(exposureOf(views, SETTINGS, NOW_MS)).toMatchObject({ value: { count: 0 }, validUntilMs: NOW_MS + 15_000 });
    expect(exposureOf(views, SETTINGS, NOW_MS + 15_000).value.count).toBe(1);
  });

  it('of the live system is priced and signed', () => {
    const fields = { ...liveSample('hash.state-positions').fields };
    const exposure = exposed({
      hashes: { 'state:positions': { X: { ...fields, position_amt: '2', side: 'SHORT', mark_price: '10' } } },
    });
    expect(exposure.positionOf('X')).toMatchObject({ qty: -2, notionalUsd: 20 });
  });

  it('is among the 64 largest in the facts, the rest as a sum', () => {
    const book = Array.from({ length: 70 }, (_, at) => ({ symbol: `S${at}`, notional: at + 1 }));
    const facts = JSON.parse(exposed({ book }).factsJson) as { largest: unknown[]; remainder_usd: number };
    expect([facts.largest.length, facts.largest[0], facts.remainder_usd]).toEqual([
      64,
      { symbol: 'S69', qty: null, notional_usd: 70 },
      21,
    ]);
  });
});

describe('positions are known', () => {
  const old = { symbol: 'X', qty: 1, markPrice: 10, atMs: NOW_MS - 120_001 };
  const state = (age: number, counts: Record<string, string>) => ({ timestamp: String(SEC - age), ...counts });

  it.each<[string, FakeViews, Record<string, string> | null, boolean, number]>([
    ['not without any report', {}, null, false, 0],
    ['by an entry younger than 120 s', { book: [{ ...old, atMs: NOW_MS - 119_999 }] }, null, true, 1],
    ['not by one of 120 s', { book: [{ ...old, atMs: NOW_MS - 120_000 }] }, null, false, 1],
    ['by a portfolio state younger than 120 s', { book: [old] }, state(119.999, { positions_count: '7' }), true, 1],
    ['not by one of 120 s', { book: [old] }, state(120, { positions_count: '7' }), false, 1],
    ['by a portfolio state 5 s ahead', { book: [old] }, state(-5, { positions_count: '7' }), true, 1],
    ['not by one 6 s ahead', { book: [old] }, state(-6, { positions_count: '7' }), false, 1],
    ['not by one with a count below 0', { book: [old] }, state(0, { positions_count: '-1' }), false, 1],
    ['by a hash alone', { hashes: hash({ position_amt: '1', mark_price: '1', ts_epoch: `${SEC}` }) }, null, true, 1],
    ['not by a hash without a time', { hashes: hash({ position_amt: '1', mark_price: '1' }) }, null, false, 1],
    ['not by one that counts nothing', { book: [old] }, state(0, {}), false, 1],
    ['not by one without a time', { book: [old] }, { positions_count: '0' }, false, 1],
    ['to be none by a state of 0', { book: [old] }, state(0, { positions_count: '0' }), true, 0],
    ['to be none by the other name', { book: [old] }, state(0, { total_positions: '0' }), true, 0],
    [
      'not to be none where the names differ',
      { book: [old] },
      state(0, { positions_count: '0', total_positions: '1' }),
      true,
      1,
    ],
    [
      'but for what was reported since',
      { book: [old, { symbol: 'Y', qty: 1, markPrice: 5 }] },
      state(10, { positions_count: '0' }),
      true,
      1,
    ],
  ])('%s', (_sentence, views, portfolio, isKnown, count) => {
    expect(known(views, portfolio)).toMatchObject({ known: isKnown, count });
  });

  it('as flat, a symbol reported before is closed', () => {
    expect(known({ book: [old] }, state(0, { positions_count: '0' })).reportOf('X')).toMatchObject({
      held: false,
      qty: 0,
    });
  });
});
