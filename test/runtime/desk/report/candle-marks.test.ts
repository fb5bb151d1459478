import { mkdir } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { candleFileMarks } from '../../../../runtime/desk/report/candle-marks.ts';
import type { Mark } from '../../../../runtime/desk/report/marks.ts';
import { HOUR_MS, MINUTE_MS } from '../../../../schemas/duration.ts';
import { Files } from '../../../support/month-report.ts';

const HEADER = 'symbol,ts_ms,open,high,low,close,volume';

let files: Files;
beforeAll(async () => {
  files = await Files.make();
});
afterAll(() => files.remove());

/** A file with candles of these closes from 1,000 h on. */
function csv(symbol: string, stepMs: number, closes: readonly number[]): string {
  const lines = closes.map((close, at) => `${symbol},${1000 * HOUR_MS + at * stepMs},1,9999,1,${close},`);
  return `${[HEADER, ...lines].join('\n')}\n`;
}

async function marksOf(path: string, symbols: readonly string[], toMs = Infinity): Promise<Mark[]> {
  const source = await candleFileMarks(path);
  const marks: Mark[] = [];
  for await (const page of source.pages(new Set(symbols), { fromMs: 0, toMs })) marks.push(...page);
  return marks;
}

it.each([
  ['minutes count for 15 of them', MINUTE_MS, 15 * MINUTE_MS],
  ['hours for one', HOUR_MS, HOUR_MS],
  ['days for one', 24 * HOUR_MS, 24 * HOUR_MS],
])('a close is known at the end of its candle: %s', async (_name, stepMs, countsMs) => {
  const path = await files.write('candles.csv', csv('XUSDT', stepMs, [10, 11]));
  const first = 1000 * HOUR_MS + stepMs;
  expect(await marksOf(path, ['XUSDT'])).toEqual([
    { symbol: 'XUSDT', atMs: first, price: 10, countsMs },
    { symbol: 'XUSDT', atMs: first + stepMs, price: 11, countsMs },
  ]);
  expect(await marksOf(path, ['XUSDT'], first)).toHaveLength(1);
  expect(await marksOf(path, ['YUSDT'])).toEqual([]);
});

it('reads all files of a folder, compressed or not, each with candles of its own length', async () => {
  await mkdir(files.path('candles'));
  await files.write('candles/a.csv.gz', gzipSync(csv('AUSDT', HOUR_MS, [1, 2])));
  await files.write('candles/b.csv', csv('BUSDT', MINUTE_MS, [3, 4]).replaceAll('\n', '\r\n'));
  await files.write('candles/notes.txt', 'no candles');
  const marks = await marksOf(files.path('candles'), ['AUSDT', 'BUSDT']);
  expect(marks.map(({ symbol, price, countsMs }) => [symbol, price, countsMs])).toEqual([
    ['AUSDT', 1, HOUR_MS],
    ['AUSDT', 2, HOUR_MS],
    ['BUSDT', 3, 15 * MINUTE_MS],
    ['BUSDT', 4, 15 * MINUTE_MS],
  ]);
});

it('reads klines as Binance gives them, whose symbol is the name of the file', async () => {
  const rows = [10, 11].map((close, at) => [1000 * HOUR_MS + at * HOUR_MS, '1', '99', '1', String(close), '7']);
  const path = await files.write('XUSDT-1h.json', JSON.stringify(rows));
  expect((await marksOf(path, ['XUSDT'])).map(({ price }) => price)).toEqual([10, 11]);
});
