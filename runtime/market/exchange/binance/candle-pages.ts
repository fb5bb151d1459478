import { type CandleInterval, candleIntervalMs } from '../../../../schemas/candle.ts';
import type { CandleRange, CandlesReading, ExchangeCandle } from '../port.ts';
import { Problems } from './items.ts';
import { readCandles } from './market.ts';
import type { RestClient } from './rest.ts';

const DEFAULT_CANDLES = 500;
const MOST_CANDLES_A_PAGE = 1_000;
/** What the exchange counts for a page of fewer than so many candles. */
const WEIGHTS = [
  [100, 1],
  [500, 2],
  [1_001, 5],
] as const;

/** Which candles are asked for, and where. */
export interface CandleSource {
  readonly rest: RestClient;
  readonly symbol: string;
  readonly interval: CandleInterval;
}

/** The newest candles, up to `endMs` where given; more than a page of them is read from the start that they must have. */
export function newestCandles(source: CandleSource, range: CandleRange): Promise<CandlesReading> {
  const limit = range.limit ?? DEFAULT_CANDLES;
  if (limit <= MOST_CANDLES_A_PAGE)
    return page(source, limit, range.endMs === undefined ? {} : { endTime: range.endMs });
  const endMs = range.endMs ?? source.rest.clock.nowMs();
  return candlesBetween(source, { ...range, startMs: endMs - limit * candleIntervalMs[source.interval] + 1 });
}

/** The candles from `startMs` on, page after page: a hole of any length ends none of them. */
export async function candlesBetween(
  source: CandleSource,
  range: CandleRange & { readonly startMs: number },
): Promise<CandlesReading> {
  const most = range.limit ?? Number.POSITIVE_INFINITY;
  const candles: ExchangeCandle[] = [];
  const problems = new Problems();
  let startTime = range.startMs;
  for (;;) {
    const limit = Math.min(MOST_CANDLES_A_PAGE, most - candles.length);
    const query = range.endMs === undefined ? { startTime } : { startTime, endTime: range.endMs };
    const read = await page(source, limit, query);
    candles.push(...read.candles);
    for (const problem of read.problems) problems.add(problem);
    const newest = read.candles.at(-1);
    if (read.rows < limit || candles.length >= most) return { candles, problems: problems.list() };
    const unreadMs = startTime + limit * candleIntervalMs[source.interval];
    startTime = newest === undefined || newest.openMs < startTime ? unreadMs : newest.openMs + 1;
  }
}

async function page(
  { rest, symbol, interval }: CandleSource,
  limit: number,
  range: Readonly<Record<string, number>>,
): Promise<CandlesReading & { readonly rows: number }> {
  const weight = WEIGHTS.find(([below]) => limit < below)?.[1] ?? 10;
  const query = { symbol, interval, limit, ...range };
  const path = '/fapi/v1/klines';
  return rest.request({ method: 'GET', path, query, weight, access: 'public', purpose: 'backfill' }, (body) => ({
    ...readCandles(body, symbol, interval, rest.clock.nowMs()),
    rows: Array.isArray(body) ? body.length : 0,
  }));
}
