import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CandleMarket } from '../../../runtime/desk/candles/candle-market.ts';
import { readCandles } from '../../../runtime/desk/decisions/candle-file.ts';
import { loadMay2021 } from '../../../runtime/market/player/market.ts';
import { HOUR_MS } from '../../../schemas/duration.ts';
import { runCli } from '../../support/cli.ts';

const FIRST_MS = Date.UTC(2021, 4, 1);
const HEAD = 'symbol,ts_ms,open,high,low,close,volume';
const ALL = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };
/** Real candles as they were recorded: two symbols over the first hours of May 2021. */
const EXCERPT = fileURLToPath(new URL('../../fixtures/demo/candles-excerpt.csv', import.meta.url));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portcullis-candles-'));
});
afterAll(async () => rm(folder, { recursive: true }));

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function candles(path: string): Promise<CandleMarket> {
  const gathered = new CandleMarket();
  for await (const page of readCandles(path)) for (const candle of page) gathered.add(candle);
  return gathered;
}

async function market(path: string, range = ALL) {
  return (await candles(path)).market(range);
}

/** Lines of candles that close at these prices, one after the other. */
function lines(symbol: string, closes: readonly number[], { fromMs = FIRST_MS, stepMs = HOUR_MS } = {}): string {
  return closes.map((close, at) => `${symbol},${fromMs + at * stepMs},1,9999,1,${close},1\n`).join('');
}

describe('a market of candles', () => {
  test('has the closes that the demo has packed of the same candles', async () => {
    const read = await market(EXCERPT);
    const packed = loadMay2021();
    expect(read.symbols.length).toBeGreaterThan(0);
    expect(read.closedAtMs(0)).toBe(packed.closedAtMs(0));
    for (const symbol of read.symbols) {
      for (let hour = 0; hour < read.hours; hour += 1)
        expect(read.close(symbol, hour)).toBe(packed.close(symbol, hour));
    }
  });

  test('of quarters of an hour has the last close of each hour, of whole hours alone', async () => {
    const quarters = lines('XUSDT', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], {
      fromMs: FIRST_MS - HOUR_MS / 4,
      stepMs: HOUR_MS / 4,
    });
    const read = await market(await file('quarters.csv', `${HEAD}\n${quarters}`));
    expect(read.hours).toBe(3);
    expect([0, 1, 2].map((hour) => read.close('XUSDT', hour))).toEqual([1, 5, 9]);
    expect(read.closedAtMs(0)).toBe(FIRST_MS);
  });

  test('has the hours that all symbols have, within the time asked for', async () => {
    const two = `${HEAD}\n${lines('XUSDT', [1, 2, 3, 4, 5])}${lines('YUSDT', [2, 3, 4, 5], { fromMs: FIRST_MS + HOUR_MS })}`;
    const path = await file('two.csv', two);
    const read = await market(path);
    expect([read.hours, read.close('XUSDT', 0), read.close('YUSDT', 0)]).toEqual([4, 2, 2]);
    expect((await candles(path)).endMs).toBe(FIRST_MS + 5 * HOUR_MS);
    const cut = await market(path, { fromMs: FIRST_MS + 2 * HOUR_MS, toMs: FIRST_MS + 4 * HOUR_MS });
    expect([cut.hours, cut.close('XUSDT', 0), cut.close('XUSDT', 1)]).toEqual([2, 3, 4]);
  });

  test.each([
    [
      'a gap',
      lines('XUSDT', [1]) + lines('XUSDT', [3], { fromMs: FIRST_MS + 2 * HOUR_MS }),
      /XUSDT: expected candles of an hour/,
    ],
    [
      'a gap in hours of two symbols',
      lines('XUSDT', [1, 2]) + lines('XUSDT', [4], { fromMs: FIRST_MS + 3 * HOUR_MS }) + lines('YUSDT', [1, 2, 3, 4]),
      /XUSDT: expected a candle of every hour from 2021-05-01T00:00Z .* got none that closes at 2021-05-01T03:00Z/,
    ],
    ['candles twice', lines('XUSDT', [1]) + lines('XUSDT', [1]), /expected candles in order of time, each once/],
    [
      'symbols at different times',
      lines('XUSDT', [1, 2]) + lines('YUSDT', [1], { fromMs: FIRST_MS + 9 * HOUR_MS }),
      /expected an hour that every symbol has .* XUSDT 2021-05-01T00:00Z to 2021-05-01T02:00Z/,
    ],
    ['no candle', '', /expected candles, got none/],
  ])('refuses %s', async (_words, content, message) => {
    const path = await file('bad.csv', `${HEAD}\n${content}`);
    await expect(market(path)).rejects.toThrow(message);
  });
});

describe('replay --candles is refused', () => {
  const stated = async (strategy: unknown) => ['--strategy', await file('strategy.json', JSON.stringify(strategy))];
  test.each([
    ['with a strategy that does not exist', async () => ['--strategy', 'martingale'], '--strategy martingale: '],
    [
      'with a parameter that does not exist',
      async () => await stated({ hold_hour: 3 }),
      'expected members of strategy, direction, symbols, start_equity_usd,',
    ],
    [
      'with a parameter out of its range',
      async () => await stated({ hold_hours: 0.5 }),
      'hold_hours: expected whole hours from 1 on, got 0.5',
    ],
    [
      'with a name to start from that does not exist',
      async () => await stated({ strategy: 'x' }),
      'strategy: expected demo, momentum or reversal, got "x"',
    ],
    [
      'with a core book that the candles do not have',
      async () => await stated({ core_shares: { QUSDT: 1 } }),
      'expected symbols of the candles',
    ],
    [
      'with too few hours',
      async () => await stated({ strategy: 'momentum', volatility_hours: 100 }),
      'expected 101 hours at least',
    ],
    ['beside a log', async () => ['--file', 'x'], 'expected --candles or --file, got both'],
    ['beside --same', async () => ['--same'], 'expected --candles or --same, got both'],
    ['with an equity of nothing', async () => ['--equity', '0'], 'expected US dollars above 0, got "0"'],
    [
      'with a policy that cannot be used',
      async () => ['--strategy', 'momentum', '--policy', await file('p.json', '{"heat-gate":{"mode":"loud"}}')],
      'heat-gate mode: expected shadow or enforce, got "loud"',
    ],
  ])('%s', async (_words, argv, message) => {
    const path = await file(
      'some.csv',
      `${HEAD}\n${lines(
        'XUSDT',
        Array.from({ length: 30 }, (_, at) => 100 + at),
      )}`,
    );
    const { code, err, out } = await runCli('redis://127.0.0.1:1', ['replay', '--candles', path, ...(await argv())]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
  });

  test('where there is none', async () => {
    const { code, err } = await runCli('redis://127.0.0.1:1', ['replay', '--candles', join(folder, 'none')]);
    expect({ code, err }).toEqual({
      code: 2,
      err: expect.stringMatching(/--candles .*none: no such file or directory\n$/),
    });
  });

  test('without candles, what only they need', async () => {
    const { code, err } = await runCli('redis://127.0.0.1:1', ['replay', '--strategy', 'demo']);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('expected --candles with --strategy') });
  });
});
