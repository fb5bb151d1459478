import { describe, expect, it } from 'vitest';
import { budgetInputs } from '../../../handlers/risk-governor/inputs.ts';
import { activeSymbols, chunkTriggers } from '../../../handlers/risk-governor/symbols.ts';
import { HOUR_MS } from '../../../schemas/duration.ts';
import { BudgetTick } from '../../../schemas/risk-governor.ts';
import { computeOver, type FakeViews, fakeViews, NOW_MS } from '../../support/fake-ctx.ts';

const none = () => false;

function active(views: FakeViews, hasPosition = none as (symbol: string) => boolean, planned: [string, number][] = []) {
  const scored = planned.map(([member, ageMs]) => ({ member, score: NOW_MS - ageMs }));
  return activeSymbols(computeOver(budgetInputs, fakeViews(views), {}), hasPosition, scored, NOW_MS);
}

describe('the active symbols', () => {
  it('are those with a position hash of either family, even a flat one', () => {
    const hashes = {
      'position:snapshot': { ETHUSDT: { position_qty: '0' } },
      'state:positions': { BTCUSDT: { side: 'FLAT' } },
    };
    expect(active({ hashes })).toEqual(['BTCUSDT', 'ETHUSDT']);
  });

  it('are those of the book with a position, and not those that were closed', () => {
    const book = [
      { symbol: 'BTCUSDT', notional: 50_000 },
      { symbol: 'ETHUSDT', notional: 0 },
    ];
    expect(active({ book }, (symbol) => symbol === 'BTCUSDT')).toEqual(['BTCUSDT']);
  });

  it('are those with a plan in the last hour', () => {
    const planned: [string, number][] = [
      ['SOLUSDT', HOUR_MS],
      ['XRPUSDT', HOUR_MS + 1],
      ['ADAUSDT', 0],
    ];
    expect(active({}, none, planned)).toEqual(['ADAUSDT', 'SOLUSDT']);
  });

  it('are named once, however many sources name them', () => {
    const views: FakeViews = {
      book: [{ symbol: 'BTCUSDT', notional: 1 }],
      hashes: { 'position:snapshot': { BTCUSDT: {} }, 'state:positions': { BTCUSDT: {} } },
    };
    expect(active(views, () => true, [['BTCUSDT', 0]])).toEqual(['BTCUSDT']);
  });

  it('leave out names that no key could hold', () => {
    const hashes = { 'position:snapshot': { 'BTC USDT': {}, 'BTC:USDT': {}, '': {}, [`${'B'.repeat(129)}`]: {} } };
    expect(active({ hashes }, none, [['{BTC}', 0]])).toEqual([]);
  });
});

describe('the chunks of a cycle', () => {
  const tick: BudgetTick = { tickId: 't7', scheduledMs: NOW_MS, symbols: undefined };
  const names = (count: number) => Array.from({ length: count }, (_unused, at) => `S${at},USDT`);

  it.each([
    [201, [200, 1]],
    [400, [200, 200]],
    [401, [200, 200, 1]],
  ])('of %s symbols hold %s', (count, sizes) => {
    const triggers = chunkTriggers(tick, names(count));
    const ticks = triggers.map((effect) => BudgetTick.parse(effect.do === 'emit' ? effect.fields : {}));
    expect(ticks.map((chunk) => chunk.symbols?.length)).toEqual(sizes);
    expect(ticks.flatMap((chunk) => chunk.symbols ?? [])).toEqual(names(count));
    expect(ticks.map((chunk) => chunk.tickId)).toEqual(sizes.map((_size, at) => `t7.${at + 1}`));
    expect(new Set(ticks.map((chunk) => chunk.scheduledMs))).toEqual(new Set([NOW_MS]));
  });
});
