import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Account, type Position } from '../../../../runtime/market/player/account.ts';

const position = (over: Partial<Position>): Position => ({
  symbol: 'XUSDT',
  qty: 10,
  entryPrice: 100,
  entrySigmaDaily: 0.1,
  openedHour: 24,
  core: false,
  ...over,
});

describe('the account', () => {
  it.each([
    ['a long position gains when the price rises', 10, 110, 100],
    ['a long position loses when the price falls', 10, 90, -100],
    ['a short position gains when the price falls', -10, 90, 100],
    ['a short position loses when the price rises', -10, 110, -100],
  ])('%s', (_name, qty, price, gained) => {
    const account = new Account(1000);
    account.open(position({ qty }));
    expect(account.unrealizedUsd(() => price)).toBe(gained);
    expect(account.equityUsd(() => price)).toBe(1000 + gained);
    expect(account.balanceUsd).toBe(1000);
    expect(account.grossNotionalUsd(() => price)).toBe(10 * price);
  });

  it('realises what a part of a position gained and keeps the rest', () => {
    const account = new Account(1000);
    account.open(position({ qty: -10 }));
    expect(account.reduce('XUSDT', 4, 90)).toBe(-4);
    expect(account.balanceUsd).toBe(1040);
    expect(account.get('XUSDT')?.qty).toBe(-6);
    expect(account.equityUsd(() => 90)).toBe(1100);
  });

  it('forgets a position that is closed whole, and closes no more than there is', () => {
    const account = new Account(1000);
    account.open(position({}));
    expect(account.reduce('XUSDT', 25, 110)).toBe(10);
    expect(account.get('XUSDT')).toBeUndefined();
    expect(account.balanceUsd).toBe(1100);
    expect(account.reduce('XUSDT', 1, 110)).toBe(0);
    expect(account.balanceUsd).toBe(1100);
  });

  it('pays a fee on every fill, and says what each symbol has gained after it', () => {
    const account = new Account(10_000, 10);
    account.open(position({ qty: -10 }));
    expect(account.balanceUsd).toBe(9_999);
    account.reduce('XUSDT', 5, 90);
    expect(account.balanceUsd).toBe(10_048.55);
    expect(account.gainsUsd(() => 80)).toEqual({ XUSDT: 148.55 });
    expect(account.equityUsd(() => 80)).toBe(10_148.55);
  });

  it('takes no second position in a symbol', () => {
    const account = new Account(1000);
    account.open(position({}));
    expect(() => account.open(position({}))).toThrow('expected no position in XUSDT yet');
  });

  it('measures drawdown in percent from the highest equity seen', () => {
    const account = new Account(1000);
    account.open(position({}));
    expect(account.drawdownPercent(() => 100)).toBe(0);
    expect(account.drawdownPercent(() => 200)).toBe(0);
    expect(account.drawdownPercent(() => 150)).toBe(25);
    expect(account.drawdownPercent(() => 250)).toBe(0);
  });

  it('keeps its equity when a position is closed at the price it is marked at', () => {
    const cents = fc.integer({ min: 1, max: 10_000_000 }).map((units) => units / 100);
    const quantity = fc.integer({ min: 1, max: 1_000_000 }).map((units) => units / 1000);
    fc.assert(
      fc.property(cents, cents, quantity, fc.boolean(), (entryPrice, price, qty, long) => {
        const account = new Account(100_000);
        account.open(position({ qty: long ? qty : -qty, entryPrice }));
        const before = account.equityUsd(() => price);
        account.reduce('XUSDT', qty, price);
        expect(account.equityUsd(() => price)).toBeCloseTo(before, 6);
        expect(account.positions()).toEqual([]);
      }),
    );
  });
});
