import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { isByPlan, keyForPlan, type Lookup } from '../../../handlers/contract/lookup.ts';
import { inOrder } from '../../../handlers/contract/streams.ts';
import { keys, runtimeKeys, streams } from '../../../schemas/keys.ts';
import { outstandingMembers } from '../../../schemas/outstanding.ts';
import { type Fields, fieldsOf } from '../../../schemas/wire.ts';
import { redisNowMs } from '../../redis/clock.ts';
import { isWrongType } from '../../redis/problem.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { FactsJoin } from '../decisions/facts-join.ts';
import { decisionsOfPlan } from './plan-index.ts';
import { rangesOf } from './ranges.ts';
import { type Reading, readingsOf } from './reading.ts';
import { entriesOfPlan, type Searched, type SearchRange, type StreamEntry } from './search.ts';

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

/** A lookup of the plan that is there. */
export interface KeptLookup {
  /** What is told of it, and the handler whose decision it keeps. */
  readonly told: string;
  readonly of: string;
  readonly fields: Fields;
  /** Seconds for which it is kept yet. */
  readonly leftSec: number;
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
  /** What gates keep of it for lookup. */
  readonly lookups: readonly KeptLookup[];
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
  /** What other gates were asked about the plan, by the names of their streams. */
  readonly asked: ReadonlyMap<string, readonly StreamEntry[]>;
  readonly deadLetters: readonly TracedDeadLetter[];
  /** How far the gates are with each proposal, plan and entry asked about that no decision found is about, by `entryKey`. */
  readonly readings: ReadonlyMap<string, Reading>;
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
 * Gathers what Redis knows of a plan and writes nothing: decisions from the newest back, by the index of plans unless a
 * bound is given, and near them (everywhere, where there are none) the streams before and after the gates.
 */
export async function tracesOf(
  redis: Redis,
  portfolio: Portfolio,
  handlers: readonly AnyHandler[],
  planId: string,
  options: TraceOptions,
): Promise<Traces> {
  const deadlineMs = performance.now() + options.withinMs;
  const bounded = options.sinceMs !== undefined;
  const oldest = options.sinceMs === undefined ? '-' : String(Math.max(0, Math.floor(options.sinceMs)));
  const nowMs = await redisNowMs(redis);
  const at = (stream: string) => portfolio.streamKey(stream);
  const log = await logOf(redis, portfolio, planId, { newest: '+', oldest, deadlineMs, anHourIsEnough: !bounded });
  const logged = await new FactsJoin(redis, portfolio).join(log.entries);
  const ranges = rangesOf(log.entries, { oldest, deadlineMs, bounded });
  const searched = [log.searched];
  const readings = readingsBeside(redis, portfolio, handlers, log.entries);
  const searchIn = async (stream: string, range: SearchRange | undefined) => {
    if (range === undefined) return [];
    const found = await entriesOfPlan(redis, stream, planId, range);
    searched.push(found.searched);
    return found.entries;
  };
  const deadLetters: TracedDeadLetter[] = [];
  const further = furtherInputs(handlers);
  for (const stream of [streams.proposals, streams.plans, ...further]) {
    const found = await searchIn(portfolio.deadLetters(at(stream)), ranges.inputs);
    deadLetters.push(...found.map((entry) => ({ ...entry, stream })));
  }
  const results = await searchIn(at(streams.results), ranges.results);
  const asked = new Map<string, readonly StreamEntry[]>();
  for (const stream of further) asked.set(stream, await searchIn(at(stream), ranges.inputs));
  const events = await searchIn(at(streams.governorEvents), ranges.events(results));
  const proposals = await searchIn(at(streams.proposals), ranges.inputs);
  const plans = await searchIn(at(streams.plans), ranges.inputs);
  return {
    planId,
    nowMs,
    results,
    events,
    proposals,
    plans,
    asked,
    deadLetters,
    readings: await readings([[streams.proposals, proposals], [streams.plans, plans], ...asked]),
    decisions: await Promise.all(logged.map((entry) => decisionOf(redis, portfolio, entry))),
    keys: await keysOf(redis, portfolio, planId, log.entries, handlers),
    searched,
  };
}

type StreamEntries = readonly (readonly [stream: string, entries: readonly StreamEntry[]])[];

/** Asks how far the gates are with the entries of streams that none of these decisions is about. */
function readingsBeside(
  redis: Redis,
  portfolio: Portfolio,
  handlers: readonly AnyHandler[],
  decisions: readonly StreamEntry[],
): (inputs: StreamEntries) => Promise<ReadonlyMap<string, Reading>> {
  const decided = new Set(decisions.map(({ fields }) => fields.source_id));
  return async (inputs) => {
    const readings = inputs.map(async ([stream, entries]) => {
      const open = entries.filter(({ id }) => !decided.has(id));
      return await readingsOf(redis, portfolio, handlers, stream, open);
    });
    return new Map((await Promise.all(readings)).flatMap((found) => [...found]));
  };
}

/** The streams, besides those of the contract, in which gates are asked about plans. */
function furtherInputs(handlers: readonly AnyHandler[]): readonly string[] {
  const known: readonly string[] = [streams.proposals, streams.plans, streams.results];
  const asked = inOrder(handlers).flatMap(({ on, input }) => {
    return on.kind === 'stream' && input !== undefined && 'plan_id' in input.fields ? [on.stream] : [];
  });
  return [...new Set(asked)].filter((stream) => !known.includes(stream));
}

/** With a bound of one's own every entry is looked at: the index may miss what another version of the program decided. */
async function logOf(redis: Redis, portfolio: Portfolio, planId: string, range: SearchRange) {
  const log = portfolio.streamKey(streams.decisions);
  if (range.anHourIsEnough !== true) return await entriesOfPlan(redis, log, planId, range);
  return await decisionsOfPlan(redis, { log, index: portfolio.key(runtimeKeys.planIndex) }, planId, range);
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

/** Commands about the governor's own keys. */
const FIXED = 5;

async function keysOf(
  redis: Redis,
  portfolio: Portfolio,
  planId: string,
  decisions: readonly StreamEntry[],
  handlers: readonly AnyHandler[],
): Promise<PlanKeys> {
  const {
    symbol = '',
    action = '',
    strategy,
  } = decisions.findLast(({ fields }) => fields.handler === 'governor')?.fields ?? {};
  const pipeline = redis.pipeline();
  pipeline.pttl(portfolio.key(keys.permit(planId)));
  pipeline.exists(portfolio.key(keys.block(planId)));
  pipeline.get(portfolio.key(keys.permitted(planId)));
  pipeline.zmscore(portfolio.key(keys.outstanding), ...outstandingMembers({ planId, symbol, action, strategy }));
  pipeline.hexists(portfolio.key(keys.reserved), planId);
  const kept = lookupsByPlan(handlers);
  for (const { lookup } of kept) {
    const key = portfolio.key(keyForPlan(lookup, planId));
    pipeline.hgetall(key);
    pipeline.ttl(key);
  }
  const replies = (await pipeline.exec()) ?? [];
  const reply = <T>(at: number, otherwise: T): T => {
    const [error, value] = replies[at] ?? [null, null];
    if (error !== null && !isWrongType(error)) throw error;
    return error !== null || value === null ? otherwise : (value as T);
  };
  const permitLeftMs = reply<number>(0, -2);
  return {
    permitLeftMs: permitLeftMs === -2 ? undefined : Math.max(0, permitLeftMs),
    blocked: reply<number>(1, 0) === 1,
    permittedBy: reply<string | undefined>(2, undefined),
    outstanding: reply<readonly (string | null)[]>(3, []).some((score) => score !== null),
    reserved: reply<number>(4, 0) === 1,
    lookups: kept.flatMap(({ told, of }, at) => {
      const fields = fieldsOf(Object.entries(reply<Record<string, string>>(FIXED + 2 * at, {})).flat());
      const leftSec = reply(FIXED + 2 * at + 1, 0);
      return Object.keys(fields).length === 0 ? [] : [{ told, of, fields, leftSec }];
    }),
  };
}

/** The lookups by plan that these handlers keep, with what is told of each. */
function lookupsByPlan(
  handlers: readonly AnyHandler[],
): readonly (Pick<KeptLookup, 'told' | 'of'> & { lookup: Lookup })[] {
  return inOrder(handlers).flatMap(({ name, gate, lookups = [] }) =>
    lookups.filter(isByPlan).map((lookup) => {
      const { told = `${gate} keeps it for lookup`, of = name } = lookup;
      return { lookup, told, of };
    }),
  );
}
