import { describe, expect, it } from 'vitest';
import { readAccount, requiredItem, requiredList } from '../../../../../runtime/market/exchange/binance/account.ts';
import accountV2 from '../../../../fixtures/binance/account-v2.json' with { type: 'json' };
import accountV3 from '../../../../fixtures/binance/account-v3.json' with { type: 'json' };
import riskHedge from '../../../../fixtures/binance/position-risk-hedge.json' with { type: 'json' };
import riskV2 from '../../../../fixtures/binance/position-risk-v2.json' with { type: 'json' };
import riskV3 from '../../../../fixtures/binance/position-risk-v3.json' with { type: 'json' };

const FIGURES = {
  totalWalletBalance: '1000',
  totalUnrealizedProfit: '-20.5',
  totalMarginBalance: '979.5',
  availableBalance: '900',
};
const BTC = { symbol: 'BTCUSDT', positionAmt: '0.5', markPrice: '40000', unRealizedProfit: '12', leverage: '5' };

function positions(...items: readonly object[]) {
  return readAccount(FIGURES, items);
}

describe('an account', () => {
  it('of version 2 is read: figures as numbers, flat symbols left out', () => {
    expect(readAccount(accountV2, riskV2)).toEqual({
      equityUsd: 126.72469206,
      balanceUsd: 126.72469206,
      availableUsd: 126.72469206,
      unrealizedPnlUsd: 0,
      maintenanceUsd: 0,
      assets: [{ asset: 'USDT', wallet: 23.72469206, unrealizedPnl: 0 }],
      positions: [],
      unreadableSymbols: [],
      problems: [],
    });
  });

  it('of version 3 is read, without the leverage that it leaves out', () => {
    const reading = readAccount({ ...accountV3, positions: [] }, riskV3);
    expect(reading.assets.map((asset) => asset.asset)).toEqual(['USDT', 'USDC']);
    expect(reading.positions).toEqual([
      {
        symbol: 'ADAUSDT',
        netQty: 30,
        longQty: 30,
        shortQty: 0,
        markPrice: 0.4104759,
        grossNotionalUsd: 12.314277,
        unrealizedPnlUsd: 0.764277,
        leverage: undefined,
        liquidationDistance: undefined,
        updatedMs: 1720736417660,
      },
    ]);
    expect(reading.problems).toEqual([]);
  });

  it('with a negative wallet is read as it is', () => {
    const account = { ...FIGURES, totalWalletBalance: '-30', totalMarginBalance: '-50.5' };
    expect(readAccount(account, [])).toMatchObject({ balanceUsd: -30, equityUsd: -50.5, problems: [] });
  });

  it.each([
    ['a margin balance that cannot be read', { totalMarginBalance: 'n/a' }, 979.5, 'totalMarginBalance'],
    ['a margin balance that does not add up', { totalMarginBalance: '2000' }, 2000, 'is not wallet'],
    ['a figure that is not finite', { totalWalletBalance: '1e400' }, 979.5, 'totalWalletBalance'],
    ['no figures', { totalMarginBalance: '', totalWalletBalance: null }, undefined, 'totalMarginBalance'],
  ])('with %s says so', (_what, wrong, equityUsd, word) => {
    const reading = readAccount({ ...FIGURES, ...wrong }, []);
    expect(reading.equityUsd).toBe(equityUsd);
    expect(reading.problems.join()).toContain(word);
  });

  it.each([
    [0.01, 0],
    [0.0101, 1],
  ])('takes a difference of %d USD between its figures for %i problems', (differenceUsd, count) => {
    const totalMarginBalance = String(979.5 + differenceUsd);
    expect(readAccount({ ...FIGURES, totalMarginBalance }, []).problems).toHaveLength(count);
  });

  it('names assets that are not known, and those that cannot be read', () => {
    const assets = [
      { asset: 'WEN', walletBalance: '12.5' },
      { asset: 'DUST', walletBalance: '0.00000000' },
      { asset: 'BNB', walletBalance: '1' },
      { asset: 'USDT', walletBalance: 'much' },
      'nonsense',
    ];
    const reading = readAccount({ ...FIGURES, assets }, []);
    expect(reading.assets.map((asset) => asset.asset)).toEqual(['WEN', 'BNB']);
    expect(reading.problems).toEqual([
      expect.stringContaining('WEN: 12.5 of an asset that is not known'),
      expect.stringContaining('USDT'),
      expect.stringContaining('nonsense'),
    ]);
  });

  it.each([
    ['a figure', '12.5', 12.5, 0],
    ['nothing at all', undefined, undefined, 0],
    ['words', 'n/a', undefined, 1],
    ['a figure below 0', '-1', undefined, 0],
  ])('with %s as its maintenance margin', (_what, totalMaintMargin, maintenanceUsd, problems) => {
    const reading = readAccount({ ...FIGURES, totalMaintMargin }, []);
    expect(reading.maintenanceUsd).toBe(maintenanceUsd);
    expect(reading.problems).toHaveLength(problems);
  });

  it.each([
    ['a long above it', '0.5', '40000', '30000', 0.25],
    ['a long at it', '0.5', '30000', '30000', 0],
    ['a long beyond it', '0.5', '20000', '30000', 0],
    ['a short below it', '-0.5', '40000', '50000', 0.25],
    ['a short beyond it', '-0.5', '60000', '50000', 0],
    ['one that no price liquidates', '0.5', '40000', '0', undefined],
    ['one without a mark', '0.5', '0', '30000', undefined],
    ['a price that cannot be read', '0.5', '40000', 'far', undefined],
  ])('says how far from its liquidation %s is', (_what, positionAmt, markPrice, liquidationPrice, distance) => {
    const [position] = positions({ ...BTC, positionAmt, markPrice, liquidationPrice, notional: '20000' }).positions;
    expect(position?.liquidationDistance).toBe(distance);
  });

  it.each([
    ['a list', () => requiredItem([])],
    ['nothing', () => requiredItem(null)],
    ['words', () => requiredList('positions')],
  ])('that is %s is no answer', (_what, read) => {
    expect(read).toThrow(expect.objectContaining({ kind: 'answer' }));
  });
});

