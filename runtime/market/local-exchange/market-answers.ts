import { type CandleInterval, candleIntervalMs } from '../../../schemas/candle.ts';
import { HOUR_MS } from '../../../schemas/duration.ts';
import { formatNumber, parseNumber } from '../../../schemas/number.ts';
import { eight, type Json } from './account-answers.ts';
import { priceAt, type ServedCandle } from './candles.ts';
import { refusals } from './errors.ts';
import type { Venue } from './venue.ts';

const FUNDING_EVERY_MS = 8 * HOUR_MS;
/** No account pays anything. */
const NO_FUNDING = '0.00000000';
const DEFAULT_FUNDINGS = 100;
const MOST_FUNDINGS = 1000;
const DEFAULT_CANDLES = 500;
const MOST_CANDLES = 1500;

/** The body of `GET /fapi/v1/exchangeInfo`, with the limits that this exchange keeps to. */
export function exchangeInfoAnswer(venue: Venue, weightLimit: number): Json {
  return {
    timezone: 'UTC',
    serverTime: venue.nowMs(),
    futuresType: 'U_MARGINED',
    rateLimits: [{ rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: weightLimit }],
    exchangeFilters: [],
    assets: [{ asset: 'USDT', marginAvailable: true, autoAssetExchange: '-10000' }],
    symbols: venue.series.symbols.map((symbol) => symbolAnswer(venue, symbol)),
  };
}

/** The body of `GET /fapi/v1/premiumIndex`: one symbol, or all that are traded. Index and funding rate are not simulated. */
export function premiumAnswer(venue: Venue, symbol: string | null): Json | readonly Json[] {
  if (symbol === null) {
    return venue.series.symbols.filter((one) => !venue.delisted.has(one)).map((one) => premiumOf(venue, one));
  }
  venue.requireSymbol(symbol);
  return premiumOf(venue, symbol);
}

/**
 * The body of `GET /fapi/v1/fundingRate`: a payment of every eight hours since the market began, oldest first; without
 * `startTime` the newest. The rate is 0, for no account here pays anything.
 */
export function fundingAnswer(venue: Venue, query: URLSearchParams): readonly Json[] {
  const symbol = query.get('symbol');
  if (symbol === null) throw refusals.missing('symbol');
  venue.requireSymbol(symbol);
  const startMs = timeIn(query, 'startTime');
  const limit = Math.min(MOST_FUNDINGS, timeIn(query, 'limit') ?? DEFAULT_FUNDINGS);
  const endMs = Math.min(timeIn(query, 'endTime') ?? Infinity, venue.marketMs());
  const fromMs = Math.max(startMs ?? 0, venue.series.firstOpenMs);
  const first = Math.ceil(fromMs / FUNDING_EVERY_MS);
  const count = Math.max(0, Math.floor(endMs / FUNDING_EVERY_MS) - first + 1);
  const skipped = startMs === undefined ? Math.max(0, count - limit) : 0;
  return Array.from({ length: Math.min(limit, count) }, (_, at) => {
    const fundingTime = (first + skipped + at) * FUNDING_EVERY_MS;
    const markPrice = eight(priceAt(venue.series, symbol, fundingTime) ?? 0);
    return { symbol, fundingTime, fundingRate: NO_FUNDING, markPrice };
  });
}

/** The event of a `markPrice` stream. */
export function markEvent(venue: Venue, symbol: string): Json {
  const premium = premiumOf(venue, symbol);
  return {
    e: 'markPriceUpdate',
    E: venue.nowMs(),
    s: symbol,
    p: premium.markPrice,
    i: premium.indexPrice,
    P: premium.estimatedSettlePrice,
    r: premium.lastFundingRate,
    T: premium.nextFundingTime,
  };
}

/** The body of `GET /fapi/v1/klines`, oldest first; the newest may still be open. */
export function klinesAnswer(venue: Venue, query: URLSearchParams): readonly unknown[] {
  const symbol = query.get('symbol');
  if (symbol === null) throw refusals.missing('symbol');
  venue.requireSymbol(symbol);
  const intervalMs = requireInterval(venue, query.get('interval'));
  const limit = klinesLimit(query);
  const startMs = timeIn(query, 'startTime');
  const endMs = Math.min(timeIn(query, 'endTime') ?? Infinity, venue.marketMs());
  const newest = Math.floor(endMs / intervalMs) * intervalMs;
  const oldest = Math.max(firstOpen(venue, intervalMs), Math.ceil((startMs ?? 0) / intervalMs) * intervalMs);
  const candles: ServedCandle[] = [];
  const forward = startMs !== undefined;
  for (
    let openMs = forward ? oldest : newest;
    candles.length < limit && openMs >= oldest && openMs <= newest;
    openMs += forward ? intervalMs : -intervalMs
  ) {
    const candle = venue.candle(symbol, openMs, intervalMs);
    if (candle !== undefined) candles.push(candle);
  }
  return (forward ? candles : candles.reverse()).map(candleRow);
}

