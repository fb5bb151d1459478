import { type DecisionRecord, decisionRecord, recordedChecks } from '../../../schemas/decision.ts';
import type { LoggedDecision } from '../decisions/decisions.ts';
import { type Difference, differenceOf } from '../replay/difference.ts';

/** What stands for the verdict on a plan that did not come up in one of two runs. */
const NOT_ASKED = 'not asked';

/** A decision that came up in one of two runs at least, with what is different about it in the other. */
export interface Pair {
  readonly decision: LoggedDecision;
  readonly record: DecisionRecord;
  readonly difference: Difference | undefined;
}

/** Pairs the decisions of the same hour in two runs: on plans by their ids, on cycles by their order. */
export function pairsOf(before: readonly LoggedDecision[], after: readonly LoggedDecision[]): readonly Pair[] {
  const others = new Map(named(after));
  const pairs = named(before).map(([name, decision]): Pair => {
    const record = decisionRecord(decision.fields);
    const other = others.get(name);
    others.delete(name);
    return { decision, record, difference: other === undefined ? gone(record) : between(record, other) };
  });
  const added = [...others.values()].map((decision): Pair => {
    const record = decisionRecord(decision.fields);
    return { decision, record, difference: { ...unasked, from: NOT_ASKED, to: words(record) } };
  });
  return [...pairs, ...added];
}

const unasked = { verdictChanged: true, check: undefined, distance: 0 } as const;

function gone(record: DecisionRecord): Difference {
  return { ...unasked, from: words(record), to: NOT_ASKED };
}

function between(record: DecisionRecord, { fields }: LoggedDecision): Difference | undefined {
  const { verdict, reason, checks } = decisionRecord(fields);
  return differenceOf(record, { verdict, reason, checks: recordedChecks(checks) });
}

/** Decisions by what they are about; of several about the same, each has its number. */
function named(decisions: readonly LoggedDecision[]): readonly (readonly [string, LoggedDecision])[] {
  const seen = new Map<string, number>();
  return decisions.map((decision) => {
    const { handler, plan_id = '' } = decision.fields;
    const about = `${handler} ${plan_id}`;
    const number = (seen.get(about) ?? 0) + 1;
    seen.set(about, number);
    return [`${about} ${number}`, decision] as const;
  });
}

function words({ verdict, reason }: DecisionRecord): string {
  return `${verdict} ${reason}`;
}
