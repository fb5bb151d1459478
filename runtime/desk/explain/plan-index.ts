import type { Redis } from 'ioredis';
import { compareStreamIds, streamIdMs } from '../../../schemas/time.ts';
import { firstId, liesBelow } from '../../redis/entries-back.ts';
import { luaScript, runScript } from '../../redis/lua.ts';
import { entriesOfPlan, later, type Searched, type SearchRange, type StreamEntry } from './search.ts';

/** Commits that one call looks at, so that it takes under a millisecond of Redis's time: of up to 50 plans each, or of few. */
const PAGES = { full: 100, sparse: 400 };
const FEW_PLANS = 4;

const FIND = luaScript('portcullisFindPlan', new URL('./find-plan.lua', import.meta.url));

type IndexPage = readonly [
  size: number,
  lastId: string,
  decisions: number,
  from: string,
  found: readonly (readonly [string, string])[],
];

/** The decision log of a portfolio, and the index of the plans in it. */
export interface IndexedLog {
  readonly log: string;
  readonly index: string;
}

/** What the index knows of a plan, newest first, and how far it reaches back. */
interface Indexed {
  /** First and last entry of each commit that decided about the plan. */
  readonly commits: readonly (readonly [string, string])[];
  /** Entries of the log that the index stands for. */
  readonly decisions: number;
  /** Oldest entry of the log that it knows of; empty without any. */
  readonly from: string;
  readonly oldest: string;
  readonly finished: boolean;
}

/**
 * The decisions about a plan, oldest first, by the index of plans; entries from before there was one are searched like
 * every stream.
 */
export async function decisionsOfPlan(
  redis: Redis,
  { log, index }: IndexedLog,
  planId: string,
  range: SearchRange,
): Promise<{ readonly entries: readonly StreamEntry[]; readonly searched: Searched }> {
  const indexed = await commitsOfPlan(redis, index, planId, range);
  const entries: StreamEntry[] = [];
  for (const [from, to] of indexed.commits) {
    const found = await entriesOfPlan(redis, log, planId, { newest: to, oldest: from, deadlineMs: range.deadlineMs });
    entries.unshift(...found.entries);
  }
  const { decisions, from, finished, oldest } = indexed;
  const known = await stillThere(redis, log, { entries: decisions, from, finished });
  if (!finished || !(await reachesFurther(redis, log, indexed))) return { entries, searched: known };
  const before = { ...range, newest: from === '' ? range.newest : `(${from}`, oldest };
  const older = await entriesOfPlan(redis, log, planId, before);
  const { searched } = older;
  return {
    entries: [...older.entries, ...entries],
    searched: { ...searched, entries: known.entries + searched.entries, back_to: searched.back_to ?? known.back_to },
  };
}

/** The index may reach further back than the log, which is trimmed by itself too: what is gone was not looked at. */
async function stillThere(
  redis: Redis,
  log: string,
  { entries, from, finished }: { readonly entries: number; readonly from: string; readonly finished: boolean },
): Promise<Searched> {
  if (from === '') return { stream: log, entries, back_to: null, finished };
  const isLog = (await redis.type(log)) === 'stream';
  const [first] = isLog ? await redis.xrange(log, '-', '+', 'COUNT', 1) : [];
  if (first === undefined) return { stream: log, entries: 0, back_to: null, finished };
  const trimmed = compareStreamIds(first[0], from) > 0;
  const kept = trimmed ? Math.min(entries, await redis.xlen(log)) : entries;
  return { stream: log, entries: kept, back_to: secondsOf(trimmed ? first[0] : from), finished };
}

async function commitsOfPlan(redis: Redis, index: string, planId: string, range: SearchRange): Promise<Indexed> {
  const commits: (readonly [string, string])[] = [];
  let { newest, oldest } = range;
  const first = (await redis.type(index)) === 'stream' ? await firstId(redis, index) : undefined;
  let [decisions, from, finished] = [0, '', liesBelow(newest, first)];
  let asked = PAGES.full;
  while (!finished && performance.now() < range.deadlineMs) {
    const [size, last, counted, reached, found] = await pageOf(redis, index, [newest, oldest, ` ${planId} `, asked]);
    commits.push(...found);
    decisions += counted;
    if (reached !== '') from = reached;
    const oldestFound = found.at(-1)?.[0];
    if (range.anHourIsEnough === true && oldestFound !== undefined) oldest = later(oldest, oldestFound);
    newest = `(${last}`;
    finished = size < asked || liesBelow(newest, first);
    asked = counted <= size * FEW_PLANS ? PAGES.sparse : PAGES.full;
  }
  return { commits, decisions, from, oldest, finished };
}

/** Whether the log begins before the index does, and that part is asked for. */
async function reachesFurther(redis: Redis, log: string, { from, oldest }: Indexed): Promise<boolean> {
  if (from === '') return true;
  if ((await redis.type(log)) !== 'stream') return false;
  const [first] = await redis.xrange(log, oldest, '+', 'COUNT', 1);
  return first !== undefined && compareStreamIds(first[0], from) < 0;
}

async function pageOf(redis: Redis, index: string, args: readonly (string | number)[]): Promise<IndexPage> {
  return (await runScript(redis, FIND, [index], args)) as IndexPage;
}

function secondsOf(id: string): number {
  return Math.floor(streamIdMs(id) / 1000);
}
