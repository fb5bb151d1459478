import { createHash } from 'node:crypto';
import { appendFile, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { DAY_MS, DAY_SEC } from '../../../schemas/duration.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import { luaScript, runScript } from '../../redis/lua.ts';
import { errorText, isUnreadable } from '../../redis/problem.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import type { TimeRange } from '../decisions/decision-export.ts';
import type { TimedReplay } from './index.ts';
import type { ReplayRules } from './rules.ts';

/** More than so many are not told apart, and they are kept for so long after the last. */
const MOST = 10_000;
const KEPT_MS = 400 * DAY_MS;

/** The last day of a policy that is tried still: later than any. */
const STILL = 9_999_999;

/** Where the tries on the decisions of a file are kept: beside it, so of a kept run in its folder. */
export const TRIES_FILE = 'portcullis-tries.jsonl';

const NOTE = luaScript('portcullisNoteTry', new URL('./note-try.lua', import.meta.url));

/** By what the decisions of a gate were judged again, and on which days; a policy is its settings and its mode. */
export interface Try {
  readonly gate: string;
  /** SHA-256 of the policy. */
  readonly policy: string;
  /** First and last, Unix days. */
  readonly days: readonly [first: number, last: number];
}

/** Where it is kept which policies were tried on which days. */
export interface TriesKept {
  note(one: Try): Promise<void>;
  /** The distinct policies of a gate that were tried on days of a time, by their SHA-256; null where that cannot be read. */
  on(gate: string, range: TimeRange): Promise<ReadonlySet<string> | null>;
}

/** What was tried in any of several places; null where one of them cannot be read. */
export function triesIn(places: readonly Pick<TriesKept, 'on'>[]): Pick<TriesKept, 'on'> {
  return {
    async on(gate, range) {
      const found = await Promise.all(places.map((place) => place.on(gate, range)));
      return found.some((tried) => tried === null) ? null : new Set(found.flatMap((tried) => [...(tried ?? [])]));
    },
  };
}

/** Tries on the log in Redis. */
export function redisTries(redis: Redis, portfolio: Portfolio): TriesKept {
  const keyOf = (gate: string) => portfolio.key(runtimeKeys.tries(gate));
  return {
    async note({ gate, policy, days }) {
      await noteIn(redis, keyOf(gate), { days, policies: [policy] });
    },
    async on(gate, range) {
      try {
        const spans = Object.entries(await redis.hgetall(keyOf(gate)));
        const on = spans.filter(([, days]) => {
          const [first = Number.NaN, last = Number.NaN] = days.split(' ').map(Number);
          return meets([first, last], range);
        });
        return new Set(on.map(([policy]) => policy));
      } catch (error) {
        if (isUnreadable(error)) return null;
        throw error;
      }
    },
  };
}

/**
 * Notes from when on a candidate is judged by, beside what is in force then; none where it was taken away. The one before
 * it was tried up to this day. Answers why it could not be noted, or nothing.
 */
export async function noteCandidate(
  { redis, portfolio, nowMs }: { readonly redis: Redis; readonly portfolio: Portfolio; readonly nowMs: number },
  gate: string,
  rules: readonly Pick<ReplayRules, 'settings' | 'mode'>[],
): Promise<string | undefined> {
  const policies = rules.map(({ settings, mode }) => hashOf({ settings, mode }));
  const today = Math.floor(nowMs / DAY_MS);
  try {
    const key = portfolio.key(runtimeKeys.tries(gate));
    await noteIn(redis, key, { days: [today, STILL], policies, endsStill: true });
    return undefined;
  } catch (error) {
    return errorText(error);
  }
}

/** Policies of a gate on these days; with `endsStill` those that were tried still end with the first of them. */
interface Noted {
  readonly days: Try['days'];
  readonly policies: readonly string[];
  readonly endsStill?: boolean;
}

async function noteIn(redis: Redis, key: string, { days, policies, endsStill = false }: Noted): Promise<void> {
  const ends = endsStill ? String(STILL) : '';
  const args = [...days.map(String), String(MOST), String(KEPT_MS), ends, ...policies];
  const noted = await runScript(redis, NOTE, [key], args);
  if (Number(noted) !== 1) throw new Error(`expected fewer than ${MOST} policies in ${key}, got more`);
}

/** Tries on prices: kept in the folder of each of these files of candles, or in the folder where one is named. */
export async function candleTries(paths: readonly string[]): Promise<TriesKept> {
  const folders = await Promise.all(
    paths.map(async (path) => ((await stat(path)).isDirectory() ? resolve(path) : dirname(resolve(path)))),
  );
  const places = [...new Set(folders)].map((folder) => fileTries(join(folder, TRIES_FILE)));
  return {
    ...triesIn(places),
    async note(one) {
      for (const place of places) await place.note(one);
    },
  };
}

const Line = z.object({ gate: z.string(), policy: z.string(), days: z.tuple([z.number(), z.number()]) });

/** Tries on the decisions of a file: kept in its folder, for all files of it. */
export function fileTries(path: string): TriesKept {
  const kept = join(dirname(path), TRIES_FILE);
  return {
    async note(one) {
      await appendFile(kept, `${JSON.stringify(one)}\n`);
    },
    async on(gate, range) {
      try {
        const lines = (await readFile(kept, 'utf8')).split('\n').filter((line) => line !== '');
        const all = lines.map((line) => Line.parse(JSON.parse(line)));
        const found = all.filter((one) => one.gate === gate && meets(one.days, range));
        return new Set(found.map(({ policy }) => policy));
      } catch (error) {
        return (error as NodeJS.ErrnoException).code === 'ENOENT' ? new Set() : null;
      }
    },
  };
}

/**
 * Notes by what decisions were judged again, and what was in force then: who tries many policies on the same days finds
 * one that looks good by luck. Nobody is held up by it: answers why it could not be noted, or nothing.
 */
export async function noteTries(
  kept: TriesKept,
  { from, to }: Pick<TimedReplay, 'from' | 'to'>,
  rules: Iterable<ReplayRules>,
): Promise<string | undefined> {
  if (from === null || to === null) return undefined;
  const days = [Math.floor(from / DAY_SEC), Math.floor(to / DAY_SEC)] as const;
  try {
    for (const { handler, settings, mode } of rules) {
      await kept.note({ gate: handler.gate, policy: hashOf({ settings, mode }), days });
    }
    return undefined;
  } catch (error) {
    return errorText(error);
  }
}

/** The rules of gates whose decisions were judged again. */
export function judgedRules(rules: readonly ReplayRules[], { gates }: Pick<TimedReplay, 'gates'>) {
  return rules.filter(({ handler }) => gates.some(({ name }) => name === handler.name));
}

function meets([first, last]: readonly [number, number], { fromMs, toMs }: TimeRange): boolean {
  return first <= Math.floor(toMs / DAY_MS) && last >= Math.floor(fromMs / DAY_MS);
}

/** The same for the same settings, in whatever order they stand. */
function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value, ordered)).digest('hex');
}

function ordered(_name: string, value: unknown): unknown {
  if (value instanceof Set) return ['set', ...value].map(String).sort();
  if (value instanceof Map) return Object.fromEntries([...value].sort(byName));
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(byName));
}

function byName([a]: readonly [unknown, unknown], [b]: readonly [unknown, unknown]): number {
  return String(a) < String(b) ? -1 : 1;
}
