import type { Redis } from 'ioredis';
import { streams } from '../../../schemas/keys.ts';
import { compareStreamIds, streamIdMs } from '../../../schemas/time.ts';
import { type Fields, fieldsOf } from '../../../schemas/wire.ts';
import type { Retention } from '../../engine/streams/trim.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { rawDecisionPages } from '../decisions/decision-export.ts';
import type { LoggedDecision } from '../decisions/decisions.ts';
import type { Kept } from './kept.ts';
import { leafOf, writtenId } from './leaf.ts';
import { sealEntries } from './ledger-seals.ts';
import { merkleRoot } from './merkle.ts';
import { Problems } from './problems.ts';
import { type Group, RangeCursor } from './range-cursor.ts';
import type { Seal } from './seal.ts';
import { SealWalk } from './seal-walk.ts';
import { SEAL_LIMITS } from './sealer.ts';

/** What holding a decision log to its seals found. */
export interface SealVerdict {
  readonly whole: boolean;
  /** Decisions that are there, and those of them that no seal covers yet. */
  readonly decisions: number;
  readonly unsealed: number;
  /** Seals, and those of them whose decisions retention has trimmed, in part or all. */
  readonly seals: number;
  readonly trimmed: number;
  /** Number and hash of the newest seal; 0 and empty without any. */
  readonly newest: number;
  readonly head: string;
  /** Decisions that a repair of a clock ahead has given another id, and so another time. */
  readonly moved: number;
  /** Seals before the first with the mark of the key, where one is given. */
  readonly unmarked: number;
  readonly problems: readonly string[];
}

/** What the log is held to. */
export interface LogCheck {
  readonly key: string | undefined;
  readonly retention: Retention;
  /** Unix ms by Redis's clock. */
  readonly nowMs: number;
  readonly kept: Kept;
}

/** Decisions of this age have a seal, where sealing runs. */
const SEALED_WITHIN_MS = 2 * SEAL_LIMITS.afterMs;

/**
 * Holds the decision log in Redis to the seals of the ledger: every sealed range must be as it was, but for what
 * retention took from the front.
 */
export async function verifyLog(redis: Redis, portfolio: Portfolio, check: LogCheck): Promise<SealVerdict> {
  const end = await endOf(redis, portfolio.streamKey(streams.decisions));
  const log = new LogCheckRun(await sealEntries(redis, portfolio), portfolio, check, end);
  const everything = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };
  for await (const page of rawDecisionPages(redis, portfolio, everything)) for (const one of page) log.take(one);
  return log.verdict();
}

/** How long the log was before it was read, and which id was written last. */
interface LogEnd {
  readonly length: number;
  readonly lastId: string;
}

async function endOf(redis: Redis, key: string): Promise<LogEnd> {
  if ((await redis.exists(key)) === 0) return { length: 0, lastId: '0-0' };
  const info = fieldsOf((await redis.xinfo('STREAM', key)) as string[]);
  return { length: Number(info.length), lastId: String(info['last-generated-id']) };
}

class LogCheckRun {
  readonly #walk: SealWalk;
  readonly #seals: readonly Seal[];
  readonly #cursor: RangeCursor;
  readonly #check: LogCheck;
  readonly #end: LogEnd;
  readonly #isSealedHere: boolean;
  readonly #problems = new Problems();
  /** Place of the last range that was read, and the leaves of what is read. */
  #at = -1;
  #leaves: Buffer[] = [];
  #first = '';
  #firstStored = '';
  #last = '';
  #newestId = '0-0';
  #decisions = 0;
  #unsealed = 0;
  #oldestUnsealed = '';
  #trimmed = 0;
  #moved = 0;

  constructor(entries: readonly Fields[], portfolio: Portfolio, check: LogCheck, end: LogEnd) {
    this.#check = check;
    this.#isSealedHere = !portfolio.simulatedClock;
    this.#end = end;
    this.#walk = new SealWalk({ portfolio: portfolio.outputPrefix, key: check.key });
    const seals: Seal[] = [];
    for (const fields of entries) {
      const { seal, problem } = this.#walk.take(fields);
      this.#problems.add(problem);
      if (seal !== undefined) seals.push(seal);
    }
    this.#problems.add(this.#walk.unheld());
    this.#compareKept(seals);
    this.#seals = seals;
    this.#cursor = new RangeCursor(seals);
  }

  take(decision: LoggedDecision): void {
    this.#decisions += 1;
    this.#newestId = decision.id;
    const id = writtenId(decision);
    const ended = this.#cursor.take(id);
    if (ended !== undefined) this.#endGroup(ended);
    if (this.#leaves.length === 0) {
      this.#first = id;
      this.#firstStored = decision.id;
    }
    this.#leaves.push(leafOf(decision));
    this.#last = id;
    if (id !== decision.id) this.#countMoved(id, decision.id);
  }

