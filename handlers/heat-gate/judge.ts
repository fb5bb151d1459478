import { actionSuffix, plainAction } from '../../schemas/action.ts';
import type { HarvestProposal } from '../../schemas/harvest.ts';
import type { CalibratedReason, HeatSettings, SoftenedAction } from '../../schemas/heat-gate.ts';
import { wordRun } from '../../schemas/words.ts';
import { heatReason, type PortfolioHeat } from '../common/portfolio-heat.ts';
import type { Ruling } from '../contract/effects.ts';
import type { Standards } from './basis.ts';

/** What became of a proposed exit. */
export interface ExitJudgment {
  /** The action to publish: the proposal's own as spelled, or the softened one written plain. */
  readonly action: string;
  /** The same with the `_PROPOSED` suffix of the proposal kept. */
  readonly outAction: string;
  /** Undefined when the exit passed unchanged. */
  readonly softened: SoftenedAction | undefined;
  readonly reason: CalibratedReason;
  /** Whether heat decides over this exit at all: a full close that is not protective. */
  readonly heatDecides: boolean;
}

/** What of a proposal its judgment rests on. */
export type Exit = Pick<HarvestProposal, 'action' | 'reason' | 'reasonCodes'>;

/**
 * Judges a proposed exit: only a full close that is not protective is ever softened, and nothing is ever hardened
 * (contract §1). While a reading that leaves no equity is in doubt, every exit passes: softening would keep it in the fall.
 */
export function judgeExit(proposal: Exit, heat: PortfolioHeat, settings: HeatSettings): ExitJudgment {
  const plain = plainAction(proposal.action);
  if (plain.startsWith('PARTIAL_')) return unchanged(proposal, 'partial_unchanged');
  if (plain !== 'FULL_CLOSE') return unchanged(proposal, 'non_full_close_unchanged');
  if (isProtective(proposal, settings)) return unchanged(proposal, 'protective_exit_unchanged');
  if (heat.cause === 'equity_doubted') return unchanged(proposal, 'equity_doubted');
  const reason = heatReason(heat);
  switch (heat.bucket) {
    case 'COLD':
      return softened(proposal, 'PARTIAL_25', reason);
    case 'WARM':
      return softened(proposal, 'PARTIAL_75', reason);
    case 'HOT':
      return { ...unchanged(proposal, reason), heatDecides: true };
  }
}

/** The ruling that a judged exit comes to. */
export function rulingOf(
  judgment: ExitJudgment,
  standards: Pick<Standards, 'decidingChecks' | 'skippedChecks'>,
): Ruling {
  return {
    verdict: judgment.softened === undefined ? 'PASS' : 'DOWNGRADE',
    reason: judgment.reason,
    checks: judgment.heatDecides ? standards.decidingChecks : standards.skippedChecks,
  };
}

/** Whether the reason, or one of the reason codes, of an exit holds a protective reason as a whole run of words (contract §1). */
export function isProtective(
  proposal: Omit<Exit, 'action'>,
  settings: Pick<HeatSettings, 'P26_PROTECTIVE_REASONS'>,
): boolean {
  const runs = settings.P26_PROTECTIVE_REASONS;
  if (runs.length === 0) return false;
  const texts = [proposal.reason, ...proposal.reasonCodes.split(',')].map(wordRun);
  return texts.some((text) => text !== '' && runs.some((run) => text.includes(run)));
}

function unchanged(proposal: Exit, reason: CalibratedReason): ExitJudgment {
  const { action } = proposal;
  return { action, outAction: action, softened: undefined, reason, heatDecides: false };
}

function softened(proposal: Exit, to: SoftenedAction, reason: CalibratedReason): ExitJudgment {
  const outAction = `${to}${actionSuffix(proposal.action)}`;
  return { action: to, outAction, softened: to, reason, heatDecides: true };
}
