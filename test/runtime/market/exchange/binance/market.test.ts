import { describe, expect, it } from 'vitest';
import {
  readCandles,
  readFundings,
  readMarks,
  readSymbols,
  readTransfers,
} from '../../../../../runtime/market/exchange/binance/market.ts';
import { HOUR_MS } from '../../../../../schemas/duration.ts';
import exchangeInfo from '../../../../fixtures/binance/exchange-info.json' with { type: 'json' };
import premiumIndex from '../../../../fixtures/binance/premium-index.json' with { type: 'json' };

const OPEN_MS = 1_620_000_000_000;
const NOW_MS = OPEN_MS + 10 * HOUR_MS;

function row(hour: number, close = '101'): readonly unknown[] {
  const openMs = OPEN_MS + hour * HOUR_MS;
  return [openMs, '100', '110', '90', close, '12.5', openMs + HOUR_MS - 1, '0', 3, '0', '0', '0'];
}

function candles(...rows: readonly unknown[]) {
  return readCandles(rows, 'BTCUSDT', '1h', NOW_MS);
}

describe('candles', () => {
  it('are read in order of time, each open time once and the last wins', () => {
    const reading = candles(row(2), row(0), row(1), row(0, '105'));
    expect(reading.candles.map((candle) => [candle.openMs, candle.close])).toEqual([
      [OPEN_MS, 105],
      [OPEN_MS + HOUR_MS, 101],
      [OPEN_MS + 2 * HOUR_MS, 101],
    ]);
    expect(reading.candles[0]).toEqual({
      symbol: 'BTCUSDT',
      interval: '1h',
      openMs: OPEN_MS,
      closeMs: OPEN_MS + HOUR_MS - 1,
      open: 100,
      high: 110,
      low: 90,
      close: 105,
      volume: 12.5,
      closed: true,
    });
    expect(reading.problems).toEqual([]);
  });

  it.each([
    [OPEN_MS + HOUR_MS - 1, false],
    [OPEN_MS + HOUR_MS, true],
  ])('at %i have ended: %s', (nowMs, closed) => {
    expect(readCandles([row(0)], 'BTCUSDT', '1h', nowMs).candles[0]?.closed).toBe(closed);
  });

  it.each([
    ['short', [OPEN_MS]],
    ['not a list', { open: 1 }],
    ['between two hours', [OPEN_MS + 1, '100', '110', '90', '101', '1', OPEN_MS + HOUR_MS]],
    ['priced 0', [OPEN_MS, '0', '110', '90', '101', '1', OPEN_MS + HOUR_MS]],
    ['priced in words', [OPEN_MS, '100', '110', '90', 'NaN', '1', OPEN_MS + HOUR_MS]],
    ['closing above its high', [OPEN_MS, '100', '110', '90', '110.1', '1', OPEN_MS + HOUR_MS]],
    ['opening below its low', [OPEN_MS, '89.9', '110', '90', '100', '1', OPEN_MS + HOUR_MS]],
  ])('that are %s are dropped and named, the others stand', (_what, bad) => {
    const reading = candles(bad, row(1));
    expect(reading.candles).toHaveLength(1);
    expect(reading.problems).toEqual([expect.stringMatching(/^BTCUSDT 1h: expected a candle/)]);
  });

  it('with an unreadable volume keep their prices', () => {
    expect(candles([OPEN_MS, '1', '1', '1', '1', '-3', 0]).candles[0]?.volume).toBeUndefined();
  });
});

describe('mark prices', () => {
  it('of one symbol are read like a list', () => {
    expect(readMarks(premiumIndex, ['BTCUSDT'], NOW_MS)).toEqual({
      marks: [{ symbol: 'BTCUSDT', price: 11793.63104562, atMs: 1597370495002, nextFundingMs: 1597392000000 }],
      problems: [],
    });
  });

  it('that are 0, missing or unreadable are problems only of symbols that were asked for', () => {
    const body = [
      { symbol: 'AUSDT', markPrice: '0.00', time: 1 },
      { symbol: 'BUSDT', markPrice: 'x' },
      { symbol: 'CUSDT', markPrice: 2 },
      null,
    ];
    expect(readMarks(body, undefined, NOW_MS)).toEqual({
      marks: [{ symbol: 'CUSDT', price: 2, atMs: NOW_MS }],
      problems: [],
    });
    const asked = readMarks(body, ['AUSDT', 'BUSDT', 'CUSDT', 'GONEUSDT'], NOW_MS);
    expect(asked.marks.map((mark) => mark.symbol)).toEqual(['CUSDT']);
    expect(asked.problems.map((problem) => problem.split(':')[0])).toEqual(['AUSDT', 'BUSDT', 'GONEUSDT']);
  });

  it('that are no list are no answer', () => {
    expect(() => readMarks('soon', undefined, NOW_MS)).toThrow(expect.objectContaining({ kind: 'answer' }));
  });
});

