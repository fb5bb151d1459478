import type { LiveDecisions } from '../../../../../schemas/api/decision.ts';
import type { LoggedDecision } from '../../../../desk/decisions/decisions.ts';
import { decisionRow, type GateOf } from '../../../../desk/explain/decision-rows.ts';

/** Rows that an event carries at most; its counts are of all. */
export const MOST_ROWS = 50;

/** An event of the stream, as text on the wire. With `id`, it is from there that a cut connection resumes. */
export function eventText(event: string, data: unknown, id?: string): string {
  const named = id === undefined ? '' : `id: ${id}\n`;
  return `${named}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** The event of the decisions after `from`, all of them given, oldest first: every one counted, the newest 50 shown. */
export function decisionsEvent(from: string, decisions: readonly LoggedDecision[], gateOf: GateOf): string {
  const to = decisions.at(-1)?.id ?? from;
  const data: LiveDecisions = {
    from,
    to,
    count: decisions.length,
    counts: countsOf(decisions, gateOf),
    entries: decisions.slice(-MOST_ROWS).map((decision) => decisionRow(decision, gateOf)),
    sampled: decisions.length > MOST_ROWS,
  };
  return eventText('decisions', data, to);
}

function countsOf(decisions: readonly LoggedDecision[], gateOf: GateOf): LiveDecisions['counts'] {
  const byKind = new Map<string, { gate: string; verdict: string; count: number }>();
  for (const { fields } of decisions) {
    const gate = gateOf.get(fields.handler ?? '')?.gate ?? '';
    const verdict = fields.verdict ?? '';
    const counted = byKind.get(`${gate} ${verdict}`) ?? { gate, verdict, count: 0 };
    byKind.set(`${gate} ${verdict}`, { ...counted, count: counted.count + 1 });
  }
  return [...byKind.values()];
}
