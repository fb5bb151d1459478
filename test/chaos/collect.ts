import type { Redis } from 'ioredis';
import { fieldsOf } from '../../schemas/wire.ts';
import { DECISIONS, inputs, outputs, type ReadBy, readers, SYMBOLS } from './names.ts';
import type { Decision, Entry, KeptAsk, Lookups, SourceOfWork, Witness } from './oracle/witness.ts';

const PAGE = 1_000;
const ASKED = 'quantum:governor:asked:';

/** Reads everything that was written. Nothing must move any more. */
export async function collect(
  redis: Redis,
  { deleted, deletedEvents, killed, told }: Pick<Witness, 'deleted' | 'deletedEvents' | 'killed' | 'told'>,
): Promise<Witness> {
  const sources: SourceOfWork[] = [];
  for (const reader of readers) sources.push(await sourceOf(redis, reader));
  const written = new Map<string, readonly Entry[]>();
  for (const key of Object.values(outputs)) written.set(key, await entriesOf(redis, key));
  return {
    sources,
    decisions: await pagesOf(redis, DECISIONS, decisionOf),
    outputs: written,
    deleted,
    deletedEvents,
    killed,
    snapshots: await entriesOf(redis, inputs.snapshots),
    results: await entriesOf(redis, inputs.results),
    openedMs: await openedMs(redis),
    permits: await suffixesOf(redis, 'quantum:permit:'),
    blocks: await suffixesOf(redis, 'quantum:governor:block:'),
    told,
    kept: await keptAsks(redis),
    lookups: await lookupsOf(redis, written.get(outputs.heatDecisions) ?? []),
  };
}

/** What a group has not finished: entries pending, and whether any were never delivered. */
export async function leftOver(
  redis: Redis,
  { stream, group }: ReadBy,
): Promise<{ pending: number; waiting: boolean }> {
  if ((await redis.exists(stream)) === 0) return { pending: 0, waiting: false };
  const groups = (await redis.xinfo('GROUPS', stream)) as (string | number)[][];
  const about = groups.map(pairs).find(({ name }) => name === group);
  const [newest] = await redis.xrevrange(stream, '+', '-', 'COUNT', 1);
  if (about === undefined) return { pending: 0, waiting: newest !== undefined };
  const rest = await redis.xrange(stream, `(${about['last-delivered-id']}`, '+', 'COUNT', 1);
  return { pending: Number(about.pending), waiting: rest.length > 0 };
}

async function sourceOf(redis: Redis, reader: ReadBy): Promise<SourceOfWork> {
  const { handler, stream, logs } = reader;
  const entries = await entriesOf(redis, stream);
  const deadLetters = await entriesOf(redis, `${stream}.dlq`);
  return { handler, stream, logs, entries, deadLetters, ...(await leftOver(redis, reader)) };
}

function entriesOf(redis: Redis, key: string): Promise<Entry[]> {
  return pagesOf(redis, key, (entry) => entry);
}

async function pagesOf<T>(redis: Redis, key: string, keep: (entry: Entry) => T): Promise<T[]> {
  const kept: T[] = [];
  for (let after = '-'; ; ) {
    const page = await redis.xrange(key, after, '+', 'COUNT', PAGE);
    for (const [id, flat] of page) kept.push(keep({ id, fields: fieldsOf(flat) }));
    const last = page.at(-1);
    if (last === undefined) return kept;
    after = `(${last[0]}`;
  }
}

function decisionOf({ id, fields }: Entry): Decision {
  return {
    id,
    verdict: fields.verdict ?? '',
    reason: fields.reason ?? '',
    handler: fields.handler ?? '',
    sourceId: fields.source_id ?? '',
    planId: fields.plan_id ?? '',
    symbol: fields.symbol ?? '',
    action: fields.action ?? '',
    judgedSec: Number(fields.timestamp),
    outputs: (fields.outputs ?? '').split(',').filter((output) => output !== ''),
  };
}

async function openedMs(redis: Redis): Promise<ReadonlyMap<string, number>> {
  const flat = await redis.zrange('quantum:governor:execs', 0, -1, 'WITHSCORES');
  const opened = new Map<string, number>();
  for (let at = 0; at + 1 < flat.length; at += 2) opened.set(flat[at]?.split(':')[1] ?? '', Number(flat[at + 1]));
  return opened;
}

/** The names below a prefix of keys that hold text; what a fault put in the way holds none. */
async function suffixesOf(redis: Redis, prefix: string): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for await (const keys of redis.scanStream({ match: `${prefix}*`, count: PAGE, type: 'string' })) {
    for (const key of keys as string[]) found.add(key.slice(prefix.length));
  }
  return found;
}

/** The permits that are kept for a repeat; what an ended ask leaves is no permit. */
async function keptAsks(redis: Redis): Promise<readonly KeptAsk[]> {
  const kept: KeptAsk[] = [];
  for (const planId of await suffixesOf(redis, ASKED)) {
    const key = `${ASKED}${planId}`;
    const [[, text] = [], [, endsMs] = []] = (await redis.multi().get(key).pexpiretime(key).exec()) ?? [];
    const [, expires] = /^\{"expires_at":(\d+)/.exec(String(text)) ?? [];
    if (expires === undefined) continue;
    kept.push({ key, endsMs: Number(endsMs) < 0 ? undefined : Number(endsMs), expiresAtSec: Number(expires) });
  }
  return kept;
}

async function lookupsOf(redis: Redis, decisions: readonly Entry[]): Promise<Lookups> {
  const plans = [...new Set(decisions.map(({ fields }) => fields.plan_id ?? ''))];
  const latestPlan = new Map<string, string>();
  for (const symbol of SYMBOLS) {
    const plan = await redis.get(`quantum:harvest:heat:latest_plan_id:${symbol}`);
    if (plan !== null) latestPlan.set(symbol, plan);
  }
  return {
    byPlan: await hashesOf(redis, 'quantum:harvest:heat:by_plan:', plans),
    latest: await hashesOf(redis, 'quantum:harvest:heat:latest:', SYMBOLS),
    latestPlan,
  };
}

async function hashesOf(redis: Redis, prefix: string, names: readonly string[]): Promise<Lookups['byPlan']> {
  const hashes = new Map<string, Readonly<Record<string, string>>>();
  for (let from = 0; from < names.length; from += PAGE) {
    const page = names.slice(from, from + PAGE);
    const pipeline = redis.pipeline();
    for (const name of page) pipeline.hgetall(`${prefix}${name}`);
    const replies = (await pipeline.exec()) ?? [];
    for (const [at, name] of page.entries()) {
      const [error, fields] = replies[at] ?? [];
      if (error === null && Object.keys(fields as object).length > 0)
        hashes.set(name, fields as Record<string, string>);
    }
  }
  return hashes;
}

function pairs(flat: readonly (string | number)[]): Record<string, string | number> {
  const about: Record<string, string | number> = {};
  for (let at = 0; at + 1 < flat.length; at += 2) about[String(flat[at])] = flat[at + 1] ?? '';
  return about;
}
