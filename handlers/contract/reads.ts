import type { BookPosition } from '../../schemas/position.ts';
import type { Fields } from '../../schemas/wire.ts';

export type { BookPosition } from '../../schemas/position.ts';

/** A hash as read: `fields` is null when the key is absent or of another type. */
export interface HashFact {
  readonly fields: Fields | null;
  readonly wrongType: boolean;
}

/** A string as read: `text` is null when the key is absent or of another type. */
export interface TextFact {
  readonly text: string | null;
  readonly wrongType: boolean;
}

/** One member of a sorted set. */
export interface Scored {
  readonly member: string;
  readonly score: number;
}

/** The newest snapshot of every symbol, caught up to the moment of the read. */
export interface PositionBook {
  /** Stream id the book stands at; `0-0` before the first snapshot. */
  readonly lastId: string;
  /** Whether any snapshot was ever seen. */
  readonly everSeen: boolean;
  /** Where its stream cannot be read now: Unix ms of the last look that succeeded, 0 where none ever did. */
  readonly unreadSinceMs: number | undefined;
  get(symbol: string): BookPosition | undefined;
  positions(): Iterable<BookPosition>;
}

/** The hashes of one family, caught up to the moment of the read. */
export interface HashView {
  get(name: string): Fields | undefined;
  names(): Iterable<string>;
}

/** The newest `budget.violation` of a symbol. */
export interface Violation {
  /** Unix ms by the event's own timestamp. */
  readonly atMs: number;
}

/** What the runtime keeps in memory of a portfolio, caught up in the reads of each batch. */
export interface Views {
  readonly book: PositionBook;
  readonly hashes: (family: string) => HashView;
  readonly violation: (symbol: string) => Violation | undefined;
  /** What the symbols of the position book add up to, at the cost of those that changed since the last time. */
  readonly tally: <S, N>(tally: Tally<S, N>, settings: S, nowMs: number) => Tallied<N>;
}

/** How what single symbols add to a figure is put together. One object of the module for each kind of figure. */
export interface Tally<S, N> {
  /** Families of which `one` looks at the hash of its symbol. */
  readonly families: readonly string[];
  /** What one symbol adds, by its position and the hash of that symbol in each of `families` alone, and until when. */
  one(position: BookPosition, views: Views, settings: S, nowMs: number): Computed<N>;
  /** Two neighbours as one; the order in which neighbours are put together must not matter but for rounding. */
  both(left: N, right: N): N;
}

/** What the symbols of the position book add up to. */
export interface Tallied<N> {
  /** All symbols together; undefined without any. */
  readonly total: N | undefined;
  readonly validUntilMs: number;
  /**
   * Single symbols, heaviest first, then in order of their first snapshot. Several together weigh what the heaviest
   * of them does; a weight below 0 leaves a symbol out.
   */
  heaviest(weight: (sum: N) => number, atMost: number): readonly N[];
}

/** A figure computed from the views, and the Unix ms until which it holds if they do not change (`Infinity`: for good). */
export interface Computed<T> {
  readonly value: T;
  readonly validUntilMs: number;
}

/** A read that a handler asks for. `T` is the fact it becomes. */
export type Read<T> =
  | { readonly read: 'hash'; readonly key: string; readonly held: readonly string[]; readonly as?: T }
  | { readonly read: 'text'; readonly key: string; readonly held?: boolean | undefined; readonly as?: T }
  | { readonly read: 'scores'; readonly key: string; readonly lowest?: boolean; readonly as?: T }
  | {
      readonly read: 'computed';
      readonly compute: (views: Views, settings: never, nowMs: number) => Computed<T>;
      readonly as?: T;
    };

/** A read of a key. */
export type KeyedRead = Exclude<Read<unknown>, { read: 'computed' }>;

/** The facts that a set of reads becomes. */
export type FactsOf<R> = { readonly [K in keyof R]: NonNullable<R[K]> extends Read<infer T> ? T : never };

/** Read a whole hash. The commit is a conflict when one of the fields in `held` has changed since. */
export function hash(key: string, held: readonly string[] = []): Read<HashFact> {
  return { read: 'hash', key, held };
}

/** Read a string. With `held`, the commit is a conflict when it has changed since. */
export function text(key: string, held = false): Read<TextFact> {
  return { read: 'text', key, held };
}

/** Read a whole sorted set, lowest score first; null when the key is of another type. */
export function scores(key: string): Read<readonly Scored[] | null> {
  return { read: 'scores', key };
}

/** Members that `lowest` reads at most: Redis gives them out in less than a millisecond. */
export const LOWEST_READ = 500;

/** Read the members of a sorted set with the lowest scores, `LOWEST_READ` at most, however many there are; null when the key is of another type. */
export function lowest(key: string): Read<readonly Scored[] | null> {
  return { read: 'scores', key, lowest: true };
}

/**
 * A figure computed from the views: once for all messages until a view changes or `validUntilMs` passes.
 * Pass a function of the module, never a closure made per message: it is what the result is remembered by.
 */
export function computed<S, T>(compute: (views: Views, settings: S, nowMs: number) => Computed<T>): Read<T> {
  return { read: 'computed', compute: compute as (views: Views, settings: never, nowMs: number) => Computed<T> };
}
