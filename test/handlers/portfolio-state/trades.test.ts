import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AccountRig, emitted, position, reading } from '../../support/account.ts';
import { NOW_MS } from '../../support/fake-ctx.ts';

const STEP_MS = 5_000;

/** Symbol, signed quantity, and dollars realised. */
type Filled = readonly [symbol: string, qty: number, usd: number | null];

/** A rig that takes readings of one held quantity of BTCUSDT after the other, each with what was told. */
class Trades {
  readonly rig = new AccountRig();
  #at = 0;
  readonly closed: (readonly [symbol: string, result: string])[] = [];

  /** Positions by symbol, and fills since the reading before. */
  read(
    held: Readonly<Record<string, number>>,
    fills: readonly Filled[] = [],
    told: Readonly<Record<string, unknown>> = {},
    equity = 1000,
  ): this {
    this.#at += STEP_MS;
    const positions = Object.entries(held).map(([symbol, qty]) => position(symbol, qty));
    const filled = fills.map(([symbol, qty, usd]) => ({ symbol, qty, usd, atMs: NOW_MS + this.#at - 1000 }));
    const outcome = this.rig.take(reading(equity, this.#at, { positions }, { fills: filled, ...told }));
    for (const { event, symbol = '', reason = '' } of emitted(outcome, 'feed.events'))
      if (event === 'TRADE_CLOSED') this.closed.push([symbol, reason]);
    return this;
  }

  /** Buys and sells BTCUSDT with a result, and lets it be counted. */
  trade(usd: number, symbol = 'BTCUSDT'): this {
    return this.read({ [symbol]: 1 }, [[symbol, 1, 0]])
      .read({}, [[symbol, -1, usd]])
      .read({});
  }

  /** Losses in a row: of all, and of BTCUSDT. */
  get streaks(): readonly [all: number | undefined, own: number] {
    const of = (name: string) => JSON.parse(this.rig.hashes.streaks?.[name] ?? '{}').losses;
    return [of('*'), of('BTCUSDT') ?? 0];
  }
}

describe('losses in a row', () => {
  it('are counted from the first reading on, by symbol and over all, and end with a gain', () => {
    const trades = new Trades().read({});
    expect(trades.streaks).toEqual([0, 0]);
    expect(trades.trade(-1).trade(-2).trade(-3, 'ETHUSDT').streaks).toEqual([3, 2]);
    expect(trades.trade(0).streaks).toEqual([3, 2]);
    expect(trades.trade(4, 'ETHUSDT').streaks).toEqual([0, 2]);
    expect(trades.trade(-1).streaks).toEqual([1, 3]);
    expect(trades.trade(0.5).streaks).toEqual([0, 0]);
    expect(trades.rig.hashes.streaks).not.toHaveProperty('BTCUSDT');
    expect(trades.closed.map(([, result]) => result)).toEqual(['loss', 'loss', 'loss', 'even', 'gain', 'loss', 'gain']);
  });

  it('count a trade once, by the sum of its fills from flat to flat', () => {
    const trades = new Trades().read({ BTCUSDT: 3 }, [['BTCUSDT', 3, 0]]);
    trades.read({ BTCUSDT: 2 }, [['BTCUSDT', -1, 5]]).read({ BTCUSDT: 1 }, [['BTCUSDT', -1, -2]]);
    expect(trades.streaks).toEqual([0, 0]);
    expect(trades.read({}, [['BTCUSDT', -1, -4]]).streaks).toEqual([0, 0]);
    expect(trades.read({}).read({}).streaks).toEqual([1, 1]);
  });

  it('wait a reading for a last fill that is told late', () => {
    const trades = new Trades().read({ BTCUSDT: 1 }, [['BTCUSDT', 1, 0]]).read({});
    const late = { fills: [{ symbol: 'BTCUSDT', qty: -1, usd: 7, atMs: NOW_MS + 2 * STEP_MS }] };
    trades.read({}, [], late).read({});
    expect(trades.closed).toEqual([['BTCUSDT', 'gain']]);
  });

  it('take a position that changes its side for a closed trade and another one', () => {
    const trades = new Trades().read({ BTCUSDT: 1 }, [['BTCUSDT', 1, 0]]).read({ BTCUSDT: -1 }, [['BTCUSDT', -2, -3]]);
    expect(trades.read({ BTCUSDT: -1 }).streaks).toEqual([1, 1]);
    expect(trades.read({}, [['BTCUSDT', 1, 8]]).read({}).closed).toEqual([
      ['BTCUSDT', 'loss'],
      ['BTCUSDT', 'gain'],
    ]);
  });

  it('know a trade that was opened and closed between two readings', () => {
    const fills = [
      ['BTCUSDT', 1, 0],
      ['BTCUSDT', -1, -1],
    ] as const;
    expect(new Trades().read({}).read({}, fills).read({}).streaks).toEqual([1, 1]);
  });

  it.each([
    ['a close that nobody told a fill of', []],
    ['one of which a part was told', [['BTCUSDT', -0.5, 5]]],
    ['one of which more was told than was held', [['BTCUSDT', -1.5, 5]]],
    ['one with a fill that cannot be read', [['BTCUSDT', -1, null]]],
  ] as const)('take %s for a loss', (_words, fills) => {
    const trades = new Trades().trade(-1).read({ BTCUSDT: 1 }, [['BTCUSDT', 1, 0]]);
    trades.read({}, fills).read({});
    expect(trades.closed.at(-1)).toEqual(['BTCUSDT', 'unknown']);
    expect(trades.streaks).toEqual([2, 2]);
  });

  it('count a position that was there before anybody looked by what it realises from then on', () => {
    const trades = new Trades().read({ BTCUSDT: 2 }).read({ BTCUSDT: 2 });
    expect(trades.read({}, [['BTCUSDT', -2, 5]]).read({}).closed).toEqual([['BTCUSDT', 'gain']]);
    expect(new Trades().read({ BTCUSDT: 2 }).read({}).read({}).closed).toEqual([['BTCUSDT', 'unknown']]);
  });

  it('lose no fill that is told with a reading that is not believed', () => {
    const trades = new Trades().read({ BTCUSDT: 1 }, [['BTCUSDT', 1, 0]]);
    trades.read({}, [['BTCUSDT', -1, -9]], {}, 1);
    expect(trades.closed).toEqual([]);
    expect(trades.read({}).read({}).closed).toEqual([['BTCUSDT', 'loss']]);
  });

  it('end no trade of a position that could not be read', () => {
    const trades = new Trades().read({ BTCUSDT: 1 }, [['BTCUSDT', 1, 0]]);
    trades.rig.take(reading(1000, 7_000, { unreadableSymbols: ['BTCUSDT'] }));
    expect(
      trades
        .read({ BTCUSDT: 1 })
        .read({}, [['BTCUSDT', -1, 2]])
        .read({}).closed,
    ).toEqual([['BTCUSDT', 'gain']]);
  });

  it('go on after what is kept of them cannot be read, as a loss', () => {
    const trades = new Trades().trade(-1).read({ BTCUSDT: 1 }, [['BTCUSDT', 1, 0]]);
    trades.rig.hashes.trades = { BTCUSDT: '{' };
    expect(
      trades
        .read({}, [['BTCUSDT', -1, 5]])
        .read({})
        .closed.at(-1),
    ).toEqual(['BTCUSDT', 'unknown']);
  });

  it('are those of a count of its own over any trades', () => {
    const one = fc.record({
      symbol: fc.constantFrom('BTCUSDT', 'ETHUSDT', 'XRPUSDT'),
      usd: fc.integer({ min: -2, max: 2 }),
      missed: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 12 }), (made) => {
        const trades = new Trades().read({});
        const counted = new Map<string, number>([['*', 0]]);
        for (const { symbol, usd, missed } of made) {
          trades
            .read({ [symbol]: 1 }, [[symbol, 1, 0]])
            .read({}, missed ? [] : [[symbol, -1, usd]])
            .read({});
          for (const name of ['*', symbol]) {
            if (missed || usd < 0) counted.set(name, (counted.get(name) ?? 0) + 1);
            else if (usd > 0) counted.set(name, 0);
          }
        }
        const kept = Object.entries(trades.rig.hashes.streaks ?? {}).map(([name, text]) => [
          name,
          JSON.parse(text).losses,
        ]);
        const expected = [...counted].filter(([name, losses]) => name === '*' || losses > 0);
        expect(new Map(kept as [string, number][])).toEqual(new Map(expected));
        expect(trades.closed).toHaveLength(made.length);
        expect(trades.rig.hashes.trades ?? {}).toEqual({});
      }),
    );
  });
});