/** How many candles a `klines` request asks for. */
export function klinesLimit(query: URLSearchParams): number {
  const sent = query.get('limit');
  const limit = sent === null ? DEFAULT_CANDLES : parseNumber(sent);
  if (limit === undefined || !Number.isInteger(limit) || limit < 1 || limit > MOST_CANDLES) throw refusals.badLimit();
  return limit;
}

/** The event of a `kline` stream. `closed` says that the candle changes no more. */
export function klineEvent(
  symbol: string,
  interval: string,
  candle: ServedCandle,
  closed: boolean,
  nowMs: number,
): Json {
  return {
    e: 'kline',
    E: nowMs,
    s: symbol,
    k: {
      t: candle.openMs,
      T: candle.closeMs,
      s: symbol,
      i: interval,
      f: -1,
      L: -1,
      o: formatNumber(candle.open),
      c: formatNumber(candle.close),
      h: formatNumber(candle.high),
      l: formatNumber(candle.low),
      v: formatNumber(candle.volume),
      n: 0,
      x: closed,
      q: eight(candle.volume * candle.close),
      V: '0',
      Q: '0',
      B: '0',
    },
  };
}

/** The length of an interval that this exchange can serve: its bar's or a multiple of it. */
export function requireInterval(venue: Venue, interval: string | null): number {
  if (interval === null) throw refusals.missing('interval');
  if (!Object.hasOwn(candleIntervalMs, interval)) throw refusals.badInterval();
  const ms = candleIntervalMs[interval as CandleInterval];
  if (ms % venue.series.barMs !== 0) throw refusals.badInterval();
  return ms;
}

function candleRow(candle: ServedCandle): readonly unknown[] {
  const prices = [candle.open, candle.high, candle.low, candle.close, candle.volume].map(formatNumber);
  return [candle.openMs, ...prices, candle.closeMs, eight(candle.volume * candle.close), 0, '0', '0', '0'];
}

function firstOpen(venue: Venue, intervalMs: number): number {
  return Math.floor(venue.series.firstOpenMs / intervalMs) * intervalMs;
}

function timeIn(query: URLSearchParams, name: string): number | undefined {
  const sent = query.get(name);
  if (sent === null) return undefined;
  const ms = parseNumber(sent);
  if (ms === undefined) throw refusals.missing(name);
  return ms;
}

function premiumOf(venue: Venue, symbol: string): Json {
  const price = eight(venue.shownMark(symbol));
  const nowMs = venue.nowMs();
  return {
    symbol,
    markPrice: price,
    indexPrice: price,
    estimatedSettlePrice: price,
    lastFundingRate: NO_FUNDING,
    interestRate: '0.00010000',
    nextFundingTime: (Math.floor(nowMs / FUNDING_EVERY_MS) + 1) * FUNDING_EVERY_MS,
    time: nowMs,
  };
}

function symbolAnswer(venue: Venue, symbol: string): Json {
  const base = symbol.replace(/USDT$/, '');
  return {
    symbol,
    pair: symbol,
    contractType: 'PERPETUAL',
    deliveryDate: 4_133_404_800_000,
    onboardDate: 1_569_398_400_000,
    status: venue.delisted.has(symbol) ? 'SETTLING' : 'TRADING',
    maintMarginPercent: '2.5000',
    requiredMarginPercent: '5.0000',
    baseAsset: base,
    quoteAsset: 'USDT',
    marginAsset: 'USDT',
    pricePrecision: 8,
    quantityPrecision: 3,
    baseAssetPrecision: 8,
    quotePrecision: 8,
    underlyingType: 'COIN',
    underlyingSubType: [],
    settlePlan: 0,
    filters: [
      { filterType: 'PRICE_FILTER', minPrice: '0.00000001', maxPrice: '1000000', tickSize: '0.00000001' },
      { filterType: 'LOT_SIZE', minQty: '0.001', maxQty: '1000000', stepSize: '0.001' },
      { filterType: 'MARKET_LOT_SIZE', minQty: '0.001', maxQty: '1000000', stepSize: '0.001' },
      { filterType: 'MIN_NOTIONAL', notional: '5' },
    ],
    orderTypes: ['MARKET'],
    timeInForce: ['GTC'],
  };
}
