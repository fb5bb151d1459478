import type { Redis } from 'ioredis';
import { keys, streams } from '../../../schemas/keys.ts';
import { streamIdMs } from '../../../schemas/time.ts';
import { type Fields, fieldsOf } from '../../../schemas/wire.ts';
import { redisNowMs } from '../../clock.ts';
import type { Portfolio } from '../../portfolio.ts';
import { entriesOfPlan, type Searched, type StreamEntry } from './search.ts';

const HOUR_MS = 3_600_000;

/** A decision about the plan, with the entry it was about where that is still there. */
export interface TracedDecision extends StreamEntry {
  readonly source: Fields | undefined;
  /** Entries this decision wrote that are needed to tell it, by the name of their stream. */
  readonly written: ReadonlyMap<string, Fields>;
}

/** What a dead-letter stream holds of the plan. */
export interface TracedDeadLetter extends StreamEntry {
  readonly stream: string;
}

/** Keys that speak of the plan now. */
export interface PlanKeys {
  /** Milliseconds for which the permit can still be taken; undefined without one. */
  readonly permitLeftMs: number | undefined;
  readonly blocked: boolean;
  /** Source id of the plan that was permitted within a day. */
  readonly permittedBy: string | undefined;
  /** Whether the governor still waits to see the permit taken or to take it back. */
  readonly outstanding: boolean;
  readonly reserved: boolean;
  /** The lookup that HeatBridge keeps, and for how many more seconds. */
  readonly lookup: { readonly fields: Fields; readonly leftSec: number } | undefined;
}

/** Everything that Redis knows of a plan. Entries are oldest first. */
export interface Traces {
  readonly planId: string;
  /** Unix ms by Redis's clock. */
  readonly nowMs: number;
  readonly decisions: readonly TracedDecision[];
  readonly events: readonly StreamEntry[];
  readonly results: readonly StreamEntry[];
  readonly proposals: readonly StreamEntry[];
  readonly plans: readonly StreamEntry[];
  readonly deadLetters: readonly TracedDeadLetter[];
  readonly keys: PlanKeys;
  readonly searched: readonly Searched[];
}

/** How far to look. */
export interface TraceOptions {
  /** Unix ms; without it as far as the streams go, but no further than an hour before the oldest decision found. */
  readonly sinceMs?: number;
  /** No further search begins after so many milliseconds. */
  readonly withinMs: number;
}

/**
 * Gathers what Redis knows of a plan and writes nothing: decisions from the newest back, and, in the hour around them
 * (everywhere, where there are none), the streams before and after the gates.
 */
export async function tracesOf(
  redis: Redis,
  portfolio: Portfolio,
  planId: string,
  options: TraceOptions,
): Promise<Traces> {
  const deadlineMs = performance.now() + options.withinMs;
  const oldest = options.sinceMs === undefined ? '-' : String(Math.max(0, Math.floor(options.sinceMs)));
  const nowMs = await redisNowMs(redis);
  const log = await entriesOfPlan(redis, portfolio.streamKey(streams.decisions), planId, {
    newest: '+',
    oldest,
    deadlineMs,
    anHourIsEnough: options.sinceMs === undefined,
  });
  const around = rangeAround(log.entries, oldest, deadlineMs);
  const searched = [log.searched];
  const searchIn = async (stream: string) => {
    const found = await entriesOfPlan(redis, stream, planId, around);
    searched.push(found.searched);
    return found.entries;
  };
  const at = (stream: string) => portfolio.streamKey(stream);
  const deadLetters: TracedDeadLetter[] = [];
  for (const stream of [streams.proposals, streams.plans]) {
    const found = await searchIn(`${at(stream)}.dlq`);
    deadLetters.push(...found.map((entry) => ({ ...entry, stream })));
  }
  return {
    planId,
    nowMs,
    events: await searchIn(at(streams.governorEvents)),
    results: await searchIn(at(streams.results)),
    proposals: await searchIn(at(streams.proposals)),
    plans: await searchIn(at(streams.plans)),
    deadLetters,
    decisions: await Promise.all(log.entries.map((entry) => decisionOf(redis, portfolio, entry))),
    keys: await keysOf(redis, portfolio, planId, log.entries),
    searched,
  };
}

/** From an hour before the oldest decision to an hour after the newest. */
function rangeAround(decisions: readonly StreamEntry[], oldest: string, deadlineMs: number) {
  const [first, last] = [decisions.at(0), decisions.at(-1)];
  if (first === undefined || last === undefined) return { newest: '+', oldest, deadlineMs };
  const from = Math.min(streamIdMs(first.id), streamIdMs(first.fields.source_id ?? first.id)) - HOUR_MS;
  return { newest: String(streamIdMs(last.id) + HOUR_MS), oldest: String(Math.max(0, from)), deadlineMs };
}

async function decisionOf(redis: Redis, portfolio: Portfolio, entry: StreamEntry): Promise<TracedDecision> {
  const { source_stream: stream = '', source_id: id = '', outputs = '' } = entry.fields;
  const written = new Map<string, Fields>();
  for (const output of outputs.split(',')) {
    const [key = '', outputId = ''] = output.split(' ');
    if (key !== portfolio.streamKey(streams.calibrated)) continue;
    const fields = await entryAt(redis, key, outputId);
    if (fields !== undefined) written.set(streams.calibrated, fields);
  }
  return { ...entry, source: await entryAt(redis, stream, id), written };
}

/** The entry of a stream with this id, where it is still there. */
async function entryAt(redis: Redis, stream: string, id: string): Promise<Fields | undefined> {
  if (stream === '' || id === '') return undefined;
  const [entry] = await redis.xrange(stream, id, id);
  return entry === undefined ? undefined : fieldsOf(entry[1]);
}

async function keysOf(
  redis: Redis,
  portfolio: Portfolio,
  planId: string,
  decisions: readonly StreamEntry[],
): Promise<PlanKeys> {
  const { symbol = '', action = '' } = decisions.findLast(({ fields }) => fields.handler === 'governor')?.fields ?? {};
  const pipeline = redis.pipeline();
  pipeline.pttl(portfolio.key(keys.permit(planId)));
  pipeline.exists(portfolio.key(keys.block(planId)));
  pipeline.get(portfolio.key(keys.permitted(planId)));
  pipeline.zscore(portfolio.key(keys.outstanding), `${planId}:${symbol}:${action}`);
  pipeline.hexists(portfolio.key(keys.reserved), planId);
  pipeline.hgetall(portfolio.key(keys.heatByPlan(planId)));
  pipeline.ttl(portfolio.key(keys.heatByPlan(planId)));
  const replies = (await pipeline.exec()) ?? [];
  const reply = <T>(at: number, otherwise: T): T => {
    const [error, value] = replies[at] ?? [null, null];
    if (error !== null && !error.message.startsWith('WRONGTYPE')) throw error;
    return error !== null || value === null ? otherwise : (value as T);
  };
  const lookup = fieldsOf(Object.entries(reply<Record<string, string>>(5, {})).flat());
  const permitLeftMs = reply<number>(0, -2);
  return {
    permitLeftMs: permitLeftMs === -2 ? undefined : Math.max(0, permitLeftMs),
    blocked: reply<number>(1, 0) === 1,
    permittedBy: reply<string | undefined>(2, undefined),
    outstanding: reply<string | undefined>(3, undefined) !== undefined,
    reserved: reply<number>(4, 0) === 1,
    lookup: Object.keys(lookup).length === 0 ? undefined : { fields: lookup, leftSec: reply(6, 0) },
  };
}