  /** A repair of a clock that was ahead takes entries back, never forward. */
  #countMoved(id: string, stored: string): void {
    this.#moved += 1;
    if (compareStreamIds(id, stored) < 0)
      this.#problems.add(`decision ${stored} says that a repair moved it forward, from ${id}: no repair does`);
  }

  /** Ends what was read together: a sealed range, or what is in none. */
  #endGroup(group: Group): void {
    if (typeof group === 'number') this.#endRange(group);
    else if (group === 'added') {
      const what = this.#leaves.length === 1 ? this.#last : `${this.#first} and what follows up to ${this.#last}`;
      this.#problems.add(`decision ${what} is in no sealed range and older than the newest: it was added`);
    } else {
      if (this.#unsealed === 0) this.#oldestUnsealed = this.#firstStored;
      this.#unsealed += this.#leaves.length;
    }
    this.#leaves = [];
  }

  #endRange(place: number): void {
    this.#missing(this.#seals.slice(this.#at + 1, place), false);
    this.#compare(this.#seals[place] as Seal, place);
    this.#at = place;
  }

  #compareKept(seals: readonly Seal[]): void {
    const hashes = new Map(seals.map(({ seal, after }) => [seal, after]));
    for (const problem of this.#check.kept.problems) this.#problems.add(problem);
    for (const { at, seal, hash } of this.#check.kept.kept) {
      const found = hashes.get(seal);
      if (found === hash) continue;
      const what = found === undefined ? 'is gone' : 'is another one: it was written anew';
      this.#problems.add(`seal ${seal}, which was kept at ${new Date(at * 1000).toISOString()}, ${what}`);
    }
  }

  /** Whether sealing runs: decisions of an age have a seal. */
  #compareAge(): void {
    if (this.#unsealed === 0 || !this.#isSealedHere) return;
    const sinceMs = streamIdMs(this.#oldestUnsealed);
    if (this.#check.nowMs - sinceMs < SEALED_WITHIN_MS) return;
    const since = new Date(sinceMs).toISOString();
    this.#problems.add(
      `${this.#unsealed} decisions since ${since} have no seal: nothing seals them, or seals were deleted`,
    );
  }

  verdict(): SealVerdict {
    const ended = this.#cursor.end();
    if (ended !== undefined) this.#endGroup(ended);
    this.#missing(this.#seals.slice(this.#at + 1), true);
    this.#compareAge();
    const { lastId } = this.#end;
    if (compareStreamIds(this.#newestId, lastId) < 0 && !(this.#decisions === 0 && this.#isOld(lastId))) {
      const newest = this.#decisions === 0 ? 'none is left' : `the newest is ${this.#newestId}`;
      this.#problems.add(`the newest decisions are gone, or XSETID was used: ${lastId} was written, ${newest}`);
    }
    const problems = this.#problems.said();
    const { seal = 0, after = '' } = this.#walk.last ?? {};
    return {
      whole: problems.length === 0,
      ...{ decisions: this.#decisions, unsealed: this.#unsealed },
      ...{ seals: this.#walk.seals, trimmed: this.#trimmed, newest: seal, head: after },
      ...{ moved: this.#moved, unmarked: this.#walk.unmarked, problems },
    };
  }

  /** Holds the leaves that were read to their seal. */
  #compare(seal: Seal, at: number): void {
    const { count, root } = seal;
    const there = this.#leaves.length;
    if (there === count && merkleRoot(this.#leaves).toString('hex') === root) return;
    const front = this.#first !== seal.from;
    const isFirst = this.#seals.slice(0, at).every((one) => this.#isOld(one.to));
    if (there < count && front && this.#last === seal.to && isFirst && this.#isOld(seal.from)) {
      this.#trimmed += 1;
      return;
    }
    this.#problems.add(`${said(seal)}: ${broken(there, count, { front, end: this.#last !== seal.to })}`);
  }

  /** Seals of which no decision is left: those of the front may be trimmed, once they are as old as retention says or the log is full. */
  #missing(seals: readonly Seal[], isEnd: boolean): void {
    const gone = this.#at >= 0 ? seals : seals.filter((seal) => !this.#isOld(seal.to));
    this.#trimmed += seals.length - gone.length;
    const [first, last] = [gone[0], gone.at(-1)];
    if (first === undefined || last === undefined) return;
    const count = gone.reduce((sum, seal) => sum + seal.count, 0);
    const place = this.#at < 0 ? 'at the front, and no retention took them' : isEnd ? 'at the end' : 'in between';
    const where = this.#decisions === 0 ? 'and none is left' : place;
    const numbers = first === last ? `seal ${first.seal}` : `seals ${first.seal} to ${last.seal}`;
    this.#problems.add(`${numbers} (${first.from} to ${last.to}): all ${count} decisions are gone, ${where}`);
  }

  /** Whether retention may have taken what was written then. */
  #isOld(id: string): boolean {
    const { retention, nowMs } = this.#check;
    return streamIdMs(id) <= nowMs - retention.maxAgeMs || this.#end.length >= retention.maxLen;
  }
}

function said({ seal, from, to }: Seal): string {
  return `seal ${seal} (${from} to ${to})`;
}

function broken(there: number, count: number, gone: { readonly front: boolean; readonly end: boolean }): string {
  if (there > count) return `${there - count} decisions were added`;
  if (there === count) return `of its ${count} decisions one or more were changed or exchanged`;
  const place = gone.front ? ' at its front, and no retention took them' : gone.end ? ' at its end' : '';
  return `${count - there} of ${count} decisions are gone${place}`;
}
