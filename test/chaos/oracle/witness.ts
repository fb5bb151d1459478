/** An entry of a stream: its id and its fields. */
export interface Entry {
  readonly id: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** A stream that a handler reads, and what is left of it. */
export interface SourceOfWork {
  readonly handler: string;
  readonly stream: string;
  readonly logs: 'always' | 'sometimes' | 'never';
  readonly entries: readonly Entry[];
  readonly deadLetters: readonly Entry[];
  /** Entries delivered and not finished. */
  readonly pending: number;
  /** Whether entries wait that nobody was given. */
  readonly waiting: boolean;
}

/** An entry of the decision log. */
export interface Decision {
  readonly id: string;
  readonly verdict: string;
  readonly reason: string;
  readonly handler: string;
  readonly sourceId: string;
  readonly planId: string;
  readonly symbol: string;
  readonly action: string;
  /** Unix seconds at which it was judged; the id says when it was committed. */
  readonly judgedSec: number;
  /** What the commit wrote to streams, each as `key id`. */
  readonly outputs: readonly string[];
}

/** From when to when something was so, Unix ms by Redis's clock. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The lookups of HeatBridge. */
export interface Lookups {
  readonly byPlan: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly latest: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly latestPlan: ReadonlyMap<string, string>;
}

/** What a bot was told of a plan that it asked for. */
export interface AskAnswered {
  readonly planId: string;
  /** Whether it only closes. */
  readonly closes: boolean;
  readonly granted: boolean;
  readonly reason: string;
}

/** What Redis keeps of a permit for a repeat of its ask, at the end of a run. */
export interface KeptAsk {
  readonly key: string;
  /** When it is gone, Unix ms; undefined: never. */
  readonly endsMs: number | undefined;
  /** When the permit that it holds is none any more, Unix seconds. */
  readonly expiresAtSec: number;
}

/** Everything that was written, read once nothing moves any more. */
export interface Witness {
  readonly sources: readonly SourceOfWork[];
  readonly decisions: readonly Decision[];
  /** Entries of the streams that only the gates write, by whole key. */
  readonly outputs: ReadonlyMap<string, readonly Entry[]>;
  /** Streams of which everything up to an id was deleted by a fault, by whole key. */
  readonly deleted: ReadonlyMap<string, string>;
  /** Events of the governor that were in their stream when a fault deleted it. */
  readonly deletedEvents: readonly Entry[];
  /** When the kill switch was on. */
  readonly killed: readonly Span[];
  readonly snapshots: readonly Entry[];
  readonly results: readonly Entry[];
  /** Unix ms at which a plan entry that got an OPEN permit was judged, by its source id. */
  readonly openedMs: ReadonlyMap<string, number>;
  /** Plans with a permit, and with a block, in Redis. */
  readonly permits: ReadonlySet<string>;
  readonly blocks: ReadonlySet<string>;
  readonly lookups: Lookups;
  /** What the bots that asked were told, oldest first. */
  readonly told: readonly AskAnswered[];
  /** Permits that are kept for whoever asks again. */
  readonly kept: readonly KeptAsk[];
}

/** Something that must not be, in one line. */
export type Finding = string;

/** Unix ms of a stream id. */
export function msOf(id: string): number {
  return Number.parseInt(id, 10);
}

/** How often each value comes. */
export function tally(values: Iterable<string>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

/** Values that come more than once. */
export function repeated(values: Iterable<string>): readonly string[] {
  return [...tally(values)].flatMap(([value, count]) => (count > 1 ? [value] : []));
}
