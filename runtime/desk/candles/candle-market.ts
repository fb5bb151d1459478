import { HOUR_MS, MINUTE_MS } from '../../../schemas/duration.ts';
import { type Market, marketOf } from '../../market/player/market.ts';
import { readCandles, type SymbolCandle } from '../decisions/candle-file.ts';
import type { TimeRange } from '../decisions/decision-export.ts';
import { LineFileError } from '../decisions/line-file.ts';

interface HourEnd {
  readonly openMs: number;
  readonly close: number;
}

/** What of one symbol's candles is needed: the last of every hour, and how far apart they are. */
interface Series {
  readonly hours: Map<number, HourEnd>;
  lastMs: number;
  stepMs: number;
}

/** The candles of a calendar month (UTC), such as `2021-05`. */
export interface MonthMarket {
  readonly month: string;
  readonly market: Market;
}

/** Hourly closes gathered from candles of an hour or shorter, in whatever order the symbols come. */
export class CandleMarket {
  readonly #series = new Map<string, Series>();

  /** Takes a candle in; those of a symbol must come in order of time. */
  add({ symbol, openMs, close }: SymbolCandle): void {
    const series = this.#of(symbol);
    const stepMs = openMs - series.lastMs;
    if (stepMs <= 0) {
      throw new LineFileError(
        `${symbol}: expected candles in order of time, each once, got ${iso(openMs)} after ${iso(series.lastMs)}`,
      );
    }
    series.stepMs = Math.min(series.stepMs, stepMs);
    series.lastMs = openMs;
    series.hours.set(Math.floor(openMs / HOUR_MS), { openMs, close });
  }

  /** Unix ms at which the last candle closed; `-Infinity` without any. */
  get endMs(): number {
    return Math.max(...[...this.#series.values()].map(({ lastMs, stepMs }) => lastMs + Math.min(stepMs, HOUR_MS)));
  }

  /**
   * The market of the hours that all symbols have, within a time range. An hour has a close when its last candle is
   * there; no close is made up: one that is missing among them is an error that names it.
   */
  market(range: TimeRange): Market {
    return marketWithin(this.#closes(), range);
  }

  /** The same of each calendar month (UTC) that there are closes of, by itself: of the symbols that have any in it. */
  months(range: TimeRange): readonly MonthMarket[] {
    const closes = this.#closes();
    const hours = [...closes.values()].flatMap((all) => [...all.keys()]);
    const wanted = hours.filter((hour) => hour * HOUR_MS >= range.fromMs && (hour + 1) * HOUR_MS <= range.toMs);
    const months = [...new Set(wanted.map((hour) => iso(hour * HOUR_MS).slice(0, 7)))].sort();
    return months.map((month) => {
      const startMs = Date.parse(`${month}-01T00:00:00Z`);
      const end = new Date(startMs);
      const fromMs = Math.max(range.fromMs, startMs);
      const toMs = Math.min(range.toMs, end.setUTCMonth(end.getUTCMonth() + 1));
      const isIn = (hour: number) => hour * HOUR_MS >= fromMs && (hour + 1) * HOUR_MS <= toMs;
      const own = [...closes].map(
        ([symbol, all]) => [symbol, new Map([...all].filter(([hour]) => isIn(hour)))] as const,
      );
      return { month, market: marketWithin(new Map(own.filter(([, all]) => all.size > 0)), { fromMs, toMs }) };
    });
  }

  #closes(): Closes {
    const closes = new Map([...this.#series].map(([symbol, series]) => [symbol, closesOf(symbol, series)] as const));
    if (closes.size === 0) throw new LineFileError('expected candles, got none');
    return closes;
  }

  #of(symbol: string): Series {
    const known = this.#series.get(symbol);
    if (known !== undefined) return known;
    const fresh = { hours: new Map(), lastMs: -Infinity, stepMs: Infinity };
    this.#series.set(symbol, fresh);
    return fresh;
  }
}

/** Closes by hour since 1970, by symbol. */
type Closes = ReadonlyMap<string, ReadonlyMap<number, number>>;

function marketWithin(closes: Closes, range: TimeRange): Market {
  const edge = (of: (hours: readonly number[]) => number) => [...closes.values()].map((all) => of([...all.keys()]));
  const first = Math.max(Math.ceil(range.fromMs / HOUR_MS), ...edge((hours) => hours[0] ?? Infinity));
  const last = Math.min(Math.floor(range.toMs / HOUR_MS) - 1, ...edge((hours) => hours.at(-1) ?? -Infinity));
  if (first > last) {
    const each = [...closes].map(([symbol, all]) => `${symbol} ${spanOf([...all.keys()])}`).join(', ');
    throw new LineFileError(`expected an hour that every symbol has within the time asked for, got ${each}`);
  }
  const whole = new Map([...closes].map(([symbol, all]) => [symbol, between(symbol, all, first, last)] as const));
  return marketOf(whole, first * HOUR_MS);
}

/** The candles of files or folders, of the symbols wanted or of all, as far as they were read before `signal`; see `readCandles` and `CandleMarket.add` for what they throw. */
export async function gatherCandles(
  paths: readonly string[],
  { wanted, signal }: { readonly wanted?: ReadonlySet<string> | undefined; readonly signal?: AbortSignal } = {},
): Promise<CandleMarket> {
  const candles = new CandleMarket();
  for (const path of paths) {
    for await (const page of readCandles(path)) {
      if (signal?.aborted === true) break;
      for (const candle of page) if (wanted?.has(candle.symbol) ?? true) candles.add(candle);
    }
  }
  if (candles.endMs === -Infinity && signal?.aborted !== true)
    throw new LineFileError(`${paths.join(' ')}: expected candles, got none`);
  return candles;
}

/** Closes by hour since 1970, of the hours whose last candle is there. */
function closesOf(symbol: string, { hours, stepMs }: Series): ReadonlyMap<number, number> {
  const lengthMs = Math.min(stepMs, HOUR_MS);
  if (stepMs !== Infinity && (stepMs > HOUR_MS || HOUR_MS % stepMs !== 0)) {
    throw new LineFileError(
      `${symbol}: expected candles of an hour, or of a part of it, got some ${stepMs / MINUTE_MS} minutes apart`,
    );
  }
  const ended = [...hours].filter(([hour, { openMs }]) => openMs + lengthMs === (hour + 1) * HOUR_MS);
  return new Map(ended.map(([hour, { close }]) => [hour, close] as const));
}

function between(symbol: string, closes: ReadonlyMap<number, number>, first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => {
    const close = closes.get(first + at);
    if (close !== undefined) return close;
    throw new LineFileError(
      `${symbol}: expected a candle of every hour from ${iso(first * HOUR_MS)} to ${iso((last + 1) * HOUR_MS)}, got none ` +
        `that closes at ${iso((first + at + 1) * HOUR_MS)}: choose a time without the gap (--since, --until), or leave ` +
        'the symbol out',
    );
  });
}

function spanOf(hours: readonly number[]): string {
  const [first, last] = [hours[0], hours.at(-1)];
  if (first === undefined || last === undefined) return 'no whole hour';
  return `${iso(first * HOUR_MS)} to ${iso((last + 1) * HOUR_MS)}`;
}

function iso(unixMs: number): string {
  return `${new Date(unixMs).toISOString().slice(0, 16)}Z`;
}
