import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Account } from '../../../../runtime/market/player/account.ts';
import { marketOf } from '../../../../runtime/market/player/market.ts';
import { type OwnStrategy, OwnTrader, recordedStrategy } from '../../../../runtime/market/player/own-trader.ts';
import {
  type CandleHour,
  type CandleProposal,
  proposalOf,
  timedProposal,
} from '../../../../schemas/candle-proposal.ts';
import { HOUR_MS } from '../../../../schemas/duration.ts';
import { strategies } from '../../../../schemas/strategy.ts';

const HOURS = 30;
const strategy = { ...strategies.momentum, volatility_hours: 2, trend_hours: 2 };
const closes = Array.from({ length: HOURS }, (_, hour) => 100 + hour);
const market = marketOf(
  new Map([
    ['AUSDT', closes],
    ['BUSDT', closes.map((close) => 2 * close)],
  ]),
  0,
);

function play(propose: (hour: CandleHour) => unknown, account = new Account(1000)) {
  const own = { propose } as OwnStrategy;
  return { account, trader: new OwnTrader({ market, strategy, account }, own) };
}

/** A play that makes these proposals in every hour. */
function proposing(...proposals: readonly CandleProposal[]) {
  return play(() => proposals);
}

function held(account: Account, symbol: string, qty = 3): void {
  account.open({ symbol, qty, entryPrice: 100, entrySigmaDaily: 0, openedHour: 1, core: false });
}

describe('a strategy of the user', () => {
  test('is told of the hour and of nothing later, and of its own book', async () => {
    const seen: CandleHour[] = [];
    const { account, trader } = play((hour) => {
      seen.push(hour);
      return [];
    });
    held(account, 'AUSDT');
    await trader.exits(1);
    expect(seen).toEqual([]);
    await trader.exits(5);
    const [hour] = seen;
    expect(hour).toMatchObject({ at: new Date(6 * HOUR_MS).toISOString(), hour: 5, symbols: ['AUSDT', 'BUSDT'] });
    expect(hour?.prices).toEqual({ AUSDT: 105, BUSDT: 210 });
    expect(hour?.equity_usd).toBe(1000 + 3 * 5);
    expect(hour?.positions).toEqual([{ symbol: 'AUSDT', qty: 3, entry_price: 100, held_hours: 4 }]);
    expect(hour?.closes('AUSDT', 3)).toEqual([103, 104, 105]);
    expect(hour?.closes('AUSDT', 99)).toEqual([100, 101, 102, 103, 104, 105]);
    expect(hour?.closes('AUSDT', 0)).toEqual([]);
    expect(hour?.closes('AUSDT', -4)).toEqual([]);
    expect(() => hour?.closes('NONE', 1)).toThrow('expected an hour of NONE');
  });

  test('closes what it holds and opens what it does not, closes first', async () => {
    const { account, trader } = play(({ hour }) =>
      hour === 5
        ? [
            { open: 'BUSDT', side: 'SELL', notional_usd: 420, kill_score: 0.5 },
            { close: 'AUSDT', reason: 'stop_loss', plan_id: 'mine' },
          ]
        : [],
    );
    held(account, 'AUSDT', -3);
    expect(await trader.exits(5)).toEqual([
      { planId: 'mine', symbol: 'AUSDT', reason: 'stop_loss', qty: -3, price: 105 },
    ]);
    expect(trader.entries(5)).toMatchObject([
      { planId: 'entry-BUSDT-5', symbol: 'BUSDT', side: 'SELL', qty: 2, price: 210, killScore: 0.5 },
    ]);
    await trader.exits(6);
    expect(trader.entries(6)).toEqual([]);
    expect(trader.proposals()).toEqual({ made: 2, left_out: {} });
  });

  test('has what came to no plan counted, by why', async () => {
    const { account, trader } = proposing(
      { close: 'BUSDT' },
      { close: 'AUSDT' },
      { close: 'AUSDT' },
      { open: 'AUSDT', side: 'BUY', qty: 1 },
      { open: 'BUSDT', side: 'BUY', notional_usd: 0.2 },
      { open: 'CUSDT', side: 'BUY', qty: 1 },
      { open: 'BUSDT', side: 'BUY', qty: 1 },
    );
    held(account, 'AUSDT');
    expect(await trader.exits(5)).toHaveLength(1);
    expect(trader.entries(5)).toEqual([]);
    expect(trader.proposals()).toEqual({
      made: 7,
      left_out: {
        'close of a symbol that is not held': 2,
        'open of a symbol that is held': 2,
        'open of a symbol without candles': 1,
        'open of less than a thousandth': 1,
      },
    });
  });

  test.each([
    ['no list', () => ({ open: 'AUSDT' }), 'expected a list of proposals, got'],
    ['nothing', () => undefined, 'expected a list of proposals, got'],
    ['a proposal that is none', () => [{ buy: 'AUSDT' }], 'expected a proposal with open or close, got'],
    ['no side', () => [{ open: 'AUSDT', qty: 1 }], 'side: expected BUY or SELL'],
    ['no size', () => [{ open: 'AUSDT', side: 'BUY' }], 'expected qty or notional_usd, one of the two'],
    ['two sizes', () => [{ open: 'AUSDT', side: 'BUY', qty: 1, notional_usd: 1 }], 'one of the two'],
    [
      'a size that is no number',
      () => [{ open: 'AUSDT', side: 'BUY', qty: Number.NaN }],
      'qty: expected a number above 0',
    ],
    ['an endless size', () => [{ open: 'AUSDT', side: 'BUY', notional_usd: Infinity }], 'expected a number above 0'],
    [
      'a score above 1',
      () => [{ open: 'AUSDT', side: 'BUY', qty: 1, kill_score: 1.01 }],
      'expected a number from 0 to 1',
    ],
    ['a member that is mistyped', () => [{ close: 'AUSDT', reson: 'x' }], 'reson'],
    ['a reason with blanks', () => [{ close: 'AUSDT', reason: 'too late' }], 'expected a reason of printable ASCII'],
    [
      'a failure of its own',
      () => {
        throw new Error('no data');
      },
      'no data',
    ],
    [
      'a failure later',
      async () => {
        throw new Error('gone');
      },
      'gone',
    ],
  ])('that proposes %s ends the play, and says in which hour', async (_name, propose, message) => {
    const { trader } = play(propose);
    await expect(trader.exits(5)).rejects.toThrow(message);
    await expect(trader.exits(5)).rejects.toThrow('1970-01-01T06:00:00.000Z: ');
  });

  test('may not give a plan id twice', async () => {
    const { trader } = proposing({ open: 'AUSDT', side: 'BUY', qty: 1, plan_id: 'one' });
    await trader.exits(5);
    expect(trader.entries(5)).toHaveLength(1);
    await trader.exits(6);
    expect(() => trader.entries(6)).toThrow('expected a plan_id that is new, got one again');
  });
});

