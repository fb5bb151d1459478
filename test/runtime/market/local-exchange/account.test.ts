import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExchangeAccount, liquidationPriceOf } from '../../../../runtime/market/local-exchange/account.ts';

const START = 10_000;

function accountWith(fills: readonly (readonly [qty: number, price: number])[]): ExchangeAccount {
  const account = new ExchangeAccount(START, false);
  for (const [qty, price] of fills) account.fill({ symbol: 'BTCUSDT', side: 'BOTH', qty, price, atMs: 1 });
  return account;
}

describe('fills', () => {
  it.each([
    ['a buy opens a long', [[2, 100]], 2, 100, START],
    ['a sale opens a short', [[-2, 100]], -2, 100, START],
    [
      'adding averages the entry',
      [
        [2, 100],
        [2, 110],
      ],
      4,
      105,
      START,
    ],
    [
      'adding to a short averages the entry',
      [
        [-1, 100],
        [-3, 120],
      ],
      -4,
      115,
      START,
    ],
    [
      'a part that is sold realises its profit and keeps the entry',
      [
        [4, 100],
        [-1, 130],
      ],
      3,
      100,
      START + 30,
    ],
    [
      'a part that is bought back realises its loss',
      [
        [-4, 100],
        [1, 130],
      ],
      -3,
      100,
      START - 30,
    ],
    [
      'a close leaves nothing',
      [
        [2, 100],
        [-2, 90],
      ],
      0,
      0,
      START - 20,
    ],
    [
      'a long flips through zero to a short at the price of the flip',
      [
        [2, 100],
        [-5, 110],
      ],
      -3,
      110,
      START + 20,
    ],
    [
      'a short flips through zero to a long',
      [
        [-2, 100],
        [3, 90],
      ],
      1,
      90,
      START + 20,
    ],
    [
      'quantities that do not add up in binary leave nothing',
      [
        [0.1, 100],
        [0.2, 100],
        [-0.3, 100],
      ],
      0,
      0,
      START,
    ],
  ] as const)('%s', (_what, fills, qty, entryPrice, walletUsd) => {
    const account = accountWith(fills);
    const [position] = account.positions();
    expect(position?.qty ?? 0).toBe(qty);
    expect(position?.entryPrice ?? 0).toBe(entryPrice);
    expect(account.walletUsd).toBe(walletUsd);
  });

  it('says what each realised, and what the symbol has realised so far', () => {
    const account = accountWith([[2, 100]]);
    const first = account.fill({ symbol: 'BTCUSDT', side: 'BOTH', qty: -1, price: 120, atMs: 2 });
    expect([first.realizedUsd, first.position.realizedUsd]).toEqual([20, 20]);
    const second = account.fill({ symbol: 'BTCUSDT', side: 'BOTH', qty: -1, price: 90, atMs: 3 });
    expect([second.realizedUsd, second.position.realizedUsd, second.position.qty]).toEqual([-10, 10, 0]);
  });

  it('whatever they are, change the equity by what each has gained since its price', () => {
    const fill = fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 1, max: 1000 }));
    fc.assert(
      fc.property(fc.array(fill, { maxLength: 20 }), fc.integer({ min: 1, max: 1000 }), (fills, mark) => {
        const real = fills.filter(([qty]) => qty !== 0);
        const gained = real.reduce((sum, [qty, price]) => sum + qty * (mark - price), 0);
        const figures = accountWith(real).figures(() => mark);
        expect(figures.marginUsd).toBeCloseTo(START + gained, 4);
        expect(figures.marginUsd).toBeCloseTo(figures.walletUsd + figures.unrealizedUsd, 8);
      }),
    );
  });
});

describe('margin', () => {
  it('is notional over leverage, and what is left is available', () => {
    const account = accountWith([[2, 100]]);
    account.leverage.set('BTCUSDT', 5);
    expect(account.figures(() => 110)).toEqual({
      walletUsd: START,
      unrealizedUsd: 20,
      marginUsd: START + 20,
      initialMarginUsd: 44,
      maintenanceUsd: 5.5,
      availableUsd: START + 20 - 44,
    });
  });

  it('leaves nothing available, never less', () => {
    const account = accountWith([[2, 100]]);
    account.walletUsd = -500;
    expect(account.figures(() => 100)).toMatchObject({ marginUsd: -500, availableUsd: 0 });
  });
});

describe('the price of liquidation', () => {
  it.each([
    [2, 100],
    [-2, 100],
    [200, 90],
    [-150, 120],
  ])('of %d is where the margin balance is the maintenance margin', (qty, mark) => {
    const account = accountWith([[qty, 100]]);
    account.walletUsd = 1000;
    account.fill({ symbol: 'ETHUSDT', side: 'BOTH', qty: 1, price: 50, atMs: 1 });
    const marks = (btc: number) => (symbol: string) => (symbol === 'BTCUSDT' ? btc : 60);
    const [position] = account.positions();
    if (position === undefined) throw new Error('expected a position');
    const price = liquidationPriceOf(position, account.figures(marks(mark)), marks(mark));
    if (price === 0) return expect(account.figures(marks(1e-9)).marginUsd).toBeGreaterThan(0);
    const { marginUsd, maintenanceUsd } = account.figures(marks(price));
    expect(marginUsd).toBeCloseTo(maintenanceUsd, 4);
  });
});

describe('hedge mode', () => {
  it('keeps a long and a short of one symbol apart', () => {
    const account = new ExchangeAccount(START, true);
    account.fill({ symbol: 'BTCUSDT', side: 'LONG', qty: 3, price: 100, atMs: 1 });
    account.fill({ symbol: 'BTCUSDT', side: 'SHORT', qty: -1, price: 100, atMs: 1 });
    expect(account.positions().map(({ side, qty }) => [side, qty])).toEqual([
      ['LONG', 3],
      ['SHORT', -1],
    ]);
    expect(account.figures(() => 110)).toMatchObject({ unrealizedUsd: 20, initialMarginUsd: 44 });
  });

  it('is not changed while anything is open', () => {
    const account = accountWith([[1, 100]]);
    expect(account.setHedgeMode(true)).toBe(false);
    account.fill({ symbol: 'BTCUSDT', side: 'BOTH', qty: -1, price: 100, atMs: 2 });
    expect(account.setHedgeMode(true)).toBe(true);
    expect(account.hedgeMode).toBe(true);
  });
});