describe('positions', () => {
  it.each([
    ['long', '0.5', { netQty: 0.5, longQty: 0.5, shortQty: 0 }],
    ['short', '-0.5', { netQty: -0.5, longQty: 0, shortQty: 0.5 }],
    ['given as a number', 0.5, { netQty: 0.5, longQty: 0.5, shortQty: 0 }],
  ])('of one-way mode: %s', (_what, positionAmt, expected) => {
    const reading = positions({ ...BTC, positionAmt, positionSide: 'BOTH' });
    expect(reading.positions).toEqual([
      { ...expected, symbol: 'BTCUSDT', markPrice: 40000, grossNotionalUsd: 20000, unrealizedPnlUsd: 12, leverage: 5 },
    ]);
  });

  it('of hedge mode are one position a symbol: net for direction, gross for risk', () => {
    const reading = positions(
      { ...BTC, positionSide: 'LONG', positionAmt: '0.5' },
      { ...BTC, positionSide: 'SHORT', positionAmt: '-0.3', unRealizedProfit: '-2' },
      { ...BTC, positionSide: 'BOTH', positionAmt: '0' },
    );
    expect(reading.positions).toEqual([
      {
        symbol: 'BTCUSDT',
        netQty: 0.2,
        longQty: 0.5,
        shortQty: 0.3,
        markPrice: 40000,
        grossNotionalUsd: 32000,
        unrealizedPnlUsd: 10,
        leverage: 5,
      },
    ]);
  });

  it('of hedge mode that cancel out are held all the same', () => {
    const reading = positions(
      { ...BTC, positionSide: 'LONG', positionAmt: '1' },
      { ...BTC, positionSide: 'SHORT', positionAmt: '-1' },
    );
    expect(reading.positions[0]).toMatchObject({ netQty: 0, grossNotionalUsd: 80000 });
  });

  it('of the documented hedge-mode answer are read', () => {
    expect(positions(...riskHedge).positions).toEqual([
      expect.objectContaining({ symbol: 'BTCUSDT', netQty: 0.001, leverage: 4, updatedMs: 1655217461579 }),
    ]);
  });

  it.each([
    ['an empty list', []],
    ['a flat symbol with a zero mark price', [{ ...BTC, positionAmt: '0.000', markPrice: '0' }]],
  ])('are none for %s', (_what, items) => {
    expect(positions(...items)).toMatchObject({ positions: [], unreadableSymbols: [], problems: [] });
  });

  it.each([
    ['an unreadable amount', { ...BTC, positionAmt: 'NaN' }],
    ['no amount', { symbol: 'BTCUSDT' }],
    ['a side that is none', { ...BTC, positionSide: 'UP' }],
  ])('with %s are unreadable, not flat, and the others are read', (_what, item) => {
    const reading = positions(item, { ...BTC, symbol: 'ETHUSDT' });
    expect(reading.unreadableSymbols).toEqual(['BTCUSDT']);
    expect(reading.positions.map((position) => position.symbol)).toEqual(['ETHUSDT']);
    expect(reading.problems[0]).toContain('BTCUSDT');
  });

  it('with one side unreadable are unreadable as a whole', () => {
    const reading = positions({ ...BTC, positionSide: 'LONG' }, { ...BTC, positionSide: 'SHORT', positionAmt: '?' });
    expect(reading).toMatchObject({ positions: [], unreadableSymbols: ['BTCUSDT'] });
  });

  it.each([
    ['not an object', 7],
    ['a name that cannot be on the wire', { ...BTC, symbol: 'BTC USDT' }],
    ['no name', {}],
  ])('that are %s are a problem', (_what, item) => {
    expect(readAccount(FIGURES, [item]).problems).toEqual([expect.stringContaining('no usable symbol')]);
  });

  it('that the account holds and the list does not name are unreadable', () => {
    const account = {
      ...FIGURES,
      positions: [
        { symbol: 'BTCUSDT', positionAmt: '1' },
        { symbol: 'ETHUSDT', positionAmt: '0' },
      ],
    };
    expect(readAccount(account, [])).toMatchObject({ positions: [], unreadableSymbols: ['BTCUSDT'] });
    expect(readAccount(account, [{ ...BTC, positionAmt: '0' }])).toMatchObject({ unreadableSymbols: [] });
  });

  it.each([
    ['its notional without a mark price', { ...BTC, markPrice: '0', notional: '-20500' }, 41000, 20500, 0],
    ['neither without both', { ...BTC, markPrice: '0', notional: '0' }, undefined, undefined, 1],
    ['neither when it is not priced in dollars', { ...BTC, symbol: 'ETHBTC' }, undefined, undefined, 1],
    ['its price with a delivery date', { ...BTC, symbol: 'BTCUSDT_261225' }, 40000, 20000, 0],
  ])('are priced by %s', (_what, item, markPrice, grossNotionalUsd, problems) => {
    const reading = positions(item);
    expect(reading.positions).toEqual([expect.objectContaining({ markPrice, grossNotionalUsd })]);
    expect(reading.problems).toHaveLength(problems);
  });

  it('report at most twenty problems in full', () => {
    const reading = positions(...Array.from({ length: 50 }, () => ({})));
    expect(reading.problems).toHaveLength(21);
    expect(reading.problems.at(-1)).toBe('and 30 more');
  });
});
