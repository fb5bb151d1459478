import type { ListedTransfer } from '../../../../schemas/account.ts';
import { type Candle, type CandleInterval, candleIntervalMs } from '../../../../schemas/candle.ts';
import type { FundingRate } from '../../../../schemas/funding.ts';
import type { OrderFilters } from '../../../../schemas/market-state.ts';
import { ExchangeError } from '../errors.ts';
import type {
  CandlesReading,
  ExchangeCandle,
  ExchangeSymbol,
  FundingsReading,
  MarkPrice,
  MarksReading,
  SymbolsReading,
  TransfersReading,
} from '../port.ts';
import { excerptOf, figureOf, itemOf, listOf, Problems, priceOf, symbolOf, textOf, timeMsOf } from './items.ts';

/** The mark prices of a `premiumIndex` answer: those of `wanted`, or all. A symbol that is wanted and has none is a problem. */
export function readMarks(body: unknown, wanted: readonly string[] | undefined, nowMs: number): MarksReading {
  const list = listed(body, 'premiumIndex');
  const problems = new Problems();
  const marks = new Map<string, MarkPrice>();
  for (const value of list) {
    const item = itemOf(value);
    const symbol = symbolOf(item?.symbol);
    const price = priceOf(item?.markPrice);
    if (symbol !== undefined && price !== undefined) {
      const nextFundingMs = timeMsOf(item?.nextFundingTime);
      marks.set(symbol, { symbol, price, atMs: timeMsOf(item?.time) ?? nowMs, nextFundingMs });
    }
  }
  if (wanted === undefined) return { marks: [...marks.values()], problems: [] };
  for (const symbol of wanted) {
    if (!marks.has(symbol)) problems.add(`${symbol}: the exchange gives no mark price`);
  }
  return { marks: wanted.flatMap((symbol) => marks.get(symbol) ?? []), problems: problems.list() };
}

/** The payments of a `fundingRate` answer, in order of time, each once; of another symbol there are none. */
export function readFundings(body: unknown, symbol: string): FundingsReading {
  if (!Array.isArray(body)) throw new ExchangeError('answer', `fundingRate: expected a list, got ${excerptOf(body)}`);
  const problems = new Problems();
  const fundings = new Map<number, FundingRate>();
  for (const value of body) {
    const item = itemOf(value);
    const atMs = timeMsOf(item?.fundingTime);
    const rate = figureOf(item?.fundingRate);
    if (item?.symbol !== symbol || atMs === undefined || rate === undefined) {
      problems.add(`${symbol}: expected a funding rate, got ${excerptOf(value)}`);
      continue;
    }
    fundings.set(atMs, { atMs, rate, mark: priceOf(item.markPrice) });
  }
  return { fundings: [...fundings.values()].sort((a, b) => a.atMs - b.atMs), problems: problems.list() };
}

/** The candles of a `klines` answer, oldest first, each open time once; what is no candle is named, by its open time where it has one. */
export function readCandles(body: unknown, symbol: string, interval: CandleInterval, nowMs: number): CandlesReading {
  if (!Array.isArray(body)) throw new ExchangeError('answer', `klines: expected a list, got ${excerptOf(body)}`);
  const problems = new Problems();
  const candles = new Map<number, ExchangeCandle>();
  for (const row of body) {
    const [openMs, open, high, low, close, volume, closeMs] = Array.isArray(row) ? row : [];
    const candle = readCandle({ openMs, open, high, low, close, volume }, interval);
    if (candle === undefined) {
      problems.add(`${symbol} ${interval}: expected a candle, got ${excerptOf(row)}`);
      continue;
    }
    const endMs = timeMsOf(closeMs) ?? candle.openMs + candleIntervalMs[interval] - 1;
    candles.set(candle.openMs, { ...candle, symbol, interval, closeMs: endMs, closed: endMs < nowMs });
  }
  return { candles: [...candles.values()].sort((a, b) => a.openMs - b.openMs), problems: problems.list() };
}

