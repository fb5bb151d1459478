import type { Row } from './wire.ts';

/** Rows kept at most; older ones are a page of the log away. */
export const TAPE_ROWS = 500;

/** Rows of ticks kept at most beside them: one every ten seconds would fill the tape in a quiet hour. */
export const TICK_ROWS = 100;

/** What has been decided and how often: gate and verdict to a count. */
export type Counts = Readonly<Record<string, number>>;

/** The decisions on the page: `rows` are drawn, `waiting` are held back while somebody reads. Newest first, both bounded. */
export interface Tape {
  readonly rows: readonly Row[];
  readonly waiting: readonly Row[];
  /** Decisions since the rows stood still: true, where `waiting` is a sample. */
  readonly held: number;
  /** Decisions since the page was opened, by verdict: never sampled. */
  readonly counts: Counts;
  readonly total: number;
  /** Decisions that were counted and not sent to be drawn. */
  readonly undrawn: number;
}

/** What came of the stream at once. */
export interface Batch {
  readonly count: number;
  readonly counts: readonly { readonly verdict: string; readonly count: number }[];
  readonly entries: readonly Row[];
}

/** A tape with nothing on it. */
export const EMPTY_TAPE: Tape = { rows: [], waiting: [], held: 0, counts: {}, total: 0, undrawn: 0 };

/** Stream ids in order: under 0 where `one` is older. */
export function compareIds(one: string, other: string): number {
  const [oneMs = 0, oneSeq = 0] = one.split('-').map(Number);
  const [otherMs = 0, otherSeq = 0] = other.split('-').map(Number);
  return oneMs === otherMs ? oneSeq - otherSeq : oneMs - otherMs;
}

/** The tape with a batch on it; entries that it has already are not there twice. `isHeld` puts them behind the waiting line. */
export function withBatch(tape: Tape, batch: Batch, isHeld: boolean): Tape {
  const counts = { ...tape.counts };
  for (const { verdict, count } of batch.counts) counts[verdict] = (counts[verdict] ?? 0) + count;
  const counted = {
    counts,
    total: tape.total + batch.count,
    undrawn: tape.undrawn + Math.max(0, batch.count - batch.entries.length),
  };
  if (isHeld) {
    const waiting = newestFirst(tape.waiting, batch.entries);
    return { ...tape, ...counted, waiting, held: tape.held + batch.count };
  }
  return { ...tape, ...counted, rows: newestFirst(tape.rows, batch.entries) };
}

/** The tape with what was held back drawn. */
export function released(tape: Tape): Tape {
  return { ...tape, rows: newestFirst(tape.rows, tape.waiting), waiting: [], held: 0 };
}

/** The tape with the newest page of the log under what came since; counts stay as they are. */
export function withPage(tape: Tape, entries: readonly Row[]): Tape {
  return { ...tape, rows: newestFirst(entries, tape.rows), waiting: [], held: 0 };
}

function newestFirst(rows: readonly Row[], more: readonly Row[]): readonly Row[] {
  if (more.length === 0) return rows;
  const byId = new Map(rows.map((row) => [row.id, row]));
  for (const row of more) byId.set(row.id, row);
  const room = { ticks: TICK_ROWS, others: TAPE_ROWS };
  return [...byId.values()]
    .sort((one, other) => compareIds(other.id, one.id))
    .filter(({ tick }) => (tick ? room.ticks-- : room.others--) > 0);
}
