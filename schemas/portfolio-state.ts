import { z } from 'zod';
import type { Json } from './json.ts';
import { parseJson, toJson } from './json.ts';
import { formatNumber, parseNumber } from './number.ts';
import type { Fields } from './wire.ts';

/** An equity that was read between two moments, Unix ms of the exchange. */
export interface EquityPoint {
  readonly sentMs: number;
  readonly readMs: number;
  readonly equityUsd: number;
}

/** The highest equity: of readings that no transfer can explain any more, and those of the last minute. */
export interface EquityMarks {
  readonly settledUsd: number | undefined;
  readonly recent: readonly EquityPoint[];
}

/** A transfer that was counted. `id` is undefined when the account stream told it and the exchange's list has not yet. */
export interface CountedTransfer {
  readonly id: string | undefined;
  readonly asset: string;
  readonly amount: number;
  readonly atMs: number;
  /** Whether the account stream told it. */
  readonly told: boolean;
}

/** What came and went since a reading, US dollars (below 0: more went); `sinceMs` is its Unix ms of the exchange. */
export interface NetTransfers {
  readonly totalUsd: number;
  readonly sinceMs: number;
}

/** What the account feed remembers of the last reading it believed; figures undefined before the first one. */
export interface AccountMemory {
  readonly marks: EquityMarks;
  /** US dollars, with every transfer since in it: what the next reading should come near. */
  readonly equityUsd: number | undefined;
  readonly balanceUsd: number | undefined;
  /** Unix ms by Redis's clock. */
  readonly takenMs: number | undefined;
  /** Unix ms of the exchange. */
  readonly readMs: number | undefined;
  readonly transfers: readonly CountedTransfer[];
  /** Undefined before the first reading. */
  readonly net: NetTransfers | undefined;
  /** Problems of that reading, as they were logged. */
  readonly problems: string;
}

/** What the account feed last wrote of a symbol: quantities, dollars, and Unix ms by Redis's clock. */
export interface WrittenPosition {
  readonly longQty: number;
  readonly shortQty: number;
  readonly grossNotionalUsd: number | undefined;
  readonly markPrice: number | undefined;
  readonly atMs: number;
}

/** How another producer's position differs from the exchange's. Times are Unix ms by Redis's clock. */
export interface PositionDifference {
  readonly exchangeQty: number;
  readonly otherQty: number;
  /** Where the other figure stood: `position.snapshot` or `state:positions`. */
  readonly where: string;
  readonly sinceMs: number;
  readonly seenMs: number;
  readonly told: boolean;
}

const Points = z.array(z.tuple([z.number(), z.number(), z.number()]));
const Counted = z.array(
  z.object({ id: z.string().optional(), asset: z.string(), amount: z.number(), at_ms: z.number(), told: z.boolean() }),
);
const Written = z.object({
  long_qty: z.number(),
  short_qty: z.number(),
  notional_usd: z.number().nullish(),
  mark_price: z.number().nullish(),
  at_ms: z.number(),
});
const Difference = z.object({
  exchange_qty: z.number(),
  other_qty: z.number(),
  where: z.string(),
  since_ms: z.number(),
  seen_ms: z.number(),
  told: z.boolean(),
});

/** The memory that `state:portfolio:hwm` holds; what cannot be read of it counts as not there. */
export function parseMemory(fields: Fields | null): AccountMemory {
  const recent = parsedAs(Points, fields?.recent) ?? [];
  const transfers = parsedAs(Counted, fields?.transfers) ?? [];
  return {
    marks: {
      settledUsd: parseNumber(fields?.settled_usd),
      recent: recent.map(([sentMs, readMs, equityUsd]) => ({ sentMs, readMs, equityUsd })),
    },
    equityUsd: parseNumber(fields?.equity_usd),
    balanceUsd: parseNumber(fields?.balance_usd),
    takenMs: parseNumber(fields?.taken_ms),
    readMs: parseNumber(fields?.read_ms),
    transfers: transfers.map(({ id, at_ms, ...one }) => ({ ...one, id, atMs: at_ms })),
    net: netTransfers(fields?.net_transfers_usd, fields?.net_transfers_since_ms),
    problems: fields?.problems ?? '',
  };
}

/** The memory as fields of `state:portfolio:hwm`, without the high-water mark itself. */
export function formatMemory(memory: AccountMemory): Record<string, string> {
  const { settledUsd, recent } = memory.marks;
  const points = recent.map(({ sentMs, readMs, equityUsd }): Json => [sentMs, readMs, equityUsd]);
  const transfers = memory.transfers.map(({ atMs, ...one }): Json => ({ ...one, at_ms: atMs }));
  return {
    ...figure('settled_usd', settledUsd),
    recent: toJson(points),
    ...figure('equity_usd', memory.equityUsd),
    ...figure('balance_usd', memory.balanceUsd),
    ...figure('taken_ms', memory.takenMs),
    ...figure('read_ms', memory.readMs),
    transfers: toJson(transfers),
    ...netFields(memory.net),
    problems: memory.problems,
  };
}

/** What came and went, as fields of `state:portfolio` and of `state:portfolio:hwm`. */
export function netFields(net: NetTransfers | undefined): Record<string, string> {
  return { ...figure('net_transfers_usd', net?.totalUsd), ...figure('net_transfers_since_ms', net?.sinceMs) };
}

/** What a field of `feed:held` says, or `undefined` when it says nothing usable. */
export function parseWritten(text: string | undefined): WrittenPosition | undefined {
  const written = parsedAs(Written, text);
  if (written === undefined) return undefined;
  return {
    longQty: written.long_qty,
    shortQty: written.short_qty,
    grossNotionalUsd: written.notional_usd ?? undefined,
    markPrice: written.mark_price ?? undefined,
    atMs: written.at_ms,
  };
}

/** A field of `feed:held`. */
export function formatWritten(written: WrittenPosition): string {
  return toJson({
    long_qty: written.longQty,
    short_qty: written.shortQty,
    notional_usd: written.grossNotionalUsd,
    mark_price: written.markPrice,
    at_ms: written.atMs,
  });
}

/** What a field of `feed:differences` says, or `undefined` when it says nothing usable. */
export function parseDifference(text: string | undefined): PositionDifference | undefined {
  const read = parsedAs(Difference, text);
  if (read === undefined) return undefined;
  const { where, told } = read;
  return {
    exchangeQty: read.exchange_qty,
    otherQty: read.other_qty,
    where,
    sinceMs: read.since_ms,
    seenMs: read.seen_ms,
    told,
  };
}

/** A field of `feed:differences`. */
export function formatDifference(difference: PositionDifference): string {
  const { exchangeQty, otherQty, where, sinceMs, seenMs, told } = difference;
  return toJson({
    exchange_qty: exchangeQty,
    other_qty: otherQty,
    where,
    since_ms: sinceMs,
    seen_ms: seenMs,
    told,
  });
}

/** A figure as a field of a hash: left out when it is not known. */
export function figure(name: string, value: number | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: formatNumber(value) };
}

function netTransfers(total: string | undefined, since: string | undefined): NetTransfers | undefined {
  const [totalUsd, sinceMs] = [parseNumber(total), parseNumber(since)];
  return totalUsd === undefined || sinceMs === undefined ? undefined : { totalUsd, sinceMs };
}

function parsedAs<T>(schema: z.ZodType<T>, text: string | undefined): T | undefined {
  return text === undefined ? undefined : schema.safeParse(parseJson(text)).data;
}
