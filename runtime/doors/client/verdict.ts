import { type LoggedCheck, recordedChecks } from '../../../schemas/decision.ts';
import type { Permit } from '../../../schemas/permit.ts';
import type { Fields } from '../../../schemas/wire.ts';

/** A plan that was sent, and where to look for its answer. */
export interface SentPlan {
  readonly plan_id: string;
  /** Id of its entry in the stream of plans. */
  readonly id: string;
  /** Id of the newest governor event before it was sent. */
  readonly events_after: string;
}

const answers = ['BLOCK', 'IGNORED', 'DUPLICATE'] as const;

/** Why a plan may not be executed: the governor's own event; the permit of a dry run; a permit that was gone before it was taken. */
export type Refusal = (typeof answers)[number] | 'DRY_RUN' | 'TAKEN_BACK';

/** What became of a plan: its permit, taken, or why there is none. */
export type Verdict =
  | { readonly granted: true; readonly permit: Permit }
  | {
      readonly granted: false;
      readonly event: Refusal;
      readonly reason: string;
      readonly checks: readonly LoggedCheck[];
    };

/** Nothing answered a plan in time: it must not be executed, and may still be answered. */
export class NoVerdict extends Error {}

/** The refusal that an entry of `governor.events` tells of, or `undefined` when it tells of none. */
export function refusalOf(fields: Fields): Extract<Verdict, { granted: false }> | undefined {
  const event = answers.find((name) => name === fields.event);
  if (event === undefined) return undefined;
  return { granted: false, event, reason: fields.reason ?? '', checks: recordedChecks(fields.checks) };
}