/** A candle whose prices are possible and whose open time is one of its interval, else `undefined`. */
export function readCandle(raw: Readonly<Record<keyof Candle, unknown>>, interval: CandleInterval): Candle | undefined {
  const openMs = timeMsOf(raw.openMs);
  if (openMs === undefined || openMs % candleIntervalMs[interval] !== 0) return undefined;
  const open = priceOf(raw.open);
  const high = priceOf(raw.high);
  const low = priceOf(raw.low);
  const close = priceOf(raw.close);
  if (open === undefined || high === undefined || low === undefined || close === undefined) return undefined;
  if (low > Math.min(open, close) || high < Math.max(open, close)) return undefined;
  const volume = figureOf(raw.volume);
  return { openMs, open, high, low, close, volume: volume !== undefined && volume >= 0 ? volume : undefined };
}

/** The symbols of an `exchangeInfo` answer, and the request weight a minute that it names. */
export function readSymbols(body: unknown): SymbolsReading & { readonly weightLimit: number | undefined } {
  const item = itemOf(body);
  const list = item?.symbols;
  if (!Array.isArray(list)) {
    throw new ExchangeError('answer', `exchangeInfo: expected symbols, got ${excerptOf(list)}`);
  }
  const problems = new Problems();
  const symbols = list.flatMap((value): readonly ExchangeSymbol[] => {
    const entry = itemOf(value);
    const symbol = symbolOf(entry?.symbol);
    if (symbol === undefined) {
      problems.add(`a symbol cannot be used: ${excerptOf(entry?.symbol)}`);
      return [];
    }
    const status = textOf(entry?.status ?? entry?.contractStatus);
    const quoteAsset = textOf(entry?.quoteAsset);
    return [{ symbol, status, tradable: status === 'TRADING', quoteAsset, filters: filtersOf(entry?.filters) }];
  });
  return { symbols, problems: problems.list(), weightLimit: weightLimitOf(item?.rateLimits) };
}

/** The transfers of an `income` answer, oldest first. */
export function readTransfers(body: unknown): TransfersReading {
  const list = listed(body, 'income');
  const problems = new Problems();
  const transfers = list.flatMap((value): readonly ListedTransfer[] => {
    const item = itemOf(value);
    if (item?.incomeType !== 'TRANSFER') return [];
    const amount = figureOf(item.income);
    const atMs = timeMsOf(item.time);
    const asset = textOf(item.asset);
    if (amount === undefined || atMs === undefined || asset === '') {
      problems.add(`a transfer cannot be read: ${excerptOf(value)}`);
      return [];
    }
    return [{ id: textOf(item.tranId), asset, amount, atMs }];
  });
  return { transfers: transfers.sort((a, b) => a.atMs - b.atMs), problems: problems.list() };
}

/** A filter that is not there, or says 0, is none: the exchange writes 0 for a limit that is off. */
function filtersOf(list: unknown): OrderFilters {
  const filters = Array.isArray(list) ? list.map(itemOf) : [];
  const said = (type: string, name: string) => priceOf(filters.find((filter) => filter?.filterType === type)?.[name]);
  return {
    tickSize: said('PRICE_FILTER', 'tickSize'),
    stepSize: said('LOT_SIZE', 'stepSize'),
    minNotionalUsd: said('MIN_NOTIONAL', 'notional'),
  };
}

function weightLimitOf(limits: unknown): number | undefined {
  const found = Array.isArray(limits)
    ? limits.map(itemOf).find((limit) => {
        const aMinute = limit?.interval === 'MINUTE' && limit.intervalNum === 1;
        return limit?.rateLimitType === 'REQUEST_WEIGHT' && aMinute;
      })
    : undefined;
  return figureOf(found?.limit);
}

function listed(body: unknown, name: string): readonly unknown[] {
  const list = listOf(body);
  if (list === undefined) throw new ExchangeError('answer', `${name}: expected a list, got ${excerptOf(body)}`);
  return list;
}
