/** Flat string fields to write, in order. */
export type WriteFields = Readonly<Record<string, string>>;

/** A text, or the pieces of one: a long piece that many writes of a batch have in common is sent to Redis once. */
export type PiecedText = string | readonly string[];

/** The text that pieces make. */
export function wholeText(text: PiecedText): string {
  return typeof text === 'string' ? text : text.join('');
}

/** How the source entry's own fields join a write, exact to the byte. */
export interface SourceCopy {
  /** Source fields that are left out. */
  readonly omit: readonly string[];
  /** Source fields that are kept under `input_<name>`, because the gate has a field of that name. */
  readonly rename: readonly string[];
}

/** What belongs to a write that may fail alone: the other effects still land, and this is counted instead. */
export interface BestEffort {
  readonly applied?: readonly Count[];
  readonly failed?: readonly Count[];
  readonly warning?: string;
}

interface Common {
  /**
   * `shared` keys (streams, state that many messages write) hold the lane when they are of the wrong type;
   * a key of one message's own (`message`, the default but for `emit`) fails that message alone.
   */
  readonly scope?: 'shared' | 'message';
  readonly bestEffort?: BestEffort;
  /** Applied only when no newer source entry was applied to this key before (stream ids compared). */
  readonly ifNewer?: boolean;
}

/** One write. Keys and stream names are without the portfolio prefix. Times to live are in seconds. */
export type Effect = Common &
  (
    | {
        readonly do: 'emit';
        readonly stream: string;
        readonly fields: WriteFields;
        readonly source?: SourceCopy;
        /** The entry carries its number, its hash and that of the entry before it: for the ops ledger. */
        readonly chained?: true;
      }
    | {
        readonly do: 'hset';
        readonly key: string;
        readonly fields: WriteFields;
        readonly ttlSec?: number;
        /** Delete the key first, so that exactly these fields remain. */
        readonly replace?: boolean;
        readonly source?: SourceCopy;
        /** Not applied (a failed best effort) when the hash's own time in this field is newer than `atMs`, by whole seconds. */
        readonly unlessNewer?: { readonly field: string; readonly atMs: number };
        /** Members of its JSON values that are Unix ms counted from the commit: moved on by how long after the judgment that comes. */
        readonly fromCommit?: readonly string[];
      }
    | {
        readonly do: 'set';
        readonly key: string;
        readonly value: PiecedText;
        readonly ttlSec?: number;
        /** The value is the moment of judging in epoch seconds, and becomes that of the commit. */
        readonly fromCommit?: true;
      }
    | { readonly do: 'del'; readonly key: string }
    | { readonly do: 'hdel'; readonly key: string; readonly fields: readonly string[] }
    | {
        readonly do: 'zadd';
        readonly key: string;
        readonly score: number;
        readonly member: string;
        readonly ttlSec?: number;
        /** The score is the moment of judging in Unix ms, and becomes that of the commit. */
        readonly fromCommit?: true;
      }
    | { readonly do: 'zrem'; readonly key: string; readonly members: readonly string[] }
    /** Remove the members with a score below `belowScore`. */
    | { readonly do: 'ztrim'; readonly key: string; readonly belowScore: number }
    /** Trigger the `after` handler of that name `delayMs` after the commit, once for an `id`, with these fields as its message. */
    | {
        readonly do: 'later';
        readonly handler: string;
        readonly id: string;
        readonly delayMs: number;
        readonly fields: WriteFields;
      }
    /** Append to a list that keeps its newest `keep` texts, and lives for `ttlSec` from then on. */
    | {
        readonly do: 'push';
        readonly key: string;
        readonly value: PiecedText;
        readonly keep: number;
        readonly ttlSec: number;
      }
    /** Add to whole numbers in a hash, whatever else was added since it was read; a field that is no whole number stays. */
    | { readonly do: 'hincr'; readonly key: string; readonly field: string; readonly by: number }
    /**
     * Take a key away, of whatever type, or with `member` that one out of a sorted set; `taken` applies only if it was
     * there, `gone` only if it was not. A key that may have expired says `expiry`: from `fromMs` on (Unix ms, at the
     * commit) its absence proves nothing, and `effects` apply instead of `gone`.
     */
    | {
        readonly do: 'take';
        readonly key: string;
        readonly member?: string;
        readonly taken: readonly Effect[];
        readonly gone: readonly Effect[];
        readonly expiry?: { readonly fromMs: number; readonly effects: readonly Effect[] };
      }
  );

/** An increment of a counter (`by` defaults to 1), a value of a gauge, or an observation of a histogram. */
export interface Count {
  readonly metric: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly by?: number;
  /** `unknown` takes the series away: NaN would spoil every sum over it. */
  readonly set?: number | 'unknown';
  readonly observe?: number;
}

/** A log line an operator may grep for. */
export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly text: string;
}

/** One judged limit: its value, its limit, how far the value is from it, and what that means. */
export interface Check {
  readonly gate: string;
  readonly value: number | string | boolean | null;
  readonly limit: number | string | boolean | null;
  readonly headroom: number | null;
  readonly verdict: 'pass' | 'refuse' | 'skipped' | 'would_refuse';
}

/** What goes to the decision log, in the commit of the effects. */
export interface Decision {
  readonly verdict: string;
  readonly reason: string;
  readonly symbol?: string;
  readonly planId?: string;
  readonly action?: string;
  /** Which strategy asked, where it is named. */
  readonly strategy?: string | undefined;
  readonly checks?: readonly Check[];
  /** The figures the judgment rests on, as JSON text: totals, ids, the 64 largest contributions and the remainder. */
  readonly facts?: string;
  /** What of the message the judgment rests on, as JSON text: what judging it again takes besides the facts. */
  readonly input?: string;
  /** One more member of the facts, as JSON text: what many decisions rest on is sent to Redis once for all of them. */
  readonly sharedFacts?: { readonly name: string; readonly json: string } | undefined;
}

/** What limits make of a message: the part of a decision that other settings may change. */
export type Ruling = Pick<Decision, 'verdict' | 'reason' | 'checks'>;

/** What a handler decided, as data. Nothing of it happens unless the source entry is acknowledged in the same commit. */
export interface Outcome {
  readonly decision?: Decision;
  readonly effects: readonly Effect[];
  readonly counts?: readonly Count[];
  readonly log?: readonly LogLine[];
  /** Of a `watch` handler: there is more to do than its facts told of, so it is asked again at once. */
  readonly more?: boolean;
  /**
   * Of a `watch` handler that has nothing to do: names of its reads of keys. While what those read stays as it is, and its
   * policy, it has nothing to do at any later time. Its turns are left out until then, but for one in ten seconds.
   */
  readonly restsOn?: readonly string[];
  /** Unix ms by Redis's clock: a commit that comes later is none, and the message is judged again. */
  readonly validUntilMs?: number;
  /** When the marker is already set, the entry is acknowledged as a duplicate: no effect applies, `counts` here do. */
  readonly dedupe?: { readonly key: string; readonly ttlSec: number; readonly counts: readonly Count[] };
}

/** The effects inside of one that takes a key: of each way it may go; none of any other effect. */
export function innerEffects(effect: Effect): readonly Effect[] {
  return effect.do === 'take' ? [...effect.taken, ...effect.gone, ...(effect.expiry?.effects ?? [])] : [];
}

/** An outcome that acknowledges the message and writes nothing. */
export const nothing: Outcome = { effects: [] };
