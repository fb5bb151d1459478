import { describe, expect, it } from 'vitest';
import { Account } from '../../../../runtime/market/player/account.ts';
import { FundedBook, NOTHING_RECORDED } from '../../../../runtime/market/player/funded-book.ts';
import { marketOf } from '../../../../runtime/market/player/market.ts';
import { KeptParts } from '../../../../runtime/market/player/softening.ts';

const HOURS = 40;
const LAST = HOURS - 1;
const flat = new Array<number>(HOURS).fill(100);
const MARKET = marketOf(
  new Map([
    ['XUSDT', flat],
    ['AUSDT', flat],
  ]),
  Date.UTC(2021, 4, 1),
);
const keptParts = (funding = NOTHING_RECORDED) => new KeptParts(new FundedBook(MARKET, new Account(1000), funding));

describe('what softening would have earned', () => {
  it.each([
    ['a long part that rose saved', 7.5, 100, 110, { savedUsd: 75, costUsd: 0 }],
    ['a long part that fell cost', 7.5, 100, 90, { savedUsd: 0, costUsd: 75 }],
    ['a short part that fell saved', -7.5, 100, 90, { savedUsd: 75, costUsd: 0 }],
    ['a part at its own price neither', 7.5, 100, 100, { savedUsd: 0, costUsd: 0 }],
  ])('%s', (_name, qty, price, last, expected) => {
    const kept = keptParts();
    kept.keep({ symbol: 'XUSDT', qty, price, hour: 0 });
    expect(kept.finish(() => last, LAST)).toMatchObject({ softenedExits: 1, ...expected });
  });

  it('is marked to the next exit of the symbol, not beyond', () => {
    const kept = keptParts();
    kept.keep({ symbol: 'XUSDT', qty: 1, price: 100, hour: 0 });
    kept.settle('XUSDT', 120, 1);
    kept.keep({ symbol: 'XUSDT', qty: 1, price: 120, hour: 1 });
    expect(kept.finish(() => 50, LAST)).toMatchObject({ softenedExits: 2, savedUsd: 20, costUsd: 70 });
  });

  it('is marked a day later at most', () => {
    const kept = keptParts();
    kept.keep({ symbol: 'XUSDT', qty: 1, price: 100, hour: 3 });
    kept.settleDue(26, () => 1000);
    kept.settleDue(27, () => 120);
    kept.settleDue(28, () => 1000);
    expect(kept.finish(() => 50, LAST)).toMatchObject({ softenedExits: 1, savedUsd: 20, costUsd: 0 });
  });

  it('counts each symbol by itself, and nothing where nothing was kept', () => {
    const kept = keptParts();
    kept.settle('AUSDT', 1, 0);
    expect(kept.finish(() => 1, LAST)).toMatchObject({ softenedExits: 0, savedUsd: 0, costUsd: 0 });
  });

  it('refuses a part while an earlier one of the symbol is open', () => {
    const kept = keptParts();
    kept.keep({ symbol: 'XUSDT', qty: 1, price: 100, hour: 0 });
    expect(() => kept.keep({ symbol: 'XUSDT', qty: 1, price: 100, hour: 0 })).toThrow(
      'expected the kept part of XUSDT to be settled',
    );
  });

  it('is less what was recorded of funding, from after its exit to its end, and says what is not', () => {
    // 00:00 is the close of the hour of the exit; 08:00 is recorded, 16:00 is that of the end and is not.
    const at = (hour: number) => MARKET.closedAtMs(hour);
    const rates = [-1, 7].map((hour) => ({ atMs: at(hour), rate: 0.01, mark: 110 }));
    const recorded = new Map([['XUSDT', { rates, whole: [[at(-1), at(7)]] as const }]]);
    const kept = keptParts({ recorded, bounds: { low: -0.001, high: 0.002 } });
    kept.keep({ symbol: 'XUSDT', qty: -2, price: 100, hour: 0 });
    kept.settle('XUSDT', 90, 15);
    const { savedUsd, funding } = kept.finish(() => 50, LAST);
    // Short 2 at 110 receives 2.20, and of 200 at the exit a rate of -0.1 % to 0.2 % is -0.20 to 0.40.
    expect(savedUsd).toBeCloseTo(22.2, 9);
    expect(funding.paid_usd).toBeCloseTo(-2.2, 9);
    expect(funding).toMatchObject({ not_recorded: 1, low_rate: -0.001, high_rate: 0.002 });
    expect([funding.moves_usd.low, funding.moves_usd.high]).toEqual([expect.closeTo(-0.2, 9), expect.closeTo(0.4, 9)]);
  });
});
