import { describe, expect, it, test } from 'vitest';
import portfolioState from '../../handlers/portfolio-state/index.ts';
import { AccountReport } from '../../schemas/account.ts';
import { toEpochSeconds } from '../../schemas/time.ts';
import { AccountRig, emitted, events, position, reading, stateOf, written } from '../support/account.ts';
import { hashFact, NOW_MS } from '../support/fake-ctx.ts';

describe('a reading that is believed', () => {
  it('is the portfolio state of the contract', () => {
    const more = {
      availableUsd: 900,
      unrealizedPnlUsd: -12.5,
      positions: [position('BTCUSDT', 2), position('ETHUSDT', -3, 50)],
    };
    const outcome = new AccountRig().take(reading(1000, 0, more));
    expect(stateOf(outcome)).toEqual({
      equity_usd: '1000',
      drawdown: '0',
      timestamp: toEpochSeconds(NOW_MS),
      net_transfers_usd: '0',
      net_transfers_since_ms: String(NOW_MS + 100),
      balance_usd: '1000',
      available_usd: '900',
      unrealized_pnl_usd: '-12.5',
      positions_count: '2',
      total_positions: '2',
      positions_notional_usd: '350',
      source: 'binance-test',
    });
    const state = outcome.effects.find((effect) => effect.do === 'hset' && effect.key === 'state:portfolio');
    expect(state).toMatchObject({ ttlSec: 120, replace: true });
  });

  it('counts a position it could not read as one, and closes nothing for it', () => {
    const rig = new AccountRig();
    rig.take(reading(1000, 0, { positions: [position('BTCUSDT', 2)] }));
    const outcome = rig.take(reading(1000, 5000, { unreadableSymbols: ['BTCUSDT'] }));
    expect(stateOf(outcome)).toMatchObject({ positions_count: '1' });
    expect(emitted(outcome, 'position.snapshot')).toEqual([]);
  });

  it('is left out when it is not newer than the last one', () => {
    const rig = new AccountRig();
    rig.take(reading(1000, 5000));
    const back = rig.take(reading(990, 4999));
    expect(stateOf(back)).toBeUndefined();
    expect(back.log).toMatchObject([{ level: 'warn', text: expect.stringContaining('is left out') }]);
    const twice = rig.take(reading(990, 5000));
    expect(stateOf(twice)).toBeUndefined();
    expect(twice.log).toEqual([]);
    expect(stateOf(rig.take(reading(990, 5001)))).toMatchObject({ equity_usd: '990' });
  });
});

