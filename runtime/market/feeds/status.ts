import type { Redis } from 'ioredis';
import { span } from '../../../schemas/amount-text.ts';
import { DAY_SEC, MINUTE_MS } from '../../../schemas/duration.ts';
import type { FeedName } from '../../../schemas/feed.ts';
import { keys } from '../../../schemas/keys.ts';
import { formatNumber, parseNumber } from '../../../schemas/number.ts';
import { type Fields, fieldsOf } from '../../../schemas/wire.ts';
import { isWrongType } from '../../redis/problem.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import type { ExchangeHealth } from '../exchange/port.ts';

/** A collector's word on its feed is kept for a day after the last one. */
const KEPT_SEC = DAY_SEC;

/** What a collector last said of its feed. Times are Unix ms by Redis's clock. */
export interface FeedStatus {
  readonly feed: FeedName;
  readonly state: 'ok' | 'failing';
  /** Since when it is in that state. */
  readonly sinceMs: number;
  /** The last reading that could be used; undefined before the first. */
  readonly lastSuccessMs: number | undefined;
  /** Why the last try failed, in words; empty when it did not. */
  readonly error: string;
  readonly source: string;
  readonly worker: string;
  readonly usedWeight: number | undefined;
  readonly weightLimit: number | undefined;
  /** Until when the exchange is not asked, and why. */
  readonly pausedUntilMs: number | undefined;
  readonly pauseReason: string;
  /** Exchange time less machine time of the worker. */
  readonly clockOffsetMs: number | undefined;
  readonly userStream: string;
  /** Since when the stream of the account's events is in that state. */
  readonly userStreamSinceMs: number | undefined;
  readonly klineStream: string;
}

/** What an exchange says of itself, in the shape of a feed's status. `aheadMs`: Redis's clock less that of this machine. */
export function healthPart(health: ExchangeHealth, aheadMs: number) {
  const { usedWeight, weightLimit, pausedUntilMs, pauseReason = '', clockOffsetMs, userStream, klineStream } = health;
  return {
    source: health.name,
    usedWeight,
    weightLimit,
    pausedUntilMs: pausedUntilMs === undefined ? undefined : pausedUntilMs + aheadMs,
    pauseReason,
    clockOffsetMs,
    userStream,
    klineStream,
  };
}

/** Writes what a collector says of its feed. */
export async function writeFeedStatus(redis: Redis, portfolio: Portfolio, status: FeedStatus): Promise<void> {
  const key = portfolio.key(keys.feed(status.feed));
  const text = (value: number | undefined) => (value === undefined ? '' : formatNumber(value));
  const fields = {
    state: status.state,
    since_ms: text(status.sinceMs),
    last_success_ms: text(status.lastSuccessMs),
    error: status.error,
    source: status.source,
    worker: status.worker,
    used_weight: text(status.usedWeight),
    weight_limit: text(status.weightLimit),
    paused_until_ms: text(status.pausedUntilMs),
    pause_reason: status.pauseReason,
    clock_offset_ms: text(status.clockOffsetMs),
    user_stream: status.userStream,
    user_stream_since_ms: text(status.userStreamSinceMs),
    kline_stream: status.klineStream,
  };
  await redis.pipeline().hset(key, fields).expire(key, KEPT_SEC).exec();
}

/** What the collector of a feed last said; undefined when none did. A key of another type counts as none. */
export async function readFeedStatus(
  redis: Redis,
  portfolio: Portfolio,
  feed: FeedName,
): Promise<FeedStatus | undefined> {
  const fields = await hashOrNothing(redis, portfolio.key(keys.feed(feed)));
  const sinceMs = parseNumber(fields.since_ms);
  if (sinceMs === undefined) return undefined;
  return {
    feed,
    state: fields.state === 'ok' ? 'ok' : 'failing',
    sinceMs,
    lastSuccessMs: parseNumber(fields.last_success_ms),
    error: fields.error ?? '',
    source: fields.source ?? '',
    worker: fields.worker ?? '',
    usedWeight: parseNumber(fields.used_weight),
    weightLimit: parseNumber(fields.weight_limit),
    pausedUntilMs: parseNumber(fields.paused_until_ms),
    pauseReason: fields.pause_reason ?? '',
    clockOffsetMs: parseNumber(fields.clock_offset_ms),
    userStream: fields.user_stream ?? '',
    userStreamSinceMs: parseNumber(fields.user_stream_since_ms),
    klineStream: fields.kline_stream ?? '',
  };
}

/** The reading of the account that is not believed, as an operator reads it; undefined when there is none. */
export async function readDoubt(redis: Redis, portfolio: Portfolio): Promise<string | undefined> {
  const fields = await hashOrNothing(redis, portfolio.key(keys.doubt));
  if (fields.reason === undefined) return undefined;
  const expected = fields.expected_usd === undefined ? '' : `, expected about ${fields.expected_usd}`;
  return `the account reading is not believed yet: ${fields.reason} (equity ${fields.equity_usd ?? '?'}${expected})`;
}

/** What is wrong with a feed, in words; undefined when it is fresh. `staleMs` is how old its last success may be. */
export function feedProblem(status: FeedStatus | undefined, nowMs: number, staleMs: number): string | undefined {
  if (status === undefined) return 'nothing was collected yet';
  const why = status.error === '' ? 'no worker collects it' : status.error;
  if (status.lastSuccessMs === undefined) return `nothing was collected yet: ${why}`;
  const ageMs = nowMs - status.lastSuccessMs;
  if (ageMs <= staleMs) return undefined;
  return `stale since ${new Date(status.lastSuccessMs).toISOString()} (${span(ageMs / 1000)}): ${why}`;
}

/** How long the stream of the account's events may be down before that is a problem, ms: it is opened anew every now and then. */
const DEAF_MS = MINUTE_MS;

/** Whether the stream of the account's events is open, by the last word of a feed that is fresh. */
export function hearsEvents(status: FeedStatus | undefined): boolean {
  return status?.userStream === 'open';
}

/** What is wrong with the stream of the account's events, in words; undefined where nothing is, and for other feeds. */
export function deafProblem(status: FeedStatus | undefined, nowMs: number): string | undefined {
  if (status?.feed !== 'account' || hearsEvents(status)) return undefined;
  const forMs = nowMs - (status.userStreamSinceMs ?? nowMs);
  if (forMs <= DEAF_MS) return undefined;
  return `its events have not come for ${span(forMs / 1000)} (${status.userStream}): fills are seen with the next reading alone`;
}

async function hashOrNothing(redis: Redis, key: string): Promise<Fields> {
  try {
    return fieldsOf(Object.entries(await redis.hgetall(key)).flat());
  } catch (error) {
    if (isWrongType(error)) return fieldsOf([]);
    throw error;
  }
}
