import type { Redis } from 'ioredis';
import type { Activity, ActivitySum } from '../../../schemas/api/activity.ts';
import { DAY_MS, HOUR_MS } from '../../../schemas/duration.ts';
import { keys, streams } from '../../../schemas/keys.ts';
import { parseNumber } from '../../../schemas/number.ts';
import { streamIdMs } from '../../../schemas/time.ts';
import { isWrongType } from '../../redis/problem.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { ActivityBins } from './activity-bins.ts';
import { StreamWalk, type WalkedEntry } from './stream-walk.ts';

/** Bins of an answer at most. */
const MOST_BINS = 300;
/** How long one answer reads the logs; the rest comes with the next. */
const READ_MS = 700;
/** Nothing older is kept. */
const KEPT_MS = 31 * DAY_MS;

const VERDICTS: Readonly<Record<string, string>> = {
  PERMIT: 'permits',
  DOWNGRADE: 'softened',
};

/** A time of the portfolio's clock, Unix ms. */
interface Range {
  readonly sinceMs: number;
  readonly nowMs: number;
}

/**
 * Counts what the gates of a portfolio did. Each entry of the logs is read once, however often it is asked, and none
 * before somebody asks: where the logs are long, the first answers say how far back they have come.
 */
class ActivityReader {
  readonly #redis: Redis;
  readonly #portfolio: Portfolio;
  readonly #bins = new ActivityBins();
  readonly #decisions: StreamWalk;
  readonly #events: StreamWalk;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(redis: Redis, portfolio: Portfolio) {
    this.#redis = redis;
    this.#portfolio = portfolio;
    this.#decisions = new StreamWalk(portfolio.streamKey(streams.decisions), (entry) => this.#decided(entry));
    this.#events = new StreamWalk(portfolio.streamKey(streams.governorEvents), (entry) => this.#told(entry));
  }

  /** What was done since a moment, and in the last hour and day. One after the other, so that nothing is counted twice. */
  async read(range: Range): Promise<Activity> {
    const answer = this.#turn.then(() => this.#read(range));
    this.#turn = answer.catch(() => undefined);
    return await answer;
  }

  /** What was done in the last hour; undefined while less of the logs was read. */
  async hour(nowMs: number): Promise<ActivitySum | undefined> {
    const answer = this.#turn.then(() => this.#hour(nowMs));
    this.#turn = answer.catch(() => undefined);
    return await answer;
  }

  async #hour(nowMs: number): Promise<ActivitySum | undefined> {
    const fromMs = nowMs - HOUR_MS;
    await this.#walk(fromMs, nowMs);
    return this.#isShortOf(fromMs) ? undefined : this.#bins.sum(fromMs, nowMs, await this.#waiting());
  }

  async #read({ sinceMs, nowMs }: Range): Promise<Activity> {
    const fromMs = Math.max(nowMs - KEPT_MS, Math.min(sinceMs, nowMs - DAY_MS));
    await this.#walk(fromMs, nowMs);
    const waiting = await this.#waiting();
    const binSec = 60 * Math.max(1, Math.ceil((nowMs - sinceMs) / 60_000 / MOST_BINS));
    const oldestMs = this.#decisions.oldestMs;
    return {
      since: sinceMs / 1000,
      until: nowMs / 1000,
      counted_from: Number.isFinite(oldestMs) && oldestMs > sinceMs ? oldestMs / 1000 : null,
      is_reading: this.#isShortOf(fromMs),
      bin_sec: binSec,
      bins: this.#bins.bins(sinceMs, nowMs, binSec),
      hour: this.#bins.sum(nowMs - HOUR_MS, nowMs, waiting),
      day: this.#bins.sum(nowMs - DAY_MS, nowMs, waiting),
    };
  }

  async #walk(fromMs: number, nowMs: number): Promise<void> {
    const endMs = performance.now() + READ_MS;
    await this.#events.walk(this.#redis, fromMs, endMs - READ_MS / 2);
    await this.#decisions.walk(this.#redis, fromMs, endMs);
    this.#bins.forgetBefore(nowMs - KEPT_MS);
  }

  #isShortOf(fromMs: number): boolean {
    return this.#decisions.isShortOf(fromMs) || this.#events.isShortOf(fromMs);
  }

  /** Permits that are neither taken nor over; null where their key is of another type. */
  async #waiting(): Promise<number | null> {
    try {
      return await this.#redis.zcard(this.#portfolio.key(keys.outstanding));
    } catch (error) {
      if (isWrongType(error)) return null;
      throw error;
    }
  }

  #decided(entry: WalkedEntry): number {
    const atMs = momentOf(entry);
    const { verdict = '', reason = '' } = entry.fields;
    if (verdict === 'BLOCK') this.#bins.addBlock(atMs, reason);
    const name = Object.hasOwn(VERDICTS, verdict) ? VERDICTS[verdict] : undefined;
    if (name !== undefined) this.#bins.add(atMs, name);
    return atMs;
  }

  #told(entry: WalkedEntry): number {
    const atMs = momentOf(entry);
    const { event, reason } = entry.fields;
    if (event === 'EXECUTED_WITHOUT_PERMIT') this.#bins.add(atMs, 'executed_without_permit');
    if (event === 'PERMIT_REVOKED') this.#bins.add(atMs, 'revoked');
    if (event === 'PERMIT_WITHDRAWN') this.#bins.add(atMs, reason === 'not_taken' ? 'not_taken' : 'revoked');
    return atMs;
  }
}

/** When an entry was, by the clock of the portfolio; where it does not say so, by its id. */
function momentOf({ id, fields }: WalkedEntry): number {
  const sec = parseNumber(fields.timestamp);
  return sec === undefined ? streamIdMs(id) : sec * 1000;
}

/** Counts what the gates of any portfolio did; each has its own reader, from the first time it is asked for. */
export class Activities {
  readonly #readers = new Map<string, ActivityReader>();
  readonly #redisOf: (portfolio: Portfolio) => Redis;

  constructor(redisOf: (portfolio: Portfolio) => Redis) {
    this.#redisOf = redisOf;
  }

  /** What was done since a moment, and in the last hour and day. */
  async read(portfolio: Portfolio, range: Range): Promise<Activity> {
    return await this.#readerOf(portfolio).read(range);
  }

  /** What was done in the last hour, of which no more is read; undefined while it was not read to its end. */
  async hour(portfolio: Portfolio, nowMs: number): Promise<ActivitySum | undefined> {
    return await this.#readerOf(portfolio).hour(nowMs);
  }

  #readerOf(portfolio: Portfolio): ActivityReader {
    const reader = this.#readers.get(portfolio.prefix) ?? new ActivityReader(this.#redisOf(portfolio), portfolio);
    this.#readers.set(portfolio.prefix, reader);
    return reader;
  }
}
