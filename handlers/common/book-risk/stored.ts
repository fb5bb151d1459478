import { z } from 'zod';
import { MINUTE_MS } from '../../../schemas/duration.ts';
import { parseJson } from '../../../schemas/json.ts';
import { isFresh, timeOf } from '../../../schemas/time.ts';
import type { HashFact } from '../../contract/reads.ts';
import { lastOf } from '../last-of.ts';
import { FIGURE_MAX_AGE_MS } from './judged.ts';

/** Worst and best days change slowly: what was stored so long ago still counts, ms. */
const DAYS_MAX_AGE_MS = 15 * MINUTE_MS;

/** What symbols did in their worst and best day, as fractions; those of all are for a symbol without data. */
export interface StoredDays {
  readonly bySymbol: ReadonlyMap<string, readonly [worst: number, best: number]>;
  readonly worst: number;
  readonly best: number;
}

/** The book as the correlated heat saw it, US dollars: what an order changes follows from it by rank-one arithmetic. */
export interface StoredCorrelation {
  /** wᵀΣw of the positions whose correlation is known. */
  readonly variance: number;
  /** What the others add, each by itself. */
  readonly alone: number;
  readonly bySymbol: ReadonlyMap<string, StoredRow>;
}

interface StoredRow {
  /** Signed notional that is in the figure. */
  readonly usd: number;
  /** (Σw) of the symbol; undefined where its correlation is not known. */
  readonly together: number | undefined;
  /** Volatility of a day, a fraction. */
  readonly sigma: number;
}

const Days = z.record(z.string(), z.tuple([z.number(), z.number()]));
const Correlation = z.object({
  variance: z.number().min(0),
  alone: z.number().min(0),
  rows: z.record(z.string(), z.tuple([z.number(), z.number().nullable(), z.number().min(0)])),
});

/** The days in `state:risk`; undefined where they are not known. */
export function storedDays(risk: HashFact | undefined, nowMs: number): StoredDays | undefined {
  const text = freshField(risk, 'days', DAYS_MAX_AGE_MS, nowMs);
  return text === undefined ? undefined : readDays(text);
}

/** What `state:risk` has of the correlated heat; undefined where it is not known, and after 30 s. */
export function storedCorrelation(risk: HashFact | undefined, nowMs: number): StoredCorrelation | undefined {
  const text = freshField(risk, 'correlation', FIGURE_MAX_AGE_MS, nowMs);
  return text === undefined ? undefined : readCorrelation(text);
}

/** Read once, however many plans rest on it. */
const readDays = lastOf((text: string): StoredDays | undefined => {
  const days = Days.safeParse(parseJson(text)).data;
  if (days === undefined) return undefined;
  const bySymbol = new Map(Object.entries(days));
  const all = [...bySymbol.values()];
  return {
    bySymbol,
    worst: Math.min(0, ...all.map(([worst]) => worst)),
    best: Math.max(0, ...all.map(([, best]) => best)),
  };
});

const readCorrelation = lastOf((text: string): StoredCorrelation | undefined => {
  const read = Correlation.safeParse(parseJson(text)).data;
  if (read === undefined) return undefined;
  const rows = Object.entries(read.rows).map(([symbol, [usd, together, sigma]]) => {
    return [symbol, { usd, together: together ?? undefined, sigma }] as const;
  });
  return { variance: read.variance, alone: read.alone, bySymbol: new Map(rows) };
});

function freshField(risk: HashFact | undefined, name: string, maxAgeMs: number, nowMs: number): string | undefined {
  const fields = risk?.fields ?? null;
  const atMs = fields === null ? undefined : timeOf(fields);
  if (fields === null || atMs === undefined || !isFresh(atMs, nowMs, maxAgeMs)) return undefined;
  return fields[name];
}
