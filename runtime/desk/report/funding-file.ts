import { basename } from 'node:path';
import { MINUTE_MS } from '../../../schemas/duration.ts';
import type { FundingRate } from '../../../schemas/funding.ts';
import { parseNumber } from '../../../schemas/number.ts';
import { quoted } from '../../../schemas/setting.ts';
import { FUNDING_EVERY_MS, type SymbolFunding } from '../../market/player/held-funding.ts';
import { candleFiles } from '../decisions/candle-file.ts';
import { LineFile, LineFileError } from '../decisions/line-file.ts';
import type { FundingSource } from './funding.ts';

const TIMES = ['time', 'ts_ms', 'calc_time', 'fundingtime'];
const RATES = ['rate', 'last_funding_rate', 'fundingrate'];
const MARKS = ['mark_price', 'markprice'];
const SYMBOL_OF_NAME = /^[A-Z0-9]+/;
const EXPECTED =
  'columns symbol (or a name that begins with it), time (or calc_time; Unix ms), rate (or last_funding_rate)';
/** Between two payments no more lies where none is missing. */
const MOST_GAP_MS = FUNDING_EVERY_MS + MINUTE_MS;
const UNIX_MS = /^\d{12,14}$/;

interface Columns {
  readonly time: number;
  readonly rate: number;
  readonly mark: number;
  readonly symbol: number | string;
}

/**
 * Funding rates of a CSV file with a head, or of all of a folder, compressed or not: `symbol`, `time` (Unix ms), `rate` (a
 * share) and, if there, `mark_price`; or as Binance gives them (`calc_time`, `last_funding_rate`), whose symbol the file's
 * name begins with. None is missing between two of a symbol that are eight hours apart or less. Throws a `LineFileError`.
 */
export async function fundingFile(path: string): Promise<FundingSource> {
  const found = new Map<string, Map<number, FundingRate>>();
  for (const file of await candleFiles(path)) await read(file, found);
  const all = new Map([...found].map(([symbol, rates]) => [symbol, symbolFunding([...rates.values()])] as const));
  return { of: async (symbols) => new Map([...all].filter(([symbol]) => symbols.has(symbol))) };
}

async function read(file: string, found: Map<string, Map<number, FundingRate>>): Promise<void> {
  let columns: Columns | undefined;
  let number = 0;
  for await (const line of (await LineFile.open(file)).lines()) {
    number += 1;
    if (line.trim() === '') continue;
    const cells = line.trim().split(',');
    if (columns === undefined) {
      columns = columnsOf(cells, file);
      continue;
    }
    const symbol = typeof columns.symbol === 'string' ? columns.symbol : (cells[columns.symbol] ?? '');
    const rate = rateOf(cells, columns);
    if (rate === undefined || symbol === '') {
      throw new LineFileError(`${file}, line ${number}: expected a funding rate (${EXPECTED}), got ${quoted(line)}`);
    }
    const rates = found.get(symbol) ?? new Map<number, FundingRate>();
    found.set(symbol, rates.set(rate.atMs, rate));
  }
}

function columnsOf(head: readonly string[], file: string): Columns {
  const names = head.map((cell) => cell.trim().toLowerCase());
  const at = (known: readonly string[]) => names.findIndex((name) => known.includes(name));
  const [time, rate, mark, column] = [at(TIMES), at(RATES), at(MARKS), at(['symbol'])];
  const symbol = column < 0 ? SYMBOL_OF_NAME.exec(basename(file))?.[0] : column;
  if (time < 0 || rate < 0 || symbol === undefined) {
    throw new LineFileError(`${file}: expected ${EXPECTED}, got ${quoted(head.join(','))}`);
  }
  return { time, rate, mark, symbol };
}

function rateOf(cells: readonly string[], columns: Columns): FundingRate | undefined {
  const time = cells[columns.time]?.trim() ?? '';
  const rate = parseNumber(cells[columns.rate]?.trim());
  const said = columns.mark < 0 ? '' : (cells[columns.mark]?.trim() ?? '');
  const mark = said === '' ? undefined : parseNumber(said);
  if (!UNIX_MS.test(time) || rate === undefined || Math.abs(rate) >= 1) return undefined;
  return said !== '' && !(mark !== undefined && mark > 0) ? undefined : { atMs: Number(time), rate, mark };
}

function symbolFunding(unsorted: readonly FundingRate[]): SymbolFunding {
  const rates = [...unsorted].sort((a, b) => a.atMs - b.atMs);
  const whole: [number, number][] = [];
  for (const { atMs } of rates) {
    const last = whole.at(-1);
    if (last !== undefined && atMs - last[1] <= MOST_GAP_MS) last[1] = atMs;
    else whole.push([atMs, atMs]);
  }
  return { rates, whole };
}
