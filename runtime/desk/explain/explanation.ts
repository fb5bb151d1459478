import type { HeatContribution } from '../../../handlers/common/heat.ts';
import type { JudgedFigures } from '../../../schemas/api/judged-figure.ts';
import type { ToldCandidate } from '../../../schemas/api/plan.ts';
import type { ToldCheck } from '../../../schemas/check-words.ts';
import type { HeatBucket, HeatCause } from '../../../schemas/heat-gate.ts';
import type { PriceRange } from '../../../schemas/permit.ts';
import type { Fields } from '../../../schemas/wire.ts';
import type { Cooling, Heating } from './cooling.ts';
import type { Reading } from './reading.ts';
import type { Searched } from './search.ts';

interface At {
  /** Unix seconds; null where nothing says when. */
  readonly at: number | null;
  /** Stream id of the entry that tells it; empty where no entry does. */
  readonly id: string;
}

/** The heat a proposal was judged on. US dollars; `heat` of a position is its part of the portfolio's. */
export interface HeatBasis {
  readonly heat: number;
  readonly bucket: HeatBucket;
  readonly cause: HeatCause | null;
  readonly equity_usd: number | null;
  readonly risk_usd: number;
  readonly heat_min: number;
  readonly heat_max: number;
  readonly positions: readonly (HeatContribution & { readonly heat: number | null })[];
  readonly others_risk_usd: number;
  readonly sigma_missing: readonly string[];
  readonly notional_missing: readonly string[];
  readonly silent_positions: number;
  readonly cooler: Cooling | null;
  readonly hotter: Heating | null;
  /** Absent where no figure judged beside the heat. */
  readonly judged?: JudgedFigures | undefined;
}

/** What became of a permit; `taken_or_expired` where the governor did not look before its time was over. */
export type PermitFate = 'waiting' | 'taken' | 'taken_or_expired' | 'withdrawn' | 'revoked';

/** One station on a plan's way. `entry` is what the producer wrote, null where it has been trimmed. */
export type Step = At &
  (
    | { readonly step: 'proposal'; readonly action: string; readonly reason: string; readonly entry: Fields | null }
    | {
        readonly step: 'heat';
        readonly verdict: string;
        readonly reason: string;
        /** The reason in words, here as at every station that has a reason of a gate. */
        readonly words: string;
        readonly mode: string;
        readonly action: string;
        /** Null where the entry of `harvest.calibrated` is gone. */
        readonly calibrated_action: string | null;
        readonly checks: readonly ToldCheck[];
        readonly candidate?: ToldCandidate;
        readonly basis: HeatBasis | null;
        /** Why the book it was judged on cannot be told; absent where it can. */
        readonly facts_problem?: string;
      }
    | { readonly step: 'lookup'; readonly left_sec: number; readonly words: string; readonly fields: Fields }
    | { readonly step: 'plan'; readonly action: string; readonly entry: Fields | null }
    | {
        readonly step: 'governor';
        readonly verdict: string;
        readonly reason: string;
        readonly words: string;
        readonly mode: string;
        readonly action: string;
        readonly checks: readonly ToldCheck[];
        readonly candidate?: ToldCandidate;
      }
    | {
        readonly step: 'permit';
        readonly fate: PermitFate;
        readonly reason: string;
        readonly words: string;
        /** Seconds for which it can still be taken; null when it is gone. */
        readonly left_sec: number | null;
        /** The prices between which it may be executed; absent where it names none. */
        readonly range?: PriceRange;
      }
    | { readonly step: 'result'; readonly executed: boolean | null; readonly error: string; readonly entry: Fields }
    /** What the gates decided had no effect. */
    | {
        readonly step: 'alarm';
        readonly event: string;
        readonly reason: string;
        /** What it is about, in a sentence. */
        readonly words: string;
        readonly expected: string;
        readonly came: string;
      }
    | { readonly step: 'released'; readonly reason: string; readonly words: string }
    | {
        readonly step: 'decision';
        readonly handler: string;
        readonly verdict: string;
        readonly reason: string;
        readonly words: string;
        readonly mode: string;
        readonly action: string;
        readonly checks: readonly ToldCheck[];
        readonly candidate?: ToldCandidate;
      }
    | { readonly step: 'dead_letter'; readonly stream: string; readonly reason: string }
    /** In an input stream without a decision that was found: not read yet, not meant to be executed, or forgotten. */
    | {
        readonly step: 'undecided';
        readonly stream: string;
        readonly decision: string;
        readonly reading: Reading;
        readonly entry: Fields;
      }
  );

/** Where a plan's way ended, as far as is known. */
export const planEnds = [
  'executed',
  'not_executed',
  'permit_waiting',
  'permit_taken',
  'permit_taken_or_expired',
  'permit_withdrawn',
  'permit_revoked',
  'blocked',
  'ignored',
  'would_permit',
  'would_block',
  'exit_calibrated',
  'decided',
  'dead_letter',
  'undecided',
  'forgotten',
  'unknown',
] as const;

/** One of `planEnds`. */
export type PlanEnd = (typeof planEnds)[number];

/** The whole way of a plan, oldest station first. */
export interface Explanation {
  readonly portfolio: string;
  readonly plan_id: string;
  /** Empty where nothing names one. */
  readonly symbol: string;
  readonly end: PlanEnd;
  /** The end in a sentence. */
  readonly summary: string;
  /** Keys that still say that it had a permit, or was blocked, by their whole names. */
  readonly standing: readonly string[];
  readonly steps: readonly Step[];
  readonly searched: readonly Searched[];
}
