import { brotliDecompressSync } from 'node:zlib';
import { HOUR_MS } from '../../../schemas/duration.ts';
import { FIRST_HOUR_MS, PACKED_CLOSES } from './data/may-2021.ts';

/** Hourly closes of a few symbols over the same hours. */
export interface Market {
  readonly symbols: readonly string[];
  readonly hours: number;
  /** Unix ms at which an hour closed: the moment from which its close is known. */
  closedAtMs(hour: number): number;
  /** US dollars; throws for an hour that the market does not have. */
  close(symbol: string, hour: number): number;
}

/** The month that the demo plays: May 2021, 12 symbols of Binance USD-M futures (data/README.md). */
export function loadMay2021(): Market {
  return marketOf(unpackCloses(PACKED_CLOSES), FIRST_HOUR_MS);
}

/** A market of closes by symbol, the first hour of which opened at `firstHourMs`. All symbols must have the same hours. */
export function marketOf(closes: ReadonlyMap<string, readonly number[]>, firstHourMs: number): Market {
  const symbols = [...closes.keys()].sort();
  const hours = closes.get(symbols[0] ?? '')?.length ?? 0;
  for (const [symbol, of] of closes) {
    if (of.length !== hours) throw new Error(`expected ${hours} closes of ${symbol}, got ${of.length}`);
  }
  return {
    symbols,
    hours,
    closedAtMs: (hour) => firstHourMs + (hour + 1) * HOUR_MS,
    close: (symbol, hour) => {
      const close = closes.get(symbol)?.[hour];
      if (close === undefined)
        throw new RangeError(`expected an hour of ${symbol} from 0 to ${hours - 1}, got ${hour}`);
      return close;
    },
  };
}

/** The same market from so many hours later on. */
export function laterMarket(market: Market, hours: number): Market {
  return {
    symbols: market.symbols,
    hours: market.hours - hours,
    closedAtMs: (hour) => market.closedAtMs(hour + hours),
    close: (symbol, hour) => {
      if (hour >= 0) return market.close(symbol, hour + hours);
      throw new RangeError(`expected an hour of ${symbol} from 0 on, got ${hour}`);
    },
  };
}

/** Closes by symbol, from brotli in base64 of one line a symbol: `SYMBOL decimals first change change …`. */
export function unpackCloses(base64: string): Map<string, readonly number[]> {
  const text = brotliDecompressSync(Buffer.from(base64, 'base64')).toString('utf8');
  return new Map(text.split('\n').map(unpackLine));
}

function unpackLine(line: string): [string, readonly number[]] {
  const [symbol = '', decimals = '', ...changes] = line.split(' ');
  const unitsPerDollar = 10 ** Number(decimals);
  let units = 0;
  const closes = changes.map((change) => {
    units += Number(change);
    return units / unitsPerDollar;
  });
  return [symbol, closes];
}
