import { describe, expect, test } from 'vitest';
import { Account } from '../../../../runtime/market/player/account.ts';
import { straightExit } from '../../../../runtime/market/player/hour-plans.ts';
import { marketOf } from '../../../../runtime/market/player/market.ts';
import { OwnTrader, recordedStrategy } from '../../../../runtime/market/player/own-trader.ts';
import { type CandleProposal, proposalOf } from '../../../../schemas/candle-proposal.ts';
import { HOUR_MS } from '../../../../schemas/duration.ts';
import { strategies } from '../../../../schemas/strategy.ts';

const strategy = { ...strategies.momentum, volatility_hours: 2, trend_hours: 2 };
const market = marketOf(new Map([['AUSDT', Array.from({ length: 30 }, (_, hour) => 100 + hour)]]), 0);

describe('closes of a part, and past the heat gate', () => {
  const closing = async (proposal: CandleProposal, qty = 3) => {
    const account = new Account(1000);
    account.open({ symbol: 'AUSDT', qty, entryPrice: 100, entrySigmaDaily: 0, openedHour: 1, core: false });
    const trader = new OwnTrader({ market, strategy, account }, { propose: () => [proposal] });
    return (await trader.exits(5))[0];
  };

  test('say their share, their codes and who asks', async () => {
    const [share, reason_codes] = [0.5, 'time,max_hold'] as const;
    const exit = await closing({ close: 'AUSDT', share, reason_codes, strategy: 'trend' });
    expect(exit).toMatchObject({ qty: 3, share: 0.5, reasonCodes: 'time,max_hold', strategy: 'trend' });
    expect(exit).not.toHaveProperty('straightQty');
  });

  test.each([
    [{}, 3],
    [{ share: 0.25 }, 0.75],
    [{ qty: 2 }, 2],
    [{ qty: 99 }, 3],
  ] as const)('past the gate with %j close so much of 3, on either side', async (more, straightQty) => {
    for (const qty of [3, -3]) {
      const exit = await closing({ close: 'AUSDT', straight: true, ...more }, qty);
      expect(exit).toMatchObject({ qty, straightQty });
      if (exit === undefined) throw new Error('expected an exit');
      expect(straightExit(exit)).toMatchObject({ action: qty > 0 ? 'SELL' : 'BUY', closedQty: straightQty });
    }
  });

  test('with a share that is no exit, or a quantity that the heat gate cannot judge, are none', () => {
    expect(() => proposalOf({ close: 'AUSDT', share: 0.3 })).toThrow('expected 1, 0.75, 0.5 or 0.25, got 0.3');
    expect(() => proposalOf({ close: 'AUSDT', qty: 2 })).toThrow('expected share, got qty');
    expect(() => proposalOf({ close: 'AUSDT', straight: 1 })).toThrow('expected true or false, got 1');
    expect(() => proposalOf({ close: 'AUSDT', strategy: 'off' })).toThrow('expected a strategy of 1 to 128');
  });
});

describe('what is held without a proposal', () => {
  const HELD = [{ symbol: 'AUSDT', qty: -2, atMs: 4 * HOUR_MS }];
  const from = (hour: number, proposals: readonly (readonly [atMs: number, proposal: CandleProposal])[] = []) => {
    const recorded = proposals.map(([atMs, proposal]) => ({ atMs, proposal: proposalOf(proposal) }));
    const account = new Account(1000);
    return new OwnTrader({ market, strategy, account }, recordedStrategy(recorded, HELD)).held(hour);
  };

  test('is held from the close of the hour in which it was seen on, its exact end too, or from the first hour', () => {
    expect(from(2)).toEqual([]);
    for (const hour of [3, 4, 20]) expect(from(hour)).toEqual([expect.objectContaining({ symbol: 'AUSDT', qty: -2 })]);
    expect(from(1)).toEqual([]);
  });

  test('is not where all of it was closed before the first hour, and is where a part was, or not yet', () => {
    const close = { close: 'AUSDT' };
    // The first hour that is asked is from 9 h to 10 h: a close in it is made.
    expect(from(9, [[9 * HOUR_MS, close]])).toEqual([]);
    expect(from(9, [[9 * HOUR_MS + 1, close]])).toHaveLength(1);
    expect(from(9, [[3 * HOUR_MS, close]])).toHaveLength(1);
    expect(from(9, [[8 * HOUR_MS, { ...close, share: 0.5 }]])).toHaveLength(1);
    expect(from(9, [[8 * HOUR_MS, { close: 'BUSDT' }]])).toHaveLength(1);
  });

  test('is none in a symbol without candles, which is counted', () => {
    const own = recordedStrategy([], [{ symbol: 'NONE', qty: 1, atMs: 0 }]);
    const trader = new OwnTrader({ market, strategy, account: new Account(1000) }, own);
    expect(trader.held(2)).toEqual([]);
    expect(trader.proposals().left_out).toEqual({ 'position of a symbol without candles': 1 });
  });
});
