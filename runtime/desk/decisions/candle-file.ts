import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type Candle, parseCandle } from '../../../schemas/candle.ts';
import { formatNumber } from '../../../schemas/number.ts';
import { quoted, shown } from '../../../schemas/setting.ts';
import { LineFile, LineFileError } from './line-file.ts';

const FILE = /\.(?:csv|json)(?:\.gz)?$/i;
const SYMBOL_OF_NAME = /^[A-Z0-9_]+/;
const TIMES = ['ts_ms', 'open_time'];
/** The order of columns in the klines of Binance, which say no symbol. */
const KLINE = ['open_time', 'open', 'high', 'low', 'close', 'volume'] as const;
/** Binance's newer files have microseconds. */
const MICROSECONDS = /^\d{16}$/;

/** A candle with its symbol. */
export interface SymbolCandle extends Candle {
  readonly symbol: string;
}

/** The candles of a file, or of all files of candles of a folder, some thousands at a time: see `candleFiles` and `fileCandles`. */
export async function* readCandles(path: string): AsyncGenerator<readonly SymbolCandle[]> {
  for (const file of await candleFiles(path)) yield* fileCandles(file);
}

/**
 * The candles of one file, compressed (`.gz`) or not: CSV with a head that names `symbol`, `ts_ms` (or `open_time`),
 * `open`, `high`, `low`, `close` and `volume`, or klines as Binance gives them (CSV with or without a head, JSON lists),
 * whose symbol is the beginning of the file's name. Throws a `LineFileError` for anything else.
 */
export async function* fileCandles(file: string): AsyncGenerator<readonly SymbolCandle[]> {
  if (/\.json(?:\.gz)?$/i.test(file)) yield await jsonCandles(file);
  else yield* csvCandles(file);
}

/** The file itself, or the `.csv` and `.json` files of a folder, compressed or not, in order of their names; throws a `LineFileError` without any. */
export async function candleFiles(path: string): Promise<readonly string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => FILE.test(name)).sort();
  if (names.length === 0) throw new LineFileError(`${path}: expected .csv or .json files, got none`);
  return names.map((name) => join(path, name));
}

async function* csvCandles(path: string): AsyncGenerator<readonly SymbolCandle[]> {
  const file = await LineFile.open(path);
  let columns: Columns | undefined;
  let number = 0;
  for await (const lines of file.batches()) {
    const candles: SymbolCandle[] = [];
    for (const line of lines) {
      number += 1;
      const cells = line.trim().split(',');
      if (cells.length === 1 && cells[0] === '') continue;
      const head = columns === undefined ? headOf(cells) : undefined;
      columns ??= columnsOf(head ?? KLINE, path);
      if (head === undefined) candles.push(candleOf(cells, columns, `${path}, line ${number}`));
    }
    yield candles;
  }
}

async function jsonCandles(file: string): Promise<readonly SymbolCandle[]> {
  const bytes = await readFile(file);
  const columns = columnsOf(KLINE, file);
  const expected = 'expected a JSON list of klines as Binance gives them';
  let rows: unknown;
  try {
    rows = JSON.parse((/\.gz$/i.test(file) ? gunzipSync(bytes) : bytes).toString('utf8'));
  } catch (error) {
    throw new LineFileError(`${file}: ${expected}, got ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!Array.isArray(rows)) throw new LineFileError(`${file}: ${expected}, got ${shown(rows)}`);
  return rows.map((row: unknown, at) => {
    if (!Array.isArray(row)) throw new LineFileError(`${file}, kline ${at + 1}: ${expected}, got ${shown(row)}`);
    return candleOf(row.map(cellOf), columns, `${file}, kline ${at + 1}`);
  });
}

/** Where in a row what stands; `symbol` is a column, or the same for the whole file. */
interface Columns {
  readonly time: number;
  readonly figures: readonly number[];
  readonly symbol: number | string;
}

/** The names of the columns, when this row has them. */
function headOf(cells: readonly string[]): readonly string[] | undefined {
  return /^\d/.test(cells[0] ?? '') ? undefined : cells.map((cell) => cell.trim().toLowerCase());
}

function columnsOf(names: readonly string[], file: string): Columns {
  const time = names.findIndex((name) => TIMES.includes(name));
  const figures = KLINE.slice(1).map((name) => names.indexOf(name));
  if (time < 0 || figures.slice(0, 4).includes(-1)) {
    throw new LineFileError(
      `${file}: expected columns symbol, ts_ms (or open_time), open, high, low, close, volume, got ${quoted(names.join(','))}`,
    );
  }
  const column = names.indexOf('symbol');
  return { time, figures, symbol: column < 0 ? symbolOf(file) : column };
}

function symbolOf(file: string): string {
  const symbol = SYMBOL_OF_NAME.exec(basename(file))?.[0];
  if (symbol !== undefined) return symbol;
  throw new LineFileError(
    `${file}: expected a column symbol, or a name that begins with the symbol, such as BTCUSDT-1h-2021-05.csv`,
  );
}

function candleOf(cells: readonly string[], { time, figures, symbol: named }: Columns, where: string): SymbolCandle {
  const symbol = typeof named === 'string' ? named : cells[named];
  const said = cells[time] ?? '';
  const openMs = MICROSECONDS.test(said) ? said.slice(0, -3) : said;
  const candle = parseCandle(openMs, figures.map((at) => cells[at] ?? '').join(','));
  if (candle !== undefined && symbol !== undefined && symbol !== '') return { symbol, ...candle };
  throw new LineFileError(
    `${where}: expected a candle (Unix ms, open, high, low, close above 0, no low above and no high below another, volume), got ${quoted(cells.join(','))}`,
  );
}

function cellOf(cell: unknown): string {
  return typeof cell === 'number' && Number.isFinite(cell) ? formatNumber(cell) : String(cell);
}
