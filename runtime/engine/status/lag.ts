import type { Redis } from 'ioredis';
import type { Count } from '../../../handlers/contract/effects.ts';
import type { MetricSpec } from '../../../handlers/contract/handler.ts';
import { compareStreamIds, streamIdMs } from '../../../schemas/time.ts';
import { luaScript, runScript } from '../../redis/lua.ts';

/** What is measured: a group of a stream, both by their whole names. */
export interface LagTarget {
  readonly stream: string;
  readonly group: string;
  /** Whole key of the stream's dead letters, where it is not the stream's with `.dlq`. */
  readonly deadLetters?: string;
}

/**
 * Where the number of undelivered entries comes from: nothing is there to lag behind (`none`), the ids alone tell
 * (`ids`), Redis's own `lag` (`lag`), or, where Redis cannot say, a count of at most 1,000 entries (`counted`).
 */
export type LagSource = 'none' | 'ids' | 'lag' | 'counted';

/** How far a group is behind its stream. Ages are in milliseconds by Redis's clock. */
export interface Lag {
  /** How long the oldest undelivered entry has been waiting; 0 when none is. */
  readonly ageMs: number;
  /** Entries delivered and not yet acknowledged. */
  readonly pending: number;
  readonly undelivered: number;
  /** How long ago the oldest pending entry was written; 0 when none is pending. */
  readonly oldestPendingMs: number;
  readonly deadLetters: number;
  /** `0-0` before the first delivery. */
  readonly lastDeliveredId: string;
  readonly source: LagSource;
}

/** Gauges of the lag of every lane that reads a stream. */
export const LAG_METRICS: readonly MetricSpec[] = [
  gauge('portcullis_lag_seconds', 'How long the oldest undelivered entry has been waiting'),
  gauge('portcullis_undelivered', 'Entries not yet delivered to the group'),
  gauge('portcullis_pending', 'Entries delivered and not yet acknowledged'),
  gauge('portcullis_oldest_pending_seconds', 'How long ago the oldest pending entry was written'),
  gauge('portcullis_dead_letters', 'Entries in the dead-letter stream'),
];

const COUNT_LIMIT = 1000;
const AFTER = luaScript('portcullisAfter', new URL('./after.lua', import.meta.url));

interface StreamState {
  readonly nowMs: number;
  readonly length: number;
  readonly firstId: string | undefined;
  readonly lastGeneratedId: string;
  readonly lastDeliveredId: string;
  /** Redis's own count; null when it lost track (after XDEL or trimming). */
  readonly lag: number | null;
}

/** What of a lag the gauges show. */
type ShownLag = Pick<Lag, 'ageMs' | 'undelivered' | 'pending' | 'oldestPendingMs' | 'deadLetters'>;

/** The gauge values of a lane that has nothing waiting and nothing pending. */
export function noLagGauges(handler: string, deadLetters: number): readonly Count[] {
  return lagGauges(handler, { ageMs: 0, undelivered: 0, pending: 0, oldestPendingMs: 0, deadLetters });
}

/** The gauge values of a lane's lag. */
export function lagGauges(handler: string, lag: ShownLag): readonly Count[] {
  const labels = { handler };
  return [
    { metric: 'portcullis_lag_seconds', labels, set: lag.ageMs / 1000 },
    { metric: 'portcullis_undelivered', labels, set: lag.undelivered },
    { metric: 'portcullis_pending', labels, set: lag.pending },
    { metric: 'portcullis_oldest_pending_seconds', labels, set: lag.oldestPendingMs / 1000 },
    { metric: 'portcullis_dead_letters', labels, set: lag.deadLetters },
  ];
}

/** Measures how far a group is behind its stream, in at most two round trips. A stream or group that is missing lags by nothing it has not. */
export async function measureLag(redis: Redis, target: LagTarget): Promise<Lag> {
  const [lag] = await measureLags(redis, [target]);
  return lag as Lag;
}

/** The same for several groups, in one round trip and one more for each that has something waiting. */
export async function measureLags(redis: Redis, targets: readonly LagTarget[]): Promise<Lag[]> {
  const pipeline = redis.pipeline();
  for (const { stream, group, deadLetters = `${stream}.dlq` } of targets) {
    pipeline.time().xinfo('STREAM', stream).xinfo('GROUPS', stream).xpending(stream, group).xlen(deadLetters);
  }
  const replies = ((await pipeline.exec()) ?? []).map(valueOrMissing);
  const asked = replies.length / targets.length;
  return await Promise.all(
    targets.map((target, at) => lagFrom(redis, target, replies.slice(at * asked, (at + 1) * asked))),
  );
}