describe('symbols', () => {
  it('say what may be traded, and what the exchange allows a minute', () => {
    const reading = readSymbols({ ...exchangeInfo, symbols: [...exchangeInfo.symbols, { symbol: 'A B' }] });
    expect(reading.weightLimit).toBe(2400);
    expect(reading.symbols.filter((symbol) => !symbol.tradable)).toEqual([
      expect.objectContaining({ symbol: 'BTCSTUSDT', status: 'PENDING_TRADING', quoteAsset: 'USDT' }),
    ]);
    expect(reading.symbols.map((symbol) => symbol.symbol)).toContain('BTCUSDT_210924');
    expect(reading.problems).toEqual([expect.stringContaining('A B')]);
  });
});

describe('the filters of a symbol', () => {
  const filtersOf = (filters: unknown) =>
    readSymbols({ symbols: [{ symbol: 'BTCUSDT', status: 'TRADING', filters }] }).symbols[0]?.filters;
  const none = { tickSize: undefined, stepSize: undefined, minNotionalUsd: undefined };

  it('are tick, step and least notional, as the exchange says them', () => {
    const said = filtersOf([
      { filterType: 'PRICE_FILTER', minPrice: '556.72', maxPrice: '1000000', tickSize: '0.01' },
      { filterType: 'LOT_SIZE', minQty: '0.001', maxQty: '1000', stepSize: '0.001' },
      { filterType: 'MARKET_LOT_SIZE', stepSize: '0.1' },
      { filterType: 'MIN_NOTIONAL', notional: 5 },
    ]);
    expect(said).toEqual({ tickSize: 0.01, stepSize: 0.001, minNotionalUsd: 5 });
  });

  it.each([
    [undefined],
    [{}],
    ['PRICE_FILTER'],
    [[null, 7, 'x', {}]],
    [[{ filterType: 'PRICE_FILTER', tickSize: '0' }]],
    [
      [
        { filterType: 'MIN_NOTIONAL', notional: '-5' },
        { filterType: 'LOT_SIZE', stepSize: 'NaN' },
      ],
    ],
    [[{ filterType: 'MARKET_LOT_SIZE', stepSize: '0.1' }]],
  ])('are none where %j says none', (filters) => {
    expect(filtersOf(filters)).toEqual(none);
  });
});

describe('transfers', () => {
  it('are money in and out, oldest first; other income is none', () => {
    const body = [
      { incomeType: 'TRANSFER', income: '-37.5', asset: 'USDT', time: 2000, tranId: 9 },
      { incomeType: 'FUNDING_FEE', income: '1', asset: 'USDT', time: 1500, tranId: 8 },
      { incomeType: 'TRANSFER', income: 100, asset: 'USDC', time: 1000, tranId: 7 },
      { incomeType: 'TRANSFER', income: 'x', asset: 'USDT', time: 3000, tranId: 10 },
    ];
    expect(readTransfers(body)).toEqual({
      transfers: [
        { id: '7', asset: 'USDC', amount: 100, atMs: 1000 },
        { id: '9', asset: 'USDT', amount: -37.5, atMs: 2000 },
      ],
      problems: [expect.stringContaining('a transfer cannot be read')],
    });
  });
});

describe('funding rates', () => {
  const paid = (hours: number, fundingRate: unknown, markPrice: unknown = '34287.5', symbol = 'BTCUSDT') => {
    return { symbol, fundingRate, fundingTime: OPEN_MS + hours * HOUR_MS, markPrice };
  };

  it('are read in order of time, below 0 too, without a mark where there is none', () => {
    const { fundings, problems } = readFundings(
      [paid(8, '-0.03750000'), paid(0, '0.00010000', ''), paid(8, '0.002')],
      'BTCUSDT',
    );
    expect(problems).toEqual([]);
    expect(fundings).toEqual([
      { atMs: OPEN_MS, rate: 0.0001, mark: undefined },
      { atMs: OPEN_MS + 8 * HOUR_MS, rate: 0.002, mark: 34287.5 },
    ]);
  });

  it.each([[''], ['x'], [null], [Number.NaN], ['Infinity']])('that are %o are a problem, and no rate', (rate) => {
    const { fundings, problems } = readFundings([paid(0, rate), paid(8, '0')], 'BTCUSDT');
    expect(fundings).toEqual([{ atMs: OPEN_MS + 8 * HOUR_MS, rate: 0, mark: 34287.5 }]);
    expect(problems).toEqual([expect.stringContaining('BTCUSDT: expected a funding rate, got ')]);
  });

  it('of another symbol are a problem, and an answer that is no list is none', () => {
    expect(readFundings([paid(0, '0.1', '1', 'ETHUSDT')], 'BTCUSDT')).toMatchObject({ fundings: [], problems: [{}] });
    expect(() => readFundings({ code: -1 }, 'BTCUSDT')).toThrow('fundingRate: expected a list, got {"code":-1}');
  });

  it('have a next time among the marks, where the exchange tells one', () => {
    const item = { symbol: 'BTCUSDT', markPrice: '100', time: NOW_MS };
    const next = (nextFundingTime: unknown) => readMarks([{ ...item, nextFundingTime }], undefined, NOW_MS).marks[0];
    expect(next(OPEN_MS)?.nextFundingMs).toBe(OPEN_MS);
    for (const none of [0, '', undefined]) expect(next(none)?.nextFundingMs).toBeUndefined();
  });
});