describe('drawdown', () => {
  it('is percent below the highest equity, and survives a restart', () => {
    const rig = new AccountRig();
    for (const [at, usd] of [1000, 1200, 1200, 900].entries()) rig.take(reading(usd, at * 5000));
    const restarted = new AccountRig();
    restarted.hashes.memory = rig.hashes.memory;
    expect(stateOf(restarted.take(reading(900, 3_600_000)))).toMatchObject({ drawdown: '25' });
    expect(restarted.hashes.memory).toMatchObject({ hwm_usd: '1200' });
  });

  it('rises on a value that is read twice: one glitch upward raises nothing', () => {
    const rig = new AccountRig();
    for (const [at, usd] of [1000, 2400, 1010, 1020].entries()) rig.take(reading(usd, at * 5000));
    expect(rig.hashes.memory).toMatchObject({ hwm_usd: '1020' });
    expect(stateOf(rig.take(reading(1000, 3_600_000)))).toMatchObject({ drawdown: '1.9607843137' });
    rig.take(reading(1200, 3_605_000));
    expect(rig.hashes.memory).toMatchObject({ hwm_usd: '1020' });
    rig.take(reading(1100, 7_200_000));
    expect(rig.hashes.memory).toMatchObject({ hwm_usd: '1100' });
  });

  const deposit = (change: number, atMs: number) => ({
    changes: [
      {
        reason: change > 0 ? 'DEPOSIT' : 'WITHDRAW',
        atMs: NOW_MS + atMs,
        balances: [{ asset: 'USDT', wallet: 0, change }],
      },
    ],
  });

  test.each([
    ['told with the reading that has it', [reading(1000, 0), reading(1400, 5000, {}, deposit(500, 4000))], '1500'],
    [
      'told after the reading that has it',
      [reading(1000, 0), reading(1400, 5000), reading(1400, 10_000, {}, deposit(500, 4000))],
      '1500',
    ],
    [
      'told before the reading that has it',
      [reading(1000, 0), reading(900, 5000, {}, deposit(500, 6000)), reading(1400, 10_000)],
      '1500',
    ],
    ['a withdrawal', [reading(1000, 0), reading(700, 5000, {}, deposit(-200, 4000))], '800'],
    [
      'told twice',
      [reading(1000, 0), reading(1400, 5000, {}, deposit(500, 4000)), reading(1400, 9000, {}, deposit(500, 4000))],
      '1500',
    ],
  ])('is not moved by money that comes or goes: %s', (_what, readings, markUsd) => {
    const rig = new AccountRig();
    for (const entry of readings) rig.take(entry);
    expect(rig.hashes.memory).toMatchObject({ hwm_usd: markUsd });
  });

  it('counts a transfer once that the stream told and the list has too, and two that only look the same twice', () => {
    const listed = (id: string, atMs: number) => ({ id, asset: 'USDT', amount: 500, atMs: NOW_MS + atMs });
    const rig = new AccountRig();
    rig.take(reading(1000, 0));
    rig.take(reading(1500, 5000, {}, deposit(500, 4000)));
    rig.take(reading(1500, 10_000, {}, { transfers: [listed('7', 13_999)] }));
    expect(rig.hashes.memory).toMatchObject({ hwm_usd: '1500' });
    rig.take(reading(2000, 15_000, {}, { transfers: [listed('7', 13_999), listed('8', 14_000)] }));
    expect(rig.hashes.memory).toMatchObject({ hwm_usd: '2000' });
  });

  it('stays with a transfer of an asset that has no price, and says so; with a price it moves', () => {
    const told = {
      changes: [{ reason: 'DEPOSIT', atMs: NOW_MS + 4000, balances: [{ asset: 'BNB', wallet: 1, change: 1 }] }],
    };
    const rig = new AccountRig();
    rig.take(reading(1000, 0));
    expect(events(rig.take(reading(1000, 5000, {}, told)))).toEqual(['TRANSFER_UNPRICED']);
    const priced = new AccountRig();
    priced.take(reading(1000, 0));
    priced.views = {
      hashes: { 'state:market': { BNBUSDT: { mark_price: '600', timestamp: toEpochSeconds(NOW_MS) } } },
    };
    expect(events(priced.take(reading(1600, 5000, {}, told)))).toEqual(['HWM_CORRECTED']);
    expect(priced.hashes.memory).toMatchObject({ hwm_usd: '1600' });
  });
});

