import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Account } from '../../../../runtime/market/player/account.ts';
import { FundedBook, fundingBetween, NOTHING_RECORDED } from '../../../../runtime/market/player/funded-book.ts';
import { FUNDING_BOUNDS } from '../../../../runtime/market/player/held-funding.ts';
import { marketOf } from '../../../../runtime/market/player/market.ts';

const HOURS = 60;
const FROM = Date.UTC(2021, 4, 1);
const SYMBOLS = ['XUSDT', 'YUSDT'];
/** Another price in every hour, so that a payment at the wrong mark shows. */
const closeOf = (symbol: string, hour: number) => (symbol === 'XUSDT' ? 100 + hour : 50 - hour / 4);
const MARKET = marketOf(
  new Map(SYMBOLS.map((symbol) => [symbol, Array.from({ length: HOURS }, (_, hour) => closeOf(symbol, hour))])),
  FROM,
);
/** The close of hour 7 is 08:00. */
const isPaid = (hour: number) => (hour + 1) % 8 === 0;
const rateOf = (symbol: string, hour: number) =>
  isPaid(hour) ? ((hour % 5) - 1.5) / (symbol === 'XUSDT' ? 900 : 400) : 0;
const isKnown = (symbol: string, hour: number) => symbol === 'XUSDT' || hour < 30;

const RECORDED = new Map(
  SYMBOLS.map((symbol) => {
    const hours = Array.from({ length: HOURS }, (_, hour) => hour).filter(
      (hour) => isPaid(hour) && isKnown(symbol, hour),
    );
    const rates = hours.map((hour) => ({ atMs: MARKET.closedAtMs(hour), rate: rateOf(symbol, hour), mark: undefined }));
    return [symbol, { rates, whole: [] }] as const;
  }),
);

interface Trade {
  readonly symbol: string;
  readonly hour: number;
  /** Coins to be held from then on. */
  readonly target: number;
}

/** What a book comes to by a loop over hours and coins, in another way than the book. */
function byHand(trades: readonly Trade[]) {
  const coins = new Map<string, number>();
  const entered = new Map<string, number>();
  let [paid, low, high] = [0, 0, 0];
  for (let hour = 0; hour < HOURS; hour += 1) {
    for (const [symbol, qty] of coins) {
      if (isKnown(symbol, hour)) paid += qty * closeOf(symbol, hour) * rateOf(symbol, hour);
      else if (isPaid(hour)) {
        const usd = Math.abs(qty) * (entered.get(symbol) ?? 0) * 0.0005;
        low -= usd;
        high += usd;
      }
    }
    for (const { symbol, target } of trades.filter((trade) => trade.hour === hour)) {
      if ((coins.get(symbol) ?? 0) === 0) entered.set(symbol, closeOf(symbol, hour));
      coins.set(symbol, target);
    }
  }
  return { paid, low, high };
}

/** The same trades in a book: a position is opened, made smaller and closed. */
function booked(trades: readonly Trade[]) {
  const account = new Account(100_000);
  const book = new FundedBook(MARKET, account, { recorded: RECORDED, bounds: FUNDING_BOUNDS });
  for (const { symbol, hour, target } of [...trades].sort((a, b) => a.hour - b.hour)) {
    const held = account.get(symbol)?.qty ?? 0;
    const price = closeOf(symbol, hour);
    if (held === 0) {
      account.open({ symbol, qty: target, entryPrice: price, entrySigmaDaily: 0, openedHour: hour, core: false });
    } else book.reduce(symbol, Math.abs(held - target), hour, price);
  }
  return { account, book };
}

const trades = fc
  .array(
    fc.record({
      symbol: fc.constantFrom(...SYMBOLS),
      sign: fc.constantFrom(1, -1),
      hours: fc.uniqueArray(fc.integer({ min: 0, max: HOURS - 1 }), { minLength: 3, maxLength: 3 }),
      isClosed: fc.boolean(),
    }),
    { maxLength: 2 },
  )
  .map((all) =>
    [...new Map(all.map((one) => [one.symbol, one] as const)).values()].flatMap(({ symbol, sign, hours, isClosed }) => {
      const [open = 0, less = 0, end = 0] = [...hours].sort((a, b) => a - b);
      const two = [
        { symbol, hour: open, target: 4 * sign },
        { symbol, hour: less, target: sign },
      ];
      return isClosed ? [...two, { symbol, hour: end, target: 0 }] : two;
    }),
  );

