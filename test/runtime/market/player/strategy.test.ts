import { describe, expect, it } from 'vitest';
import { Account, type Position } from '../../../../runtime/market/player/account.ts';
import { dueExits, newEntries } from '../../../../runtime/market/player/hour-plans.ts';
import type { Indicators } from '../../../../runtime/market/player/indicators.ts';
import { marketOf } from '../../../../runtime/market/player/market.ts';
import {
  closeQuantity,
  DEMO_STRATEGY,
  entrySide,
  exitReason,
  killScore,
  quantityFor,
} from '../../../../runtime/market/player/strategy.ts';

const position = (over: Partial<Position> = {}): Position => ({
  symbol: 'XUSDT',
  qty: 10,
  entryPrice: 100,
  entrySigmaDaily: 0.1,
  openedHour: 24,
  core: false,
  ...over,
});

const indicators = (over: Partial<Indicators>): Indicators => ({
  sigmaHourly: 0.02,
  sigmaDaily: 0.1,
  hourReturn: 0,
  trendReturn: 0,
  ...over,
});

describe('the exit rule', () => {
  it.each([
    ['takes profit at one daily sigma', 10, 110, 30, 'take_profit'],
    ['waits just below it', 10, 109.99, 30, undefined],
    ['stops at 1.5 daily sigmas', 10, 85, 30, 'stop_loss'],
    ['waits just above it', 10, 85.01, 30, undefined],
    ['takes profit of a short position when the price falls', -10, 90, 30, 'take_profit'],
    ['stops a short position when the price rises', -10, 115, 30, 'stop_loss'],
    ['closes after 48 hours', 10, 100, 72, 'max_hold'],
    ['waits in the hour before', 10, 100, 71, undefined],
    ['names the stop before the time', 10, 85, 72, 'stop_loss'],
  ])('%s', (_name, qty, price, hour, expected) => {
    expect(exitReason(DEMO_STRATEGY, position({ qty }), price, hour)).toBe(expected);
  });

  it('never closes the core book', () => {
    for (const price of [1, 100, 1000])
      expect(exitReason(DEMO_STRATEGY, position({ core: true }), price, 700)).toBeUndefined();
  });

  it('names the plan after symbol and hour', () => {
    const account = new Account(1000);
    account.open(position({ qty: -10 }));
    expect(dueExits(DEMO_STRATEGY, account, () => 115, 30)).toEqual([
      { planId: 'exit-XUSDT-30', symbol: 'XUSDT', reason: 'stop_loss', qty: -10, price: 115 },
    ]);
    expect(dueExits(DEMO_STRATEGY, account, () => 100, 30)).toEqual([]);
  });
});

describe('the entry rule', () => {
  const calm = indicators({ trendReturn: 0.0999 });
  it.each([
    ['buys when the day return reaches one sigma', 0.1, calm, 'BUY'],
    ['sells when it falls to minus one sigma', -0.1, calm, 'SELL'],
    ['waits just below', 0.0999, calm, undefined],
    ['does not enter again while it stays there', 0.2, indicators({ trendReturn: 0.1 }), undefined],
    ['waits while nothing is known of the hour before', 0.1, undefined, undefined],
  ])('%s', (_name, trendReturn, before, expected) => {
    expect(entrySide(DEMO_STRATEGY, indicators({ trendReturn }), before)).toBe(expected);
  });

  it('is made the other way round by a strategy against the trend', () => {
    const against = { ...DEMO_STRATEGY, direction: 'against' } as const;
    expect(entrySide(against, indicators({ trendReturn: 0.1 }), calm)).toBe('SELL');
    expect(entrySide(against, indicators({ trendReturn: -0.1 }), calm)).toBe('BUY');
  });

  it('measures a trend of another length by the sigma of that length', () => {
    const twoDays = { ...DEMO_STRATEGY, trend_hours: 96 };
    expect(entrySide(twoDays, indicators({ trendReturn: 0.1999 }), calm)).toBeUndefined();
    expect(entrySide(twoDays, indicators({ trendReturn: 0.2 }), calm)).toBe('BUY');
  });

  it.each([
    ['a quarter', 10, 0.25, 2.5],
    ['three quarters of a short position', -10, 0.75, 7.5],
    ['a part, rounded down to a thousandth', 0.5, 0.333, 0.166],
    ['all of it', 10, 1, 10],
    ['all of it where a part is less than a thousandth', 0.001, 0.75, 0.001],
    ['all of it where less than $5 would be left', 0.0499, 0.01, 0.0499],
    ['a part where just $5 are left', 0.1, 0.5, 0.05],
  ])('an exit closes %s', (_name, qty, share, expected) => {
    expect(closeQuantity(DEMO_STRATEGY, qty, share, 100)).toBe(expected);
  });

  it.each([
    ['0 in a quiet hour', 0, 0],
    ['a half at two hourly sigmas', -0.04, 0.5],
    ['1 at four', 0.08, 1],
    ['no more than 1 beyond', 0.8, 1],
  ])('gives a kill score of %s', (_name, hourReturn, expected) => {
    expect(killScore(DEMO_STRATEGY, indicators({ hourReturn }))).toBe(expected);
  });

  it('gives a kill score of 0 on a market that stood still', () => {
    expect(killScore(DEMO_STRATEGY, indicators({ sigmaHourly: 0, hourReturn: 0 }))).toBe(0);
  });

  it.each([
    [30_000, 57_820.6, 0.518],
    [30_000, 0.332203, 90_306.228],
    [0, 10, 0],
  ])('$%s at %s is a quantity of %s, rounded down to a thousandth', (notional, price, expected) => {
    expect(quantityFor(notional, price)).toBe(expected);
  });

  describe('in a market that jumps', () => {
    const closes = Array.from({ length: 40 }, (_, hour) => (hour < 30 ? 100 + (hour % 2) : 130));
    const market = marketOf(
      new Map([
        ['BTCUSDT', closes],
        ['XUSDT', closes],
      ]),
      0,
    );

    it('enters the symbol without a position with 35 % of equity, and leaves the core book alone', () => {
      const plans = newEntries(DEMO_STRATEGY, market, new Account(100_000), 30);
      expect(plans).toMatchObject([
        { planId: 'entry-XUSDT-30', symbol: 'XUSDT', side: 'BUY', qty: 269.23, price: 130 },
      ]);
    });

    it('enters once', () => {
      expect(newEntries(DEMO_STRATEGY, market, new Account(100_000), 29)).toEqual([]);
      expect(newEntries(DEMO_STRATEGY, market, new Account(100_000), 31)).toEqual([]);
    });

    it('enters the symbols that the strategy names, and nothing smaller than the least order', () => {
      const account = new Account(100_000);
      expect(newEntries({ ...DEMO_STRATEGY, symbols: ['YUSDT'] }, market, account, 30)).toEqual([]);
      expect(newEntries({ ...DEMO_STRATEGY, symbols: ['XUSDT'] }, market, account, 30)).toHaveLength(1);
      expect(newEntries({ ...DEMO_STRATEGY, least_order_usd: 35_000 }, market, account, 30)).toHaveLength(1);
      expect(newEntries({ ...DEMO_STRATEGY, least_order_usd: 35_000.01 }, market, account, 30)).toEqual([]);
    });

    it('enters nothing where there is a position, and nothing without equity', () => {
      const held = new Account(100_000);
      held.open(position());
      expect(newEntries(DEMO_STRATEGY, market, held, 30)).toEqual([]);
      expect(newEntries(DEMO_STRATEGY, market, new Account(-5), 30)).toEqual([]);
    });
  });
});
