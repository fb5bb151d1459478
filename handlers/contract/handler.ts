import type { z } from 'zod';
import type { DescribedStream } from '../../schemas/api/streams/described.ts';
import type { CheckWords } from '../../schemas/check-words.ts';
import type { DecisionRecord } from '../../schemas/decision.ts';
import type { Fields } from '../../schemas/wire.ts';
import type { CandidateRules } from './candidate-rules.ts';
import type { Count, Outcome, Ruling } from './effects.ts';
import type { JointFace, Reading, Skip, WhatIf } from './faces.ts';
import type { GateHealthShape, GateListener } from './listener.ts';
import type { Lookup } from './lookup.ts';
import type { FactsOf, Read } from './reads.ts';
import type { ReasonWords } from './words.ts';

/** The four gates that `GATES` and `mode` name; every handler belongs to one. */
export type Gate = 'heat-gate' | 'heat-bridge' | 'risk-governor' | 'governor' | (string & {});

/** Where a handler's messages come from. */
export type Source<S> =
  | {
      readonly kind: 'stream';
      readonly stream: string;
      readonly group: string;
      /** Names of the settings that override stream, group and consumer (whole names, default portfolio only). */
      readonly overrides?: { readonly stream?: string; readonly group?: string; readonly consumer?: string };
    }
  | { readonly kind: 'every'; intervalMs(settings: S): number }
  | { readonly kind: 'after' }
  | { readonly kind: 'watch'; readonly intervalMs: number };

/** A metric family. Counters with `initial` label sets exist at 0 from the start. */
export interface MetricSpec {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /**
   * Set for a gauge that is shown from the start and without Redis: it is of this process, or an alert on it must not
   * resolve. Any other is of state in Redis, and absent until that was seen and while Redis is away.
   */
  readonly kept?: true;
  /** Set for a family of the whole process: it never has a `portfolio` label. */
  readonly perProcess?: true;
  /**
   * Set for a gauge of which one portfolio's value says something of all: the one shown where a process sums the figures
   * of many portfolios. Without it there is none then.
   */
  readonly acrossPortfolios?: 'max' | 'min';
  readonly help: string;
  readonly labels?: readonly string[];
  readonly buckets?: readonly number[];
  readonly initial?: readonly Readonly<Record<string, string>>[];
  /** The gate the family belongs to, where it is not that of the handler. */
  readonly gate?: Gate;
}

/** What surrounds a message: all that a judgment may rest on. A test builds one from a plain object. */
export interface Ctx<S, F> {
  readonly facts: F;
  readonly settings: S;
  readonly mode: string;
  /** Unix ms by Redis's clock (or the simulated one). */
  readonly nowMs: number;
  /** Stream id of the source entry. */
  readonly sourceId: string;
  readonly portfolio: string;
  /** All fields of the source entry. */
  readonly source: Fields;
  /** The candidate policy beside the one in force, for a handler that heeds it. */
  readonly candidate?: CandidateRules<S> | undefined;
  /** Version of the candidate that this judgment is by; undefined where it is by what is in force. */
  readonly trialOf?: string | undefined;
}

/** What surrounds a message that could not be judged. */
export type FailureCtx<S> = Omit<Ctx<S, never>, 'facts'>;

/** What surrounds gauges: the facts, with no message. */
export type ObserverCtx<S, F> = Omit<Ctx<S, F>, 'sourceId' | 'source'>;

/** What a logged decision is judged again by. */
export type Rules<S> = Pick<Ctx<S, never>, 'settings' | 'mode'>;

/** What went wrong when a message could not be judged. */
export interface Failure {
  readonly reason: string;
  readonly attempts: number;
}