describe('the funding of a play', () => {
  it('is what a loop over hours and coins comes to, and leaves the account as it is', () => {
    fc.assert(
      fc.property(trades, (all) => {
        const { account, book } = booked(all);
        const { paid, low, high } = byHand(all);
        const { paid_usd, moves_usd, positions } = book.sum(HOURS - 1);
        expect(paid_usd).toBeCloseTo(paid, 6);
        expect(moves_usd.low).toBeCloseTo(low, 6);
        expect(moves_usd.high).toBeCloseTo(high, 6);
        expect(positions).toBe(new Set(all.map(({ symbol }) => symbol)).size);
        const priceOf = (symbol: string) => closeOf(symbol, HOURS - 1);
        expect(book.equityUsd(HOURS - 1)).toBeCloseTo(account.equityUsd(priceOf) - paid, 6);
        const gained = Object.values(book.gainsUsd(HOURS - 1)).reduce((sum, usd) => sum + usd, 0);
        expect(gained).toBeCloseTo(book.equityUsd(HOURS - 1) - 100_000, 6);
        expect(book.payments(HOURS - 1).paidUsd).toBeCloseTo(paid, 6);
      }),
    );
  });

  it('is none at the close of the hour of an entry, and there at that of an exit', () => {
    const held = (open: number, end: number) =>
      booked([
        { symbol: 'XUSDT', hour: open, target: 1 },
        { symbol: 'XUSDT', hour: end, target: 0 },
      ]).book.sum(HOURS - 1).paid_usd;
    expect(held(7, 14)).toBe(0);
    expect(held(7, 15)).toBeCloseTo(closeOf('XUSDT', 15) * rateOf('XUSDT', 15), 9);
    expect(held(6, 7)).toBeCloseTo(closeOf('XUSDT', 7) * rateOf('XUSDT', 7), 9);
  });

  it('moves nothing where nothing is recorded but by stated rates', () => {
    const account = new Account(1000);
    account.open({ symbol: 'XUSDT', qty: -1, entryPrice: 100, entrySigmaDaily: 0, openedHour: 0, core: false });
    const { paid_usd, not_recorded, moves_usd } = new FundedBook(MARKET, account, NOTHING_RECORDED).sum(HOURS - 1);
    expect({ paid_usd, not_recorded }).toEqual({ paid_usd: 0, not_recorded: 1 });
    expect(moves_usd.high).toBeCloseTo(7 * 100 * 0.0005, 9);
  });
});

describe('the funding of the difference of two plays', () => {
  const payment = (symbol: string, atMs: number, usd: number, isRecorded = false) => ({
    symbol,
    atMs,
    usd,
    isRecorded,
  });

  it('is of what they do not hold alike, each payment at its worst', () => {
    const first = { paidUsd: 3, payments: [payment('X', 8, 100), payment('X', 16, 100), payment('Y', 8, -50, true)] };
    const second = { paidUsd: 1, payments: [payment('X', 8, 100), payment('X', 16, 40), payment('Y', 8, 50, true)] };
    const found = fundingBetween(first, second, { low: -0.01, high: 0.02 });
    // X at 16 is 60 less: at -1 % the second pays 0.60 more, at 2 % it pays 1.20 less. Y at 8 is recorded.
    expect(found).toMatchObject({ paid_usd: -2, not_recorded: 1, payments: 2 });
    expect([found.moves_usd.low, found.moves_usd.high]).toEqual([expect.closeTo(-0.6, 9), expect.closeTo(1.2, 9)]);
  });

  it('is nothing between two of the same', () => {
    const same = { paidUsd: 3, payments: [payment('X', 8, 100)] };
    expect(fundingBetween(same, same, FUNDING_BOUNDS)).toMatchObject({ paid_usd: 0, not_recorded: 0, payments: 0 });
  });
});
