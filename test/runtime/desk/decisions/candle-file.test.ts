import { mkdir } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCandles, type SymbolCandle } from '../../../../runtime/desk/decisions/candle-file.ts';
import { HOUR_MS } from '../../../../schemas/duration.ts';
import { Files } from '../../../support/month-report.ts';

const FIRST_MS = Date.UTC(2021, 4, 1);
const HEAD = 'symbol,ts_ms,open,high,low,close,volume';
const row = (at: number, close: number) => [FIRST_MS + at * HOUR_MS, '1', '9', '1', String(close), '7', 0, '0', 5];
const rows = [row(0, 2), row(1, 3)];
const klines = rows.map((cells) => cells.join(',')).join('\n');
const named = `${HEAD}\n${rows.map((cells) => ['XUSDT', ...cells.slice(0, 6)].join(',')).join('\n')}\n`;

let files: Files;
beforeAll(async () => {
  files = await Files.make();
});
afterAll(() => files.remove());

async function read(path: string): Promise<readonly SymbolCandle[]> {
  const candles: SymbolCandle[] = [];
  for await (const page of readCandles(path)) candles.push(...page);
  return candles;
}

describe('candles', () => {
  test.each([
    ['JSON lists', 'XUSDT-1h.json', JSON.stringify(rows)],
    ['JSON lists, compressed', 'XUSDT-1h.json.gz', gzipSync(JSON.stringify(rows))],
    ['CSV without a head', 'XUSDT-1h-2021-05.csv', klines],
    ['CSV with a head', 'XUSDT.csv', `open_time,open,high,low,close,volume,close_time\n${klines}`],
    ['CSV with a head in capitals and in another order', 'all.csv', inAnotherOrder()],
    ['CSV with times in microseconds', 'XUSDT-us.csv', klines.replaceAll(/^(\d{13})/gm, '$1000')],
    ['CSV with a symbol in each line', 'all.csv', named],
    ['CSV with a symbol in each line, compressed', 'all.csv.gz', gzipSync(named)],
    ['CSV with line ends of Windows and an empty line', 'dos.csv', `${named}\n`.replaceAll('\n', '\r\n')],
  ])('are read from %s', async (_words, name, content) => {
    const figures = { symbol: 'XUSDT', open: 1, high: 9, low: 1, volume: 7 };
    expect(await read(await files.write(name, content))).toEqual([
      { ...figures, openMs: FIRST_MS, close: 2 },
      { ...figures, openMs: FIRST_MS + HOUR_MS, close: 3 },
    ]);
  });

  test('are read from all files of a folder, in order of their names, and from nothing else in it', async () => {
    await mkdir(files.path('several'));
    await files.write('several/XUSDT-2.json', JSON.stringify([row(1, 4)]));
    await files.write('several/XUSDT-1.csv', klines.split('\n')[0] ?? '');
    await files.write('several/YUSDT.csv.gz', gzipSync(klines));
    await files.write('several/notes.txt', 'no candles');
    const found = await read(files.path('several'));
    expect(found.map(({ symbol, close }) => [symbol, close])).toEqual([
      ['XUSDT', 2],
      ['XUSDT', 4],
      ['YUSDT', 2],
      ['YUSDT', 3],
    ]);
  });

  test.each([
    ['a price of 0', 'a.csv', `${HEAD}\nXUSDT,1000,1,1,1,0,1\n`, /a\.csv, line 2: expected a candle/],
    ['a price that is none', 'a.csv', `${HEAD}\nXUSDT,1000,1,1,1,NaN,1\n`, /line 2: expected a candle .* got "XUSDT/],
    ['a close above the high', 'a.csv', `${HEAD}\nXUSDT,1000,1,2,1,2.1,1\n`, /line 2: expected a candle/],
    ['a symbol of nothing', 'a.csv', `${HEAD}\n,1000,1,1,1,1,1\n`, /line 2: expected a candle/],
    ['a head without prices', 'a.csv', 'symbol,time\nX,1\n', /expected columns symbol, ts_ms .* got "symbol,time"/],
    ['a long line that is no head', 'a.csv', `${'x'.repeat(500)}\n`, /expected columns .* got "x{60}…"$/],
    ['no symbol anywhere', 'klines.csv', klines, /expected a column symbol, or a name that begins/],
    ['JSON that is no list', 'X.json', '{}', /expected a JSON list of klines as Binance gives them, got \{\}/],
    ['JSON that is none', 'X.json', '[', /expected a JSON list of klines/],
    ['a kline that is no list', 'X.json', '[{}]', /kline 1: expected a JSON list of klines/],
    ['a kline cut short', 'X.json', '[[1619827200000,"1"]]', /kline 1: expected a candle/],
  ])('are not read from %s', async (_words, name, content, message) => {
    await expect(read(await files.write(name, content))).rejects.toThrow(message);
  });

  test('are not read from a folder without files of candles', async () => {
    await mkdir(files.path('empty'));
    await expect(read(files.path('empty'))).rejects.toThrow('expected .csv or .json files, got none');
  });
});

function inAnotherOrder(): string {
  const lines = rows.map(([time, open, high, low, close, volume]) => [close, low, high, open, volume, time, 'XUSDT']);
  return ['CLOSE,LOW,HIGH,OPEN,VOLUME,OPEN_TIME,SYMBOL', ...lines.map((cells) => cells.join(','))].join('\n');
}
