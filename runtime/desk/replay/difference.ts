import { checksJson } from '../../../handlers/contract/checks-json.ts';
import type { Check, Ruling } from '../../../handlers/contract/effects.ts';
import { isSameRuling, refuses } from '../../../handlers/contract/ruling.ts';
import { type DecisionRecord, recordedChecks } from '../../../schemas/decision.ts';

/** What is different about a decision under other rules. */
export interface Difference {
  readonly verdictChanged: boolean;
  /** Verdict and reason as logged, and as they would have been. */
  readonly from: string;
  readonly to: string;
  /** The check that stands in the way on one side only; of several the one furthest from its limit. */
  readonly check: Check | undefined;
  /** How far that check's value is from its limit, as a share of the limit; 0 where that cannot be said. */
  readonly distance: number;
}

/** Whether a ruling is the logged one to the byte. */
export function isIdentical(record: DecisionRecord, ruling: Ruling): boolean {
  return isSameRuling(record, ruling) && checksJson(ruling.checks ?? []) === record.checks;
}

/**
 * What other rules change of a decision: its verdict or reason, or which of its checks stand in the way. Undefined
 * when that stays, though limits and headroom may be others.
 */
export function differenceOf(record: DecisionRecord, ruling: Ruling): Difference | undefined {
  const turned = turnedChecks(recordedChecks(record.checks), ruling.checks ?? []);
  const same = isSameRuling(record, ruling);
  if (same && turned.length === 0) return undefined;
  const check = [...turned].sort((a, b) => distanceOf(b) - distanceOf(a))[0];
  const distance = check === undefined ? 0 : distanceOf(check);
  const from = `${record.verdict} ${record.reason}`;
  const to = `${ruling.verdict} ${ruling.reason}`;
  const verdictChanged = record.verdict !== ruling.verdict;
  if (!same || check === undefined) return { verdictChanged, from, to, check, distance };
  const now = refuses(check);
  const [was, is] = [`${check.gate} ${word(!now)}`, `${check.gate} ${word(now)}`];
  return { verdictChanged, from: `${from}, ${was}`, to: `${to}, ${is}`, check, distance };
}

/** The checks, as they are now, that refused and do no more, or do now and did not. */
function turnedChecks(before: readonly Check[], after: readonly Check[]): readonly Check[] {
  const refused = new Set(before.filter(refuses).map(({ gate }) => gate));
  const known = new Set(before.map(({ gate }) => gate));
  return after.filter((check) => known.has(check.gate) && refuses(check) !== refused.has(check.gate));
}

function word(exceeded: boolean): string {
  return exceeded ? 'exceeded' : 'kept';
}

function distanceOf({ headroom, limit }: Check): number {
  if (headroom === null || typeof limit !== 'number') return 0;
  return limit === 0 ? Math.abs(headroom) : Math.abs(headroom / limit);
}
