import type { Redis } from 'ioredis';
import { HOUR_MS } from '../../../schemas/duration.ts';
import { streamIdMs, timeOf } from '../../../schemas/time.ts';
import { type Fields, fieldsOf } from '../../../schemas/wire.ts';
import { firstId, liesBelow } from '../../redis/entries-back.ts';
import { luaScript, runScript } from '../../redis/lua.ts';
import { isWrongType } from '../../redis/problem.ts';

/** Entries that one call looks at: about a millisecond of Redis's time with decisions of a few kilobytes, and with the short entries of most streams, of which so many more are taken. */
const PAGES = { least: 50, most: 400 };
const PAGE_BYTES = 64_000;

const SEARCH = luaScript('portcullisSearch', new URL('./search.lua', import.meta.url));

/** An entry of a stream. */
export interface StreamEntry {
  readonly id: string;
  readonly fields: Fields;
}

/** Whole Unix seconds of an entry: its own time, else that of its id. */
export function atOf({ id, fields }: StreamEntry): number {
  return Math.floor((timeOf(fields) ?? streamIdMs(id)) / 1000);
}

/** Where to look: ids or milliseconds of ids as `XREVRANGE` takes them, both included; nothing is asked for after `deadlineMs` (of `performance.now`). */
export interface SearchRange {
  readonly newest: string;
  readonly oldest: string;
  readonly deadlineMs: number;
  /** Look no further back than an hour before the oldest entry found. */
  readonly anHourIsEnough?: boolean;
}

/** How far a search went through a stream. */
export interface Searched {
  readonly stream: string;
  /** Entries looked at. */
  readonly entries: number;
  /** Whole Unix seconds of the oldest entry looked at; null without any. */
  readonly back_to: number | null;
  /** False when time ran out before everything asked for was looked at. */
  readonly finished: boolean;
}

type SearchPage = readonly [read: number, lastId: string, found: readonly [string, string[]][], bytes: number];

/** The entries of a plan in a stream, oldest first, searched from the newest back; a key of another type holds none. */
export async function entriesOfPlan(
  redis: Redis,
  stream: string,
  planId: string,
  range: SearchRange,
): Promise<{ readonly entries: readonly StreamEntry[]; readonly searched: Searched }> {
  const entries: StreamEntry[] = [];
  let { newest, oldest } = range;
  let read = 0;
  let lastId = '';
  const first = await firstOf(redis, stream);
  let finished = liesBelow(newest, first);
  let asked = PAGES.least;
  while (!finished && performance.now() < range.deadlineMs) {
    const [size, last, found, bytes] = await pageOf(redis, stream, [newest, oldest, planId, asked]);
    read += size;
    for (const [id, flat] of found) entries.push({ id, fields: fieldsOf(flat) });
    const oldestFound = found.at(-1)?.[0];
    if (range.anHourIsEnough === true && oldestFound !== undefined) oldest = later(oldest, oldestFound);
    if (last !== '') lastId = last;
    newest = `(${last}`;
    finished = size < asked || liesBelow(newest, first);
    asked = Math.min(PAGES.most, Math.max(PAGES.least, Math.floor((PAGE_BYTES * size) / Math.max(1, bytes))));
  }
  const backTo = lastId === '' ? null : Math.floor(streamIdMs(lastId) / 1000);
  return { entries: entries.reverse(), searched: { stream, entries: read, back_to: backTo, finished } };
}

/** The later of a bound and an hour before an entry. */
export function later(oldest: string, foundId: string): string {
  const anHourBefore = Math.max(0, streamIdMs(foundId) - HOUR_MS);
  return oldest === '-' || Number(oldest) < anHourBefore ? String(anHourBefore) : oldest;
}

/** The id of the first entry: whoever asks for what lies before it makes Redis go through the whole stream. */
async function firstOf(redis: Redis, stream: string): Promise<string | undefined> {
  try {
    return await firstId(redis, stream);
  } catch (error) {
    if (isWrongType(error)) return undefined;
    throw error;
  }
}

async function pageOf(redis: Redis, stream: string, args: readonly (string | number)[]): Promise<SearchPage> {
  try {
    return (await runScript(redis, SEARCH, [stream], args)) as SearchPage;
  } catch (error) {
    if (error instanceof Error && error.message.includes('WRONGTYPE')) return [0, '', [], 0];
    throw error;
  }
}
