import type { Redis } from 'ioredis';
import { MINUTE_MS } from '../../../schemas/duration.ts';
import { compareStreamIds, streamIdMs } from '../../../schemas/time.ts';
import { idBefore } from '../lane/recovery.ts';

/** How long and how many entries a stream keeps. */
export interface Retention {
  readonly maxAgeMs: number;
  readonly maxLen: number;
}

/** Two streams that were written at one moment may differ by what the clock was set back. */
const MARGIN_MS = MINUTE_MS;
const PAGE = 1_000;
const PAGES_AT_ONCE = 50;

/**
 * Trims a stream by age and size, never past what a group has not finished, nor past `keepFrom`. Returns how many
 * entries went. A missing stream, or a key of another type, is left alone.
 */
export async function trimStream(
  redis: Redis,
  stream: string,
  retention: Retention,
  nowMs: number,
  keepFrom?: string,
): Promise<number> {
  if ((await redis.type(stream)) !== 'stream') return 0;
  const unfinished = await unfinishedFrom(redis, stream);
  const floor = keepFrom === undefined ? unfinished : older(keepFrom, unfinished);
  const byAge = `${Math.max(0, Math.floor(nowMs - retention.maxAgeMs))}-0`;
  let trimmed = await trimBelow(redis, stream, older(byAge, floor));
  for (let page = 0; page < PAGES_AT_ONCE; page += 1) {
    const excess = (await redis.xlen(stream)) - retention.maxLen;
    if (excess <= 0) break;
    const cut = await idAfter(redis, stream, Math.min(excess, PAGE));
    const gone = cut === undefined ? 0 : await trimBelow(redis, stream, older(cut, floor));
    if (gone === 0) break;
    trimmed += gone;
  }
  return trimmed;
}

/** A stream to be trimmed, and from where on it must be kept, where more than its groups say that. */
export interface Trimmed {
  readonly stream: string;
  readonly retention: Retention;
  readonly keepFrom?: () => Promise<string>;
}

const ALL_EVERY_MS = MINUTE_MS;

/** Trims the streams of a portfolio: each that has grown too long, and once a minute all, for what has grown old. */
export class Trimmer {
  readonly #redis: Redis;
  readonly #lengths = new Map<string, number | undefined>();
  #allAtMs = Number.NEGATIVE_INFINITY;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** `lengths` are of now, by stream: one without entries is left alone. Returns the streams that were looked at more closely. Times are Unix ms by Redis's clock. */
  async turn(
    targets: readonly Trimmed[],
    lengths: ReadonlyMap<string, number>,
    nowMs: number,
  ): Promise<ReadonlySet<string>> {
    const all = Math.abs(nowMs - this.#allAtMs) >= ALL_EVERY_MS;
    const looked = new Set<string>();
    for (const { stream, retention, keepFrom } of targets) {
      const length = lengths.get(stream);
      if (length === 0) continue;
      const isTooLong = length !== undefined && length > retention.maxLen && length !== this.#lengths.get(stream);
      if (!all && !isTooLong) continue;
      const trimmed = await trimStream(this.#redis, stream, retention, nowMs, await keepFrom?.());
      this.#lengths.set(stream, trimmed > 0 ? undefined : length);
      looked.add(stream);
    }
    if (all) this.#allAtMs = nowMs;
    return looked;
  }
}

/** Trims a stream that goes with a log: to a minute before what the log begins with. One without a log is left alone. */
export async function trimBeside(redis: Redis, stream: string, log: string): Promise<void> {
  if ((await redis.type(stream)) !== 'stream' || (await redis.type(log)) !== 'stream') return;
  const [oldest] = await redis.xrange(log, '-', '+', 'COUNT', 1);
  if (oldest !== undefined) await trimBelow(redis, stream, String(Math.max(0, streamIdMs(oldest[0]) - MARGIN_MS)));
}

/** The oldest id that some group has not finished; `undefined` when no group reads the stream. */
async function unfinishedFrom(redis: Redis, stream: string): Promise<string | undefined> {
  const groups = (await redis.xinfo('GROUPS', stream)) as (string | number)[][];
  let floor: string | undefined;
  for (const group of groups) {
    const name = String(group[group.indexOf('name') + 1]);
    const delivered = String(group[group.indexOf('last-delivered-id') + 1]);
    const [, oldestPending] = (await redis.xpending(stream, name)) as [number, string | null];
    floor = older(oldestPending === null ? delivered : older(delivered, idBefore(oldestPending)), floor);
  }
  return floor;
}

function older(id: string, other: string | undefined): string {
  return other === undefined || compareStreamIds(id, other) <= 0 ? id : other;
}

async function trimBelow(redis: Redis, stream: string, id: string): Promise<number> {
  return await redis.xtrim(stream, 'MINID', id);
}

async function idAfter(redis: Redis, stream: string, count: number): Promise<string | undefined> {
  const page = await redis.xrange(stream, '-', '+', 'COUNT', count + 1);
  return page.at(-1)?.[0];
}
