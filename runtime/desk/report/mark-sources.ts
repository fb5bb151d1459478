import type { Redis } from 'ioredis';
import { bookRecord } from '../../../handlers/common/position-record.ts';
import { candleIntervalMs, candleIntervals, parseCandles } from '../../../schemas/candle.ts';
import { decisionRecord, recorded } from '../../../schemas/decision.ts';
import { RecordedPositions } from '../../../schemas/governor-record.ts';
import { keys, streams } from '../../../schemas/keys.ts';
import { parseSnapshot } from '../../../schemas/position.ts';
import { streamIdMs } from '../../../schemas/time.ts';
import { fieldsOf } from '../../../schemas/wire.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import type { TimeRange } from '../decisions/decision-export.ts';
import type { DecisionPage } from '../decisions/decision-file.ts';
import { MARK_COUNTS_MS, type Mark, type MarkSource } from './marks.ts';

const PAGE = 1000;
/** Decisions that are looked at in one turn of the event loop. */
const TURN = 50;

/** A position as a snapshot reported it; the quantity is signed. */
export interface Sighting {
  readonly symbol: string;
  readonly atMs: number;
  readonly qty: number | undefined;
  readonly notionalUsd: number | undefined;
  readonly price: number | undefined;
  readonly flat: boolean;
}

/** The position snapshots that Redis holds of a time, oldest first, a page at a time. */
export async function* sightings(
  redis: Redis,
  portfolio: Portfolio,
  { fromMs, toMs }: TimeRange,
): AsyncGenerator<readonly Sighting[]> {
  const key = portfolio.streamKey(streams.snapshots);
  let from = String(Math.max(0, Math.floor(fromMs)));
  for (;;) {
    const page = await redis.xrange(key, from, String(Math.floor(toMs)), 'COUNT', PAGE);
    yield page.flatMap(([id, flat]) => sighting(id, flat) ?? []);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    from = `(${last[0]}`;
  }
}

/** By the id of the entry, as the position book orders them: its own time may come late. */
function sighting(id: string, flat: readonly string[]): Sighting | undefined {
  const position = parseSnapshot(id, fieldsOf(flat));
  if (position === undefined) return undefined;
  const atMs = streamIdMs(id);
  const { symbol, qty, notionalUsd, markPrice, flat: closed } = bookRecord(position, atMs);
  const priced = qty !== undefined && markPrice !== undefined ? Math.abs(qty * markPrice) : undefined;
  return { symbol, atMs, qty, notionalUsd: notionalUsd ?? priced, price: markPrice, flat: closed };
}

/** The marks of the position snapshots that Redis holds: to the second, and only while a position is held. */
export function snapshotMarks(redis: Redis, portfolio: Portfolio): MarkSource {
  return {
    name: 'position_snapshots',
    async *pages(symbols, { fromMs, toMs }) {
      for await (const page of sightings(redis, portfolio, { fromMs: fromMs - MARK_COUNTS_MS, toMs })) {
        yield page.flatMap(({ symbol, atMs, price }) =>
          price !== undefined && symbols.has(symbol) ? [{ symbol, atMs, price, countsMs: MARK_COUNTS_MS }] : [],
        );
      }
    },
  };
}

/** The closes of the candles that the market feed keeps in Redis, of the shortest candles there are of a symbol. */
export function storedCandleMarks(redis: Redis, portfolio: Portfolio): MarkSource {
  return {
    name: 'candle_store',
    async *pages(symbols, range) {
      for (const symbol of symbols) yield await storedMarks(redis, portfolio, symbol, range);
    },
  };
}

async function storedMarks(redis: Redis, portfolio: Portfolio, symbol: string, range: TimeRange): Promise<Mark[]> {
  for (const interval of candleIntervals) {
    const stepMs = candleIntervalMs[interval];
    const { candles } = parseCandles(await redis.hgetall(portfolio.key(keys.candles(symbol, interval))));
    const marks = candles.map(({ openMs, close }) => closeMark(symbol, openMs, close, stepMs));
    const wanted = marks.filter(({ atMs }) => atMs >= range.fromMs - stepMs && atMs <= range.toMs);
    if (wanted.length > 0) return wanted;
  }
  return [];
}

/** The mark that a candle's close is: known from its end on, and counting for as long as a candle is, 15 minutes at least. */
export function closeMark(symbol: string, openMs: number, close: number, stepMs: number): Mark {
  return { symbol, atMs: openMs + stepMs, price: close, countsMs: Math.max(stepMs, MARK_COUNTS_MS) };
}

/** The prices in the governor's decisions: of the plan's symbol, and of the positions held at that moment. */
export function loggedMarks(log: (range: TimeRange) => AsyncIterable<DecisionPage>): MarkSource {
  return {
    name: 'decision_log',
    async *pages(symbols, { fromMs, toMs }) {
      for await (const { decisions } of log({ fromMs: fromMs - MARK_COUNTS_MS, toMs })) {
        const plans = decisions.filter(({ fields }) => fields.handler === 'governor');
        for (let at = 0; at < plans.length; at += TURN) {
          const marks = plans.slice(at, at + TURN).flatMap(({ id, fields }) => marksOf(streamIdMs(id), fields));
          yield marks.filter(({ symbol }) => symbols.has(symbol));
        }
      }
    },
  };
}

function marksOf(atMs: number, fields: Parameters<typeof decisionRecord>[0]): Mark[] {
  const record = decisionRecord(fields);
  const facts = recorded(RecordedPositions, record.facts);
  const held = (facts?.exposure?.largest ?? []).flatMap(({ symbol, qty, notional_usd }) =>
    qty === undefined || qty === 0 || notional_usd === undefined
      ? []
      : [[symbol, notional_usd / Math.abs(qty)] as const],
  );
  const own = facts?.market_mark ?? facts?.mark_price;
  const all = own === undefined ? held : [...held, [record.symbol, own] as const];
  return all
    .filter(([, price]) => price > 0 && Number.isFinite(price))
    .map(([symbol, price]) => ({ symbol, atMs, price, countsMs: MARK_COUNTS_MS }));
}