describe('recorded proposals', () => {
  const close = (symbol: string) => proposalOf({ close: symbol });

  test('are made at the close of their hour, at the exact end too, and each once or counted', async () => {
    const account = new Account(1000);
    held(account, 'AUSDT');
    const at = (hour: number, afterMs: number) => ({ atMs: hour * HOUR_MS + afterMs, proposal: close('AUSDT') });
    // The first hour that is asked is number 2, from 2 h to 3 h.
    const recorded = [at(5, 0), at(2, 0), at(2, 1), at(3, 0), at(3, 1), at(4, 0), at(99, 0)];
    const trader = new OwnTrader({ market, strategy, account }, recordedStrategy(recorded));
    const made: number[] = [];
    for (let hour = 0; hour < HOURS; hour += 1) {
      const before = trader.proposals().made;
      await trader.exits(hour);
      if (trader.proposals().made > before || hour < 5) made.push((await trader.proposals()).made - before);
    }
    const { left_out } = trader.proposals();
    expect(left_out['proposed before the first hour with a volatility']).toBe(1);
    expect(left_out['proposed after the last hour']).toBe(1);
  });

  test('are each made once, or counted as left out, whenever they were', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: (HOURS + 5) * HOUR_MS }), { maxLength: 40 }),
        async (times) => {
          const own = recordedStrategy(times.map((atMs) => ({ atMs, proposal: close('AUSDT') })));
          let made = 0;
          for (let hour = 2; hour < HOURS; hour += 1) {
            const closeMs = market.closedAtMs(hour);
            const due = times.filter((atMs) => atMs > closeMs - HOUR_MS && atMs <= closeMs);
            const said = await own.propose({ at: new Date(closeMs).toISOString() } as CandleHour);
            expect(said).toHaveLength(due.length);
            made += said.length;
          }
          expect(made + (own.unmade?.().length ?? 0)).toBe(times.length);
        },
      ),
    );
  });

  test.each([
    [{ at: '2021-05-04T13:00:00Z', close: 'AUSDT' }, Date.UTC(2021, 4, 4, 13)],
    [{ at: '2021-05-04T13:00:00+02:00', close: 'AUSDT' }, Date.UTC(2021, 4, 4, 11)],
    [{ at: 1_620_133_200, close: 'AUSDT' }, Date.UTC(2021, 4, 4, 13)],
    [{ at: 1_620_133_200_000, close: 'AUSDT' }, Date.UTC(2021, 4, 4, 13)],
  ])('say when by %j', (line, atMs) => {
    expect(timedProposal(line)).toEqual({ atMs, proposal: { close: 'AUSDT', reason: 'strategy_exit' } });
  });

  test.each([
    [{ close: 'AUSDT' }, 'expected at, a time such as'],
    [{ at: '2021-05-04 13:00', close: 'AUSDT' }, 'expected at, a time such as'],
    [{ at: -1, close: 'AUSDT' }, 'expected at, a time such as'],
    [{ at: '2021-13-45T00:00:00Z', close: 'AUSDT' }, 'expected at, a time such as'],
    ['text', 'expected at, a time such as'],
    [{ at: 1, open: 'AUSDT' }, 'side: expected BUY or SELL'],
  ])('%j is none', (line, message) => {
    expect(() => timedProposal(line)).toThrow(message);
  });
});