async function lagFrom(redis: Redis, { stream, group }: LagTarget, replies: readonly unknown[]): Promise<Lag> {
  const [time, info, groups, pending, deadLetters] = replies;
  const nowMs = redisTimeMs(time as [string, string]);
  const state = streamState(nowMs, info, groups, group);
  const waiting = state === undefined ? NOTHING_WAITING : await undeliveredOf(redis, stream, state);
  return {
    ...waiting,
    ...pendingOf(pending, nowMs),
    deadLetters: Number(deadLetters ?? 0),
    lastDeliveredId: state?.lastDeliveredId ?? '0-0',
  };
}

type Waiting = Pick<Lag, 'ageMs' | 'undelivered' | 'source'>;

const NOTHING_WAITING: Waiting = { ageMs: 0, undelivered: 0, source: 'none' };

async function undeliveredOf(redis: Redis, stream: string, state: StreamState): Promise<Waiting> {
  const known = knownUndelivered(state);
  if (known?.undelivered === 0) return { ageMs: 0, ...known };
  const limit = known === undefined ? COUNT_LIMIT : 1;
  const [found, firstId] = (await runScript(redis, AFTER, [stream], [state.lastDeliveredId, limit])) as [
    number,
    string,
  ];
  if (found === 0) return { ageMs: 0, undelivered: 0, source: 'ids' };
  const ageMs = Math.max(0, state.nowMs - streamIdMs(firstId));
  return { ageMs, ...(known ?? { undelivered: found, source: 'counted' }) };
}

/** The number of undelivered entries where ids or Redis's own count tell it, else `undefined`. */
export function knownUndelivered(
  state: Omit<StreamState, 'nowMs'>,
): { readonly undelivered: number; readonly source: LagSource } | undefined {
  if (compareStreamIds(state.lastDeliveredId, state.lastGeneratedId) >= 0) return { undelivered: 0, source: 'ids' };
  if (state.firstId === undefined) return { undelivered: 0, source: 'ids' };
  if (compareStreamIds(state.lastDeliveredId, state.firstId) < 0) return { undelivered: state.length, source: 'ids' };
  return state.lag === null ? undefined : { undelivered: Math.min(state.lag, state.length), source: 'lag' };
}

function streamState(nowMs: number, info: unknown, groups: unknown, name: string): StreamState | undefined {
  if (info === undefined) return undefined;
  const stream = named(info);
  const group = ((groups ?? []) as unknown[]).map(named).find((one) => one.get('name') === name);
  const first = stream.get('first-entry') as [string, unknown] | null;
  return {
    nowMs,
    length: Number(stream.get('length')),
    firstId: first?.[0],
    lastGeneratedId: String(stream.get('last-generated-id')),
    lastDeliveredId: String(group?.get('last-delivered-id') ?? '0-0'),
    lag: (group?.get('lag') ?? null) as number | null,
  };
}

function pendingOf(reply: unknown, nowMs: number): Pick<Lag, 'pending' | 'oldestPendingMs'> {
  const [pending, oldestId] = (reply ?? [0, null]) as [number, string | null];
  return { pending, oldestPendingMs: oldestId === null ? 0 : Math.max(0, nowMs - streamIdMs(oldestId)) };
}

function valueOrMissing([error, value]: [Error | null, unknown]): unknown {
  if (error === null) return value;
  if (/no such key|NOGROUP|WRONGTYPE/.test(error.message)) return undefined;
  throw error;
}

function redisTimeMs([seconds, micros]: readonly [string, string]): number {
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
}

function named(flat: unknown): ReadonlyMap<string, unknown> {
  const reply = flat as readonly unknown[];
  const map = new Map<string, unknown>();
  for (let i = 0; i + 1 < reply.length; i += 2) map.set(String(reply[i]), reply[i + 1]);
  return map;
}

function gauge(name: string, help: string): MetricSpec {
  return { name, type: 'gauge', acrossPortfolios: 'max', help, labels: ['handler'] };
}