/** The modes of a gate: the setting that names one, the values it may have, what holds when nobody said, and what each means. */
export interface ModeSpec {
  readonly settings: readonly string[];
  readonly values: readonly string[];
  readonly initial: string;
  /** The mode in which it shows what it would do, and the one that an activation puts it into. */
  readonly resting: string;
  readonly enforcing: string;
  /** What comes of putting it into each, in a sentence. */
  readonly words: Readonly<Record<string, string>>;
  /** Modes in which nothing it decides has an effect. */
  readonly silent: readonly string[];
  /** What a change of the mode touches at once, for whoever is about to make one; nothing unless it says so. */
  readonly touches?: 'open_positions' | 'stored_budgets' | 'permits';
  /** Beginning of the names of hashes whose field `mode` says the mode they were made in: it follows a change at once. */
  readonly storedIn?: string;
  /** Why it cannot be in this mode where the environment has these settings; undefined where it can. */
  conflict?(mode: string, environment: Readonly<Record<string, string | undefined>>): string | undefined;
}

/** A stream that a gate writes, as other programs see it. */
export interface OutputStream extends DescribedStream {
  /** Entries that stay: those of the retention settings unless it says a number. */
  readonly keep?: number;
}

/** What the entries of the stream are that a gate reads. */
export type InputWords = Omit<DescribedStream, 'name' | 'direction'>;

/** A gate or feed. See docs/add-a-gate.md. */
export interface Handler<M, S, R extends Record<string, Read<unknown>>> {
  /** Name of its file; metric label, lane name and heading in the docs. */
  readonly name: string;
  readonly gate: Gate;
  /** One sentence: what it promises. */
  readonly summary: string;
  readonly on: Source<S>;
  /** Parses the fields of an entry. One that does not parse never reaches `handle`: it is a dead letter. */
  readonly message: z.ZodType<M>;
  /** Parses the environment names of this handler's settings, with defaults. */
  readonly settings: z.ZodType<S>;
  /** Documented setting names, for warnings about unknown ones. */
  readonly settingNames: readonly string[];
  /**
   * Those of its settings that a policy may set while it runs: limits and what figures count, no times to live, ports or
   * names. All else stays as the environment has it; `reads` and `on` always get the environment's.
   */
  readonly policySettings?: readonly string[];
  /** Settings that its policy settings must agree with, and that no policy sets: what the environment says of them is kept beside the policy. */
  readonly policyBeside?: readonly string[];
  readonly modes?: ModeSpec;
  /** Of a gate without modes: what it does in every mode of the others, as the end of a sentence. */
  readonly withoutModes?: string;
  /** Where its gate stands on the way of a plan, for lists: the smaller first, those without one last. */
  readonly stage?: number;
  /** Set where nothing it logs is a verdict of a gate: on a feed, and on a gate that only keeps what others decided. */
  readonly decides?: false;
  /** What the entries are that it reads, where other programs write them. */
  readonly input?: InputWords;
  /** Beginnings of the names of other programs' hashes, one a symbol, that it changes while it enforces. */
  readonly writesInto?: readonly string[];
  /** By what it shows that somebody acts on what it writes; by default that a group reads one of its outputs. */
  readonly usedWhen?: 'exits_softened' | 'budgets_compared' | 'permits_taken';
  /** The streams it writes: they are trimmed, documented, and written beside another system under our own prefix. */
  readonly outputs?: readonly OutputStream[];
  /** The keys that it keeps for other programs to look up: they are documented, and `explain` reads those by plan. */
  readonly lookups?: readonly Lookup[];
  /** Set by a gate that reads what it writes: commits carry a state token, later messages of a batch see earlier ones' effects. */
  readonly serial?: boolean;
  /** Set by a gate that obeys the kill switch and the trading state: what vanishes of them is noticed where it runs. */
  readonly heedsSwitches?: true;
  /** Set where it keeps what decisions of a candidate policy rest on: it is told of the candidate, and is not judged by it. */
  readonly heedsCandidate?: true;
  /** The least level of its log lines; undefined: that of the process. */
  logLevel?(settings: S): string | undefined;
  /** Messages of one commit at most (default: those of one read, 100). */
  readonly batch?: number;
  /** Longest wait of one blocking read, ms (default 2,000; at most 5,000): an idle lane turns at least this often. */
  pollMs?(settings: S): number;
  /** What the runtime counts for this lane: a loop turn, a failed read, a failed write, an entry that nobody can understand. */
  readonly laneCounts?: {
    readonly turn?: readonly Count[];
    readonly readFailed?: readonly Count[];
    readonly writeFailed?: readonly Count[];
    readonly unreadable?: readonly Count[];
  };
  readonly metrics: readonly MetricSpec[];
  /** Ports on which its gate is asked alone; every gate is asked on the one of all. */
  readonly listeners?: readonly GateListener[];
  /** What `/health` says of its gate on those. */
  readonly health?: GateHealthShape;
  /** The reasons its decisions may have, in words: `explain`, `evaluate` and the console tell them so. */
  readonly reasons?: Readonly<Record<string, ReasonWords>>;
  /** How its checks are called, by their names; one without words is told by its name. */
  readonly checks?: Readonly<Record<string, CheckWords>>;
  /** The facts to read for a message. */
  reads(message: M, settings: S): R;
  /** Judges one message. No I/O, no state, no clock of its own. */
  handle(message: M, ctx: Ctx<S, FactsOf<R>>): Outcome;
  /**
   * Judges a logged decision again under other settings or another mode, on the figures its log entry holds, by the
   * same rules as `handle`: under those it was made with the ruling is the same to the byte. Undefined when the entry
   * does not hold what that takes. For gates with limits.
   */
  rejudge?(record: DecisionRecord, under: Rules<S>): Ruling | undefined;
  /** The same after others came out otherwise: for a gate that reads what it decided, or what other gates did. */
  joint?(...about: Parameters<JointFace<S>>): ReturnType<JointFace<S>>;
  /** What `evaluate` takes of it besides `handle`: what can be supposed, and the largest size that would pass. */
  readonly whatIf?: WhatIf<FactsOf<R>>;
  /** The checks that it leaves out in a mode, or only tells of, and judges in others: whoever rehearses has to know. */
  skips?(mode: string, settings: S): readonly Skip[];
  /** What a logged decision says of it, for the figures of reports and activations; by default its checks say that. */
  reading?(record: DecisionRecord, settings: S): Reading;
  /** What the fail policy of this gate means once retries are used up; committed together with a copy to the dead letters. */
  onFailure(message: M, failure: Failure, ctx: FailureCtx<S>): Outcome;
  /** Gauges, set in every worker every five seconds from the same kind of reads. */
  readonly observe?: Observer<S>;
}

