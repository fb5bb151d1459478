import { checksJson } from '../../../handlers/contract/checks-json.ts';
import type { Decision, Outcome, PiecedText, Ruling } from '../../../handlers/contract/effects.ts';
import { differs } from '../../../handlers/contract/ruling.ts';

/** A candidate policy as a handler judges by it; without a mode, the one in force. */
export interface Candidate {
  readonly version: string;
  readonly settings: unknown;
  readonly mode?: string;
}

/** What a candidate says of one message. */
export interface CandidateRuling {
  /** JSON object for the decision log: `version`, `verdict`, `reason`, `checks`. */
  readonly json: PiecedText;
  readonly gate: string;
  readonly differs: boolean;
}

/** What a candidate says beside a decision; where judging by it fails, that is what it says, and the decision stands. */
export async function candidateRuling(
  decision: Decision,
  { version }: Candidate,
  gate: string,
  judge: () => Promise<Outcome>,
): Promise<CandidateRuling | undefined> {
  const ruling = await judge().then(
    (outcome) => outcome.decision,
    (error: unknown): Ruling => ({ verdict: 'FAILED', reason: error instanceof Error ? error.message : String(error) }),
  );
  if (ruling === undefined) return undefined;
  const { verdict, reason, checks = [] } = ruling;
  const head = JSON.stringify({ version, verdict, reason });
  const json = [`${head.slice(0, -1)},"checks":`, checksJson(checks), '}'];
  return { json, gate, differs: differs(decision, ruling) };
}

/** The outcome with what is counted of the candidate once it is committed. */
export function withCandidateCounted(outcome: Outcome, { differs: other, gate }: CandidateRuling): Outcome {
  if (!other) return outcome;
  const count = { metric: 'portcullis_candidate_differs_total', labels: { gate } };
  return { ...outcome, counts: [...(outcome.counts ?? []), count] };
}
