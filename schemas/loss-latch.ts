import { z } from 'zod';
import { type Json, parseJson, toJson } from './json.ts';
import { type LossKind, lossKinds } from './loss-limits.ts';
import { round10 } from './number.ts';
import type { Fields } from './wire.ts';

/** An equity that was read: Unix ms of its state, US dollars, and the net transfers counted until then. */
export interface EquityReading {
  readonly atMs: number;
  readonly equityUsd: number;
  readonly transfersUsd: number;
}

/** What the account feed said of transfers: their sum in US dollars, and since when it counts. */
export interface FeedTransfers {
  readonly totalUsd: number;
  readonly since: string;
}

/** A limit that was reached: percent or US dollars, by the reading that confirmed it. */
export interface LossTrip {
  readonly setting: string;
  readonly value: number;
  readonly limit: number;
  readonly atMs: number;
}

/** What losses are counted against, and what of them has tripped; bases undefined until enough was read. */
export interface LossMarks {
  /** The last readings, oldest first. */
  readonly recent: readonly EquityReading[];
  /** Undefined before the first reading. */
  readonly feed: FeedTransfers | undefined;
  /** Date of the day and of the week's Monday that the openings are of; empty before the first reading. */
  readonly day: string;
  readonly week: string;
  /** What each kind of loss counts from; `atMs` is since when. */
  readonly bases: Readonly<Partial<Record<LossKind, EquityReading>>>;
  readonly tripped: Readonly<Partial<Record<LossKind, LossTrip>>>;
  /** Settings whose warning was given, and the limit it was given for. */
  readonly warned: Readonly<Record<string, number>>;
  /** Kinds that a person released: they count from the next reading on. */
  readonly released: readonly LossKind[];
}

/** Marks before the first reading. */
export const NO_MARKS: LossMarks = {
  recent: [],
  feed: undefined,
  day: '',
  week: '',
  bases: {},
  tripped: {},
  warned: {},
  released: [],
};

const Reading = z.object({ at_ms: z.number(), equity_usd: z.number(), transfers_usd: z.number() });
const Trip = z.object({ setting: z.string(), value: z.number(), limit: z.number(), at_ms: z.number() });
const Kind = z.enum(lossKinds);
const Trips = z.partialRecord(Kind, Trip);
const Shape = z.object({
  recent: z.array(Reading),
  feed: z.object({ total_usd: z.number(), since: z.string() }).nullable(),
  day: z.string(),
  week: z.string(),
  bases: z.partialRecord(Kind, Reading),
  warned: z.record(z.string(), z.number()),
});

/** The marks that a hash `governor:loss_latch` holds; undefined where it holds none that can be understood. */
export function parseLossMarks(fields: Fields): LossMarks | undefined {
  const { marks, released = '' } = fields;
  const read = Shape.safeParse(parseJson(marks ?? '')).data;
  const tripped = parseLossTrips(fields);
  if (read === undefined || tripped === undefined) return undefined;
  return {
    recent: read.recent.map(readingOf),
    feed: read.feed === null ? undefined : { totalUsd: read.feed.total_usd, since: read.feed.since },
    day: read.day,
    week: read.week,
    bases: mapped(read.bases, readingOf),
    tripped,
    warned: read.warned,
    released: lossKinds.filter((kind) => released.split(',').includes(kind)),
  };
}

/** The limits that a hash `governor:loss_latch` holds as reached; undefined where that cannot be understood. */
export function parseLossTrips({ tripped = '' }: Fields): LossMarks['tripped'] | undefined {
  const trips = Trips.safeParse(parseJson(tripped)).data;
  return trips && mapped(trips, ({ at_ms, ...trip }) => ({ ...trip, atMs: at_ms }));
}

/** The marks as fields of `governor:loss_latch`, what was released excepted: that is done with. */
export function formatLossMarks(marks: LossMarks): Record<'marks' | 'tripped', string> {
  const { recent, feed, day, week, bases, tripped, warned } = marks;
  return {
    marks: toJson({
      day,
      week,
      bases: mapped(bases, readingJson),
      recent: recent.map(readingJson),
      feed: feed === undefined ? null : { total_usd: feed.totalUsd, since: feed.since },
      warned,
    }),
    tripped: toJson(mapped(tripped, ({ atMs, ...trip }): Json => ({ ...trip, at_ms: atMs }))),
  };
}

/** What a loss comes to from a base to a reading, transfers counted out: US dollars, and percent of the base with them. */
export function lossFrom(base: EquityReading, reading: EquityReading): { readonly usd: number; readonly pct: number } {
  const basisUsd = round10(base.equityUsd + (reading.transfersUsd - base.transfersUsd));
  const usd = round10(basisUsd - reading.equityUsd);
  if (basisUsd > 0) return { usd, pct: round10((usd / basisUsd) * 100) };
  return { usd, pct: usd > 0 ? 100 : 0 };
}

/** Equity without what came and went, US dollars: two readings compare by it. */
export function tradedUsd({ equityUsd, transfersUsd }: EquityReading): number {
  return round10(equityUsd - transfersUsd);
}

function readingOf({ at_ms, equity_usd, transfers_usd }: z.output<typeof Reading>): EquityReading {
  return { atMs: at_ms, equityUsd: equity_usd, transfersUsd: transfers_usd };
}

function readingJson({ atMs, equityUsd, transfersUsd }: EquityReading): Json {
  return { at_ms: atMs, equity_usd: equityUsd, transfers_usd: transfersUsd };
}

function mapped<T, U>(
  record: Readonly<Partial<Record<LossKind, T>>>,
  of: (value: T) => U,
): Partial<Record<LossKind, U>> {
  const entries = lossKinds.flatMap((kind) => {
    const value = record[kind];
    return value === undefined ? [] : [[kind, of(value)] as const];
  });
  return Object.fromEntries(entries);
}