/** Gauges computed from reads, with no message. */
export interface Observer<S, R extends Record<string, Read<unknown>> = Record<string, Read<unknown>>> {
  reads(settings: S): R;
  gauges(ctx: ObserverCtx<S, FactsOf<R>>): readonly Count[];
  /** Lines logged once, when the worker starts; outputs have a prefix of their own beside another system. */
  startLines?(ctx: ObserverCtx<S, FactsOf<R>>, outputPrefix: string): readonly string[];
}

/** A handler whose type parameters do not matter to the runtime. */
export type AnyHandler = Handler<unknown, unknown, Record<string, Read<unknown>>>;

/** Declares a handler, with the types of its message, settings and facts following from what it says. */
export function defineHandler<M, S, R extends Record<string, Read<unknown>>>(
  handler: Handler<M, S, R>,
): Handler<M, S, R> {
  return handler;
}

/** Declares an observer, with the type of its facts following from its reads. */
export function observer<S, R extends Record<string, Read<unknown>>>(spec: Observer<S, R>): Observer<S, R> {
  return spec;
}

/** Messages are the entries of a stream, delivered to a consumer group. */
export function stream<S>(
  name: string,
  options: { group: string; overrides?: { stream?: string; group?: string; consumer?: string } },
): Source<S> {
  return { kind: 'stream', stream: name, ...options };
}

/** Messages are ticks of a schedule: `tick_id` and `scheduled_ms`, one for an interval however many workers run. */
export function every<S>(intervalMs: (settings: S) => number): Source<S> {
  return { kind: 'every', intervalMs };
}

/** Messages are what `later` effects of other handlers asked for, each once, when its time has come. */
export function after<S>(): Source<S> {
  return { kind: 'after' };
}

/** Runs in one worker of a portfolio at a time, on a timer; its effects guard themselves (`take`, held reads). */
export function watch<S>(intervalMs: number): Source<S> {
  return { kind: 'watch', intervalMs };
}
