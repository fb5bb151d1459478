import type { Redis } from 'ioredis';
import { HOUR_MS } from '../../../schemas/duration.ts';
import { luaScript, runScript } from '../../redis/lua.ts';
import type { EngineTimings } from '../status/timings.ts';
import type { LaneNames } from './identity.ts';

/** An entry that is pending for this worker, and how often it was delivered. */
export interface PendingEntry {
  readonly id: string;
  readonly deliveries: number;
}

/** Whether an error says that the stream or its group is not there any more (PITFALLS: FLUSHALL, failover). */
export function isGroupLost(error: unknown): boolean {
  return error instanceof Error && /NOGROUP|UNBLOCKED the stream key no longer exists/.test(error.message);
}

/** Whether an error is a passing one of the connection or of a server that just changed roles. */
export function isUnblocked(error: unknown): boolean {
  return error instanceof Error && /UNBLOCKED force unblock|^READONLY|^LOADING|^MASTERDOWN/.test(error.message);
}

/** The id right before a stream id. */
export function idBefore(id: string): string {
  const [ms, seq] = id.split('-') as [string, string];
  if (BigInt(seq) > 0n) return `${ms}-${BigInt(seq) - 1n}`;
  return BigInt(ms) === 0n ? '0-0' : `${BigInt(ms) - 1n}-18446744073709551615`;
}

const ENSURE_GROUP = luaScript('portcullisEnsureGroup', new URL('./ensure-group.lua', import.meta.url));

/**
 * Creates the group where it is missing: at the low-water mark when one is kept, else at the beginning, so that
 * nothing written before the first start is lost. A group that exists stays as it is and gets its mark. A mark of a
 * stream that is gone never puts it past what is written next.
 */
export async function ensureGroup(redis: Redis, names: LaneNames): Promise<'created' | 'kept'> {
  const [top, min] = await redis.hmget(names.mark, 'top', 'min');
  const start = min !== undefined && min !== null && min !== '' ? idBefore(min) : (top ?? '0');
  const keys = [names.stream, names.mark, names.finished];
  const done = await runScript(redis, ENSURE_GROUP, keys, [names.group, start]);
  return done as 'created' | 'kept';
}

/** Entries pending for this worker from `after` on, oldest first. */
export async function ownPending(
  redis: Redis,
  names: LaneNames,
  after: string,
  count: number,
): Promise<PendingEntry[]> {
  const rows = (await redis.xpending(names.stream, names.group, `(${after}`, '+', count, names.consumer)) as [
    string,
    string,
    number,
    number,
  ][];
  return rows.map(([id, , , deliveries]) => ({ id, deliveries }));
}

const CLAIMED_AT_ONCE = 1_000;

/** Takes over what other workers left, now and then. */
export class TakeOver {
  readonly #redis: Redis;
  readonly #names: LaneNames;
  readonly #everyMs: number;
  /** Only the reader is at work: what others hold was left by one that is gone. */
  readonly #minIdleMs: number;
  #cursor = '0-0';
  #atMs = Number.NEGATIVE_INFINITY;

  constructor(redis: Redis, names: LaneNames, { claimEveryMs, leaseMs }: EngineTimings) {
    this.#redis = redis;
    this.#names = names;
    this.#everyMs = claimEveryMs;
    this.#minIdleMs = leaseMs / 2;
  }

  /** Lets the next turn look at once. */
  hurry(): void {
    this.#atMs = Number.NEGATIVE_INFINITY;
  }

  /**
   * Every five seconds takes what was left for as long as half a lease, about a thousand at most, without counting a
   * delivery. Returns how many were taken, and how many were not in the stream any more.
   */
  async turn(): Promise<{ taken: number; trimmed: number }> {
    const all = { taken: 0, trimmed: 0 };
    if (performance.now() - this.#atMs < this.#everyMs) return all;
    const { stream, group, consumer } = this.#names;
    do {
      const args = [stream, group, consumer, this.#minIdleMs, this.#cursor, 'COUNT', 100, 'JUSTID'] as const;
      const [cursor, taken, trimmed] = (await this.#redis.xautoclaim(...args)) as [string, string[], string[]];
      this.#cursor = cursor;
      all.taken += taken.length;
      all.trimmed += trimmed.length;
    } while (this.#cursor !== '0-0' && all.taken < CLAIMED_AT_ONCE);
    this.#atMs = performance.now();
    return all;
  }
}

const RELEASED_IDLE_MS = HOUR_MS;

/** Makes what is still pending for this worker claimable at once; a worker that ends in order was not killed by it, so its deliveries do not count. */
export async function release(redis: Redis, names: LaneNames): Promise<number> {
  const pending = await ownPending(redis, names, '0-0', 1000);
  if (pending.length === 0) return 0;
  const ids = pending.map((entry) => entry.id);
  await redis.xclaim(
    names.stream,
    names.group,
    names.consumer,
    0,
    ...ids,
    'IDLE',
    RELEASED_IDLE_MS,
    'RETRYCOUNT',
    1,
    'JUSTID',
  );
  return ids.length;
}

const FORGET_CONSUMER = luaScript('portcullisForgetConsumer', new URL('./forget-consumer.lua', import.meta.url));

/** Forgets a consumer of a worker that is gone, unless something is pending for it. */
export async function forgetConsumer(redis: Redis, names: LaneNames, consumer: string): Promise<void> {
  const keys = [names.stream, names.consumers];
  await runScript(redis, FORGET_CONSUMER, keys, [names.group, consumer]);
}

/** A consumer of a lane's group, as Redis knows it. */
export interface Consumer {
  readonly name: string;
  readonly pending: number;
  readonly idleMs: number;
}

/** The consumers of a group; none when stream or group are missing. */
export async function consumersOf(redis: Redis, stream: string, group: string): Promise<Consumer[]> {
  try {
    const rows = (await redis.xinfo('CONSUMERS', stream, group)) as (string | number)[][];
    return rows.map((flat) => ({
      name: String(flat[flat.indexOf('name') + 1]),
      pending: Number(flat[flat.indexOf('pending') + 1]),
      idleMs: Number(flat[flat.indexOf('idle') + 1]),
    }));
  } catch (error) {
    if (error instanceof Error && /NOGROUP|no such key/i.test(error.message)) return [];
    throw error;
  }
}
