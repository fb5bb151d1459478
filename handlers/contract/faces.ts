import type { Hypothesis } from '../../schemas/evaluation.ts';
import type { Fields } from '../../schemas/wire.ts';
import type { Carried, JointRuling, Logged } from './carried.ts';
import type { Decision } from './effects.ts';
import type { AnyHandler, Rules } from './handler.ts';
import { inOrder } from './streams.ts';

/** What a gate does where it is asked what it would say of an entry: how another state than that of now is supposed. */
export interface WhatIf<F> {
  /** The facts with what is supposed in place of what was read; without it nothing but a mode can be supposed. */
  suppose?(facts: F, state: Hypothesis, nowMs: number): F;
  /** Whether an entry that is given without a gate is for this one. */
  claims?(entry: Fields): boolean;
  /** Why it decides nothing about an entry, where it decides nothing. */
  readonly silence?: string;
  /** Of a gate that may refuse an entry for its size: by what the largest size is found that would pass. */
  readonly size?: SizeFace<F>;
}

/** How the largest size that a gate lets pass is found: entries of other sizes are put to it. */
export interface SizeFace<F> {
  /** Whether a size is looked for at all. */
  isAsked(entry: Fields): boolean;
  /** The facts without what refuses one size and no other: the search takes it that all smaller ones pass. */
  sized?(facts: F): F;
  passes(decision: Decision): boolean;
  /** What a quantity of 1 is worth by a decision about it; undefined where that is not known. */
  priceUsd(decision: Decision): number | undefined;
  /** The exchange's step of quantity for an entry, where it is known. */
  stepQty?(facts: F, entry: Fields): number | undefined;
}

/**
 * Judges a logged decision again after others came out otherwise: on the figures it would have had, by what is carried so
 * far, and with what is otherwise after it. Under the settings they were made with all come out as they were logged.
 */
export type JointFace<S> = (logged: Logged, under: Rules<S>, carried: Carried) => JointRuling;

/** A check that a gate does not judge in its mode, or that refuses nothing there. */
export interface Skip {
  readonly check: string;
  readonly verdict: 'skipped' | 'would_refuse';
}

/** What the inputs of a decision were; `none` where it rested on none. */
export type Inputs = 'fresh' | 'stale' | 'missing' | 'none';

/** What a decision of the log says of its gate. */
export interface Reading {
  readonly inputs: Inputs;
  /** Whether positions were left out of the figures, for want of a volatility or a price. */
  readonly incomplete: boolean;
  /** Whether it could not be judged at all. */
  readonly failed: boolean;
  /** Whether the gate stood in the way, or would have. */
  readonly changed: boolean;
  /** An exit that has to go through, and whether it was touched all the same. */
  readonly protective: 'none' | 'kept' | 'changed';
  /** Whether it is about an exit; left out by a gate that judges none. */
  readonly exit?: boolean;
  /** Verdicts on symbols, each to be compared with the one before on that symbol. */
  readonly verdicts: readonly (readonly [symbol: string, verdict: string])[];
}

/** The handlers whose decisions are the word of their gate, one for each gate that decides anything, in the order of lists. */
export function judgesOf(handlers: readonly AnyHandler[]): readonly AnyHandler[] {
  const judges = inOrder(handlers).filter(
    ({ on, decides }) => decides !== false && (on.kind === 'stream' || on.kind === 'every'),
  );
  return [...new Set(judges.map(({ gate }) => gate))].flatMap((gate) => {
    const own = judges.filter((one) => one.gate === gate);
    return own.find(({ name }) => name === gate) ?? own.slice(0, 1);
  });
}
