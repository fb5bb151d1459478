import { createHash } from 'node:crypto';
import { appendFile, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { DAY_MS, DAY_SEC } from '../../../schemas/duration.ts';
import { runtimeKeys } from '../../../schemas/keys.ts';
import { luaScript, runScript } from '../../redis/lua.ts';
import { errorText } from '../../redis/problem.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import type { TimeRange } from '../decisions/decision-export.ts';
import type { TimedReplay } from './index.ts';
import type { ReplayRules } from './rules.ts';

/** More than so many are not told apart, and they are kept for so long after the last. */
const MOST = 10_000;
const KEPT_MS = 400 * DAY_MS;

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
  /** How many distinct policies of a gate were tried on days of a time; null where that cannot be read. */
  on(gate: string, range: TimeRange): Promise<number | null>;
}

/** Tries on the log in Redis. */
export function redisTries(redis: Redis, portfolio: Portfolio): TriesKept {
  const keyOf = (gate: string) => portfolio.key(runtimeKeys.tries(gate));
  return {
    async note({ gate, policy, days }) {
      const args = [policy, ...days.map(String), String(MOST), String(KEPT_MS)];
      const noted = await runScript(redis, NOTE, [keyOf(gate)], args);
      if (Number(noted) !== 1) throw new Error(`expected fewer than ${MOST} policies of ${gate}, got more`);
    },
    async on(gate, range) {
      try {
        const spans = Object.values(await redis.hgetall(keyOf(gate))).map((days) => days.split(' ').map(Number));
        return spans.filter(([first = Number.NaN, last = Number.NaN]) => meets([first, last], range)).length;
      } catch (error) {
        if (/^(NOPERM|WRONGTYPE)\b/.test(errorText(error))) return null;
        throw error;
      }
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
        return new Set(found.map(({ policy }) => policy)).size;
      } catch (error) {
        return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 0 : null;
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
  found: Pick<TimedReplay, 'from' | 'to' | 'gates'>,
  rules: Iterable<ReplayRules>,
): Promise<string | undefined> {
  const { from, to, gates } = found;
  if (from === null || to === null) return undefined;
  const days = [Math.floor(from / DAY_SEC), Math.floor(to / DAY_SEC)] as const;
  try {
    for (const { handler, settings, mode } of rules) {
      if (!gates.some(({ name }) => name === handler.name)) continue;
      await kept.note({ gate: handler.gate, policy: hashOf({ settings, mode }), days });
    }
    return undefined;
  } catch (error) {
    return errorText(error);
  }
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