describe('snapshots', () => {
  it('are sent of every position, with the daily volatility where it is known', () => {
    const rig = new AccountRig();
    rig.views = { hashes: { 'state:market': { BTCUSDT: { sigma_1d: '0.04' } } } };
    const outcome = rig.take(reading(1000, 0, { positions: [position('BTCUSDT', -2)] }));
    expect(emitted(outcome, 'position.snapshot')).toEqual([
      {
        event_type: 'position.snapshot',
        symbol: 'BTCUSDT',
        side: 'SHORT',
        position_qty: '2',
        position_notional_usd: '200',
        mark_price: '100',
        sigma_1d: '0.04',
        timestamp: toEpochSeconds(NOW_MS),
        source: 'binance-test',
      },
    ]);
    expect(written(outcome, 'position:snapshot:BTCUSDT')).toMatchObject({ side: 'SHORT', position_qty: '2' });
  });

  it.each([
    [1, { side: 'HEDGED', position_qty: '1', long_qty: '3', short_qty: '2', position_notional_usd: '500' }],
    [0, { side: 'HEDGED', long_qty: '2', short_qty: '2', position_notional_usd: '400' }],
  ])('of both sides at once carry the gross notional (net %d)', (netQty, expected) => {
    const [longQty, shortQty] = netQty === 0 ? [2, 2] : [3, 2];
    const hedged = {
      symbol: 'BTCUSDT',
      netQty,
      longQty,
      shortQty,
      markPrice: 100,
      grossNotionalUsd: (longQty + shortQty) * 100,
    };
    const [snapshot] = emitted(new AccountRig().take(reading(1000, 0, { positions: [hedged] })), 'position.snapshot');
    expect(snapshot).toMatchObject(expected);
    expect(snapshot?.position_qty).toBe((expected as { position_qty?: string }).position_qty);
  });

  it('of a position that stands still are sent again after a minute, not before; of one that moves at once', () => {
    const rig = new AccountRig();
    const take = (atMs: number, mark = 100) => {
      const outcome = rig.take(reading(1000, atMs, { positions: [position('BTCUSDT', 1, mark)] }));
      rig.views = { book: [{ symbol: 'BTCUSDT', qty: 1, side: 'LONG' }] };
      return emitted(outcome, 'position.snapshot').length;
    };
    expect([take(0), take(59_999), take(60_000), take(65_000), take(70_000, 101)]).toEqual([1, 0, 1, 0, 1]);
  });

  it('is sent again with the next reading once its volatility is known, and then waits as before', () => {
    const rig = new AccountRig();
    const take = (atMs: number) => rig.take(reading(1000, atMs, { positions: [position('BTCUSDT', 1)] }));
    const hash = written(take(0), 'position:snapshot:BTCUSDT') ?? {};
    const book = [{ symbol: 'BTCUSDT', qty: 1, side: 'LONG' }] as const;
    rig.views = { book, hashes: { 'position:snapshot': { BTCUSDT: hash } } };
    expect(emitted(take(5000), 'position.snapshot')).toEqual([]);
    rig.views = { book, hashes: { ...rig.views.hashes, 'state:market': { BTCUSDT: { sigma_1d: '0.04' } } } };
    const again = take(10_000);
    expect(emitted(again, 'position.snapshot')).toMatchObject([{ symbol: 'BTCUSDT', sigma_1d: '0.04' }]);
    const known = written(again, 'position:snapshot:BTCUSDT') ?? {};
    rig.views = { book, hashes: { ...rig.views.hashes, 'position:snapshot': { BTCUSDT: known } } };
    expect(emitted(take(15_000), 'position.snapshot')).toEqual([]);
  });

  it('of a closed position is one of zero', () => {
    const rig = new AccountRig();
    rig.take(reading(1000, 0, { positions: [position('BTCUSDT', 1)] }));
    const closing = rig.take(reading(1000, 5000));
    expect(emitted(closing, 'position.snapshot')).toMatchObject([
      { symbol: 'BTCUSDT', side: 'FLAT', position_qty: '0' },
    ]);
    expect(events(closing)).toEqual(['POSITION_CLOSED']);
    expect(emitted(rig.take(reading(1000, 10_000)), 'position.snapshot')).toEqual([]);
  });
});

describe('an entry that cannot be understood', () => {
  const good = reading(1000, 0);
  it.each([
    ['half a frame', { ...good, reading: good.reading.slice(0, 20) }],
    [
      'text for a number',
      { ...good, reading: JSON.stringify({ equityUsd: '1000', sentMs: 1, readMs: 2, positions: [] }) },
    ],
    ['a symbol no key could hold', reading(1000, 0, { positions: [position('A:B', 1)] })],
    ['no time', { ...good, taken_ms: '' }],
  ])('does not reach the handler: %s', (_what, entry) => {
    expect(AccountReport.safeParse(entry).success).toBe(false);
  });

  it('is a line in the log and nothing else when it cannot be judged', () => {
    const report = AccountReport.parse(good);
    const outcome = portfolioState.onFailure(report, { reason: 'x', attempts: 3 }, {} as never);
    expect(outcome).toMatchObject({ effects: [], log: [{ level: 'error' }] });
  });
});

it('gauges tell equity, mark and drawdown, and whether a reading is doubted', () => {
  const rig = new AccountRig();
  rig.take(reading(1000, 0));
  rig.take(reading(750, 5000));
  rig.take(reading(100, 10_000));
  const facts = Object.fromEntries(Object.entries(rig.hashes).map(([name, hash]) => [name, hashFact(hash)]));
  const gauges = portfolioState.observe?.gauges({ facts } as never) ?? [];
  expect(Object.fromEntries(gauges.map(({ metric, set }) => [metric, set]))).toEqual({
    feed_account_doubted: 1,
    feed_positions_differing: 0,
    feed_losses_in_a_row: 0,
    feed_equity_usd: 750,
    feed_high_water_mark_usd: 1000,
    feed_drawdown_pct: 25,
  });
});
