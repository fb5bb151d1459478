import { describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../../schemas/duration.ts';
import { TEST_BALANCE_USD, TEST_KEY } from '../../support/exchange.ts';
import { exchangeRig } from './rig.ts';

const TIME = '/fapi/v1/time';

const rig = exchangeRig();

describe('readings', () => {
  it('of an account: equity, and what was filled at its mark price', async () => {
    const port = rig.connect();
    const done = rig.exchange.fill({ apiKey: TEST_KEY, symbol: 'BTCUSDT', side: 'SELL', qty: 0.5 });
    const reading = await port.account();
    expect(reading.problems).toEqual([]);
    expect(reading.positions).toEqual([
      expect.objectContaining({ symbol: 'BTCUSDT', netQty: -0.5, longQty: 0, shortQty: 0.5 }),
    ]);
    expect((reading.positions[0]?.grossNotionalUsd ?? 0) / (0.5 * done.price)).toBeCloseTo(1, 4);
    expect((reading.equityUsd ?? 0) / TEST_BALANCE_USD).toBeCloseTo(1, 4);
    expect(reading.readMs).toBeGreaterThanOrEqual(reading.sentMs);
  });

  it('of marks, symbols and transfers', async () => {
    const port = rig.connect();
    rig.exchange.control({ do: 'delist', symbol: 'ETHUSDT' });
    rig.exchange.control({ do: 'zero_marks', symbols: ['DOGEUSDT'] });
    rig.exchange.control({ do: 'withdraw', apiKey: TEST_KEY, usd: 250 });
    const marks = await port.marks(['BTCUSDT', 'DOGEUSDT', 'NONEUSDT']);
    expect(marks.marks.map((mark) => mark.symbol)).toEqual(['BTCUSDT']);
    expect(marks.problems).toHaveLength(2);
    const { symbols } = await port.symbols();
    expect(symbols.filter((symbol) => !symbol.tradable).map((symbol) => symbol.symbol)).toEqual(['ETHUSDT']);
    expect(await port.transfers(Date.now() - HOUR_MS)).toMatchObject({
      transfers: [{ asset: 'USDT', amount: -250 }],
      problems: [],
    });
  });

  it('of candles: the newest, of which the last is open; a hole is a hole', async () => {
    const port = rig.connect();
    const { candles } = await port.candles('BTCUSDT', '1h', { limit: 24 });
    expect(candles).toHaveLength(24);
    expect(candles.map((candle) => candle.closed)).toEqual([...Array(23).fill(true), false]);
    const [first] = candles;
    if (first === undefined) throw new Error('expected candles');
    const fromMs = first.openMs + 5 * HOUR_MS;
    rig.exchange.control({ do: 'candle_hole', symbol: 'BTCUSDT', fromMs, toMs: fromMs + 3 * HOUR_MS });
    const holed = await port.candles('BTCUSDT', '1h', { startMs: first.openMs });
    expect(holed.candles.length).toBeLessThan(24);
    expect(holed.candles.at(-1)?.closed).toBe(false);
    expect(holed.problems).toEqual([]);
  });

  it('of an account in hedge mode: both sides, gross and net', async () => {
    rig.exchange.control({ do: 'hedge_mode', apiKey: TEST_KEY, on: true });
    const buy = { apiKey: TEST_KEY, symbol: 'BTCUSDT', qty: 0.3 } as const;
    rig.exchange.fill({ ...buy, side: 'BUY', positionSide: 'LONG' });
    rig.exchange.fill({ ...buy, side: 'SELL', positionSide: 'SHORT', qty: 0.1 });
    expect((await rig.connect().account()).positions).toEqual([
      expect.objectContaining({ netQty: 0.2, longQty: 0.3, shortQty: 0.1 }),
    ]);
  });

  it('of an account with oddities: missing leverage, an unknown asset, flat symbols listed', async () => {
    rig.exchange.control({ do: 'leverage_field', on: false });
    rig.exchange.control({ do: 'list_flat', on: true });
    rig.exchange.control({ do: 'foreign_asset', apiKey: TEST_KEY, asset: 'WEN', balance: 3 });
    rig.exchange.control({ do: 'wallet', apiKey: TEST_KEY, usd: -5 });
    expect(await rig.connect().account()).toMatchObject({
      balanceUsd: -5,
      positions: [],
      unreadableSymbols: [],
      problems: [expect.stringContaining('WEN')],
    });
  });
});

describe('the exchange time', () => {
  it.each([5_000, -5_000])('is learned before the first request when it is %i ms off', async (ms) => {
    rig.exchange.control({ do: 'clock_offset', ms });
    const port = rig.connect();
    await port.account();
    expect(Math.abs((port.health().clockOffsetMs ?? 0) - ms)).toBeLessThan(2_000);
    expect(rig.exchange.requests().every((request) => request.status === 200)).toBe(true);
  });

  it.each([7_000, -7_000])('is learned anew when it jumps by %i ms, and the request is sent again once', async (ms) => {
    const port = rig.connect();
    await port.account();
    rig.exchange.control({ do: 'clock_offset', ms });
    expect((await port.account()).equityUsd).toBe(TEST_BALANCE_USD);
    expect(rig.asked(TIME)).toBe(2);
    expect(rig.exchange.requests().filter((request) => request.status === 400)).toHaveLength(1);
  });
});
