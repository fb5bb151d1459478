import { actionSuffix, plainAction } from '../../schemas/action.ts';
import type { HarvestProposal } from '../../schemas/harvest.ts';
import type { CalibratedReason, HeatSettings, SoftenedAction } from '../../schemas/heat-gate.ts';
import { toJson } from '../../schemas/json.ts';
import { round10 } from '../../schemas/number.ts';
import { wordRun } from '../../schemas/words.ts';
import { recordedRisk } from '../common/book-risk/judged.ts';
import { failureJson } from '../common/failure-json.ts';
import { lastOf } from '../common/last-of.ts';
import {
  type HeatFacts,
  heatReason,
  type PortfolioHeat,
  portfolioHeat,
  unknownHeat,
} from '../common/portfolio-heat.ts';
import type { Check, Ruling } from '../contract/effects.ts';
import type { Failure } from '../contract/handler.ts';

/** A heat, and the checks it comes to: of a full close that heat decides over, and of any other exit. */
export interface Standards {
  readonly heat: PortfolioHeat;
  readonly decidingChecks: readonly Check[];
  readonly skippedChecks: readonly Check[];
}

/** What proposals of one moment are judged by: the same for all of them. */
export interface Basis extends Standards {
  /** JSON object for `debug_json`. */
  readonly debugJson: string;
  /** JSON object of the figures the judgment rests on, for the decision log. */
  readonly factsJson: string;
  /** The same of the book, which many decisions rest on; undefined where nothing could be judged. */
  readonly bookJson: string | undefined;
}

/** What proposals are judged by; worked out once for all that are judged on the same facts. */
export const basisOf = lastOf((facts: HeatFacts, settings: HeatSettings, nowMs: number, mode: string): Basis => {
  const heat = portfolioHeat(facts, settings, nowMs);
  const figures = figuresJson(heat, settings);
  return {
    ...standardsOf(heat, settings, mode),
    debugJson: withBook(figures, facts.book.totalsJson),
    factsJson: figures,
    bookJson: facts.book.factsJson,
  };
});

/** What a proposal is judged by that could not be judged: nothing is known (contract §1, FAIL-CLOSED). */
export function failedBasis(failure: Failure, settings: HeatSettings, mode: string): Basis {
  const json = failureJson(failure);
  return {
    ...standardsOf(unknownHeat('handler_failed'), settings, mode),
    debugJson: json,
    factsJson: json,
    bookJson: undefined,
  };
}

/** What exits are judged by at a heat, under these thresholds and in this mode. */
export function standardsOf(heat: PortfolioHeat, settings: HeatSettings, mode: string): Standards {
  return {
    heat,
    decidingChecks: checksOf(heat, settings, (pass) =>
      pass ? 'pass' : mode === 'enforce' ? 'refuse' : 'would_refuse',
    ),
    skippedChecks: checksOf(heat, settings, () => 'skipped'),
  };
}

/**
 * A full close needs a heat of `HEAT_MIN` to keep three quarters, of `HEAT_MAX` to pass whole; headroom is heat above the
 * limit. The heat is the one that is judged by, also where a figure is hotter than the portfolio's own.
 */
function checksOf(
  { heat: own, cause, risk }: PortfolioHeat,
  settings: HeatSettings,
  verdictOf: (pass: boolean) => Check['verdict'],
): readonly Check[] {
  const known = cause === undefined || risk?.hotter !== undefined;
  const heat = risk?.heat ?? own;
  const limits = { heat_min: settings.HEAT_MIN, heat_max: settings.HEAT_MAX };
  return Object.entries(limits).map(([gate, limit]) => ({
    gate,
    value: known ? round10(heat) : null,
    limit,
    headroom: known ? round10(heat - limit) : null,
    verdict: verdictOf(known && heat >= limit),
  }));
}

function figuresJson(heat: PortfolioHeat, settings: HeatSettings): string {
  return toJson({
    heat: heat.heat,
    bucket: heat.bucket,
    equity_usd: heat.equityUsd ?? null,
    equity_low_usd: heat.lowEquityUsd,
    cause: heat.cause,
    thresholds: { heat_min: settings.HEAT_MIN, heat_max: settings.HEAT_MAX },
    risk: recordedRisk(heat.risk?.figures ?? []),
  });
}

/** The figures with what the book says of itself as one more member, `book`. */
function withBook(figures: string, bookJson: string): string {
  return `${figures.slice(0, -1)},"book":${bookJson}}`;
}

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
 * (contract §1). While a reading that leaves no equity is in doubt, or a figure that judges is not known, every exit passes:
 * softening would keep it in the fall.
 */
export function judgeExit(proposal: Exit, heat: PortfolioHeat, settings: HeatSettings): ExitJudgment {
  const plain = plainAction(proposal.action);
  if (plain.startsWith('PARTIAL_')) return unchanged(proposal, 'partial_unchanged');
  if (plain !== 'FULL_CLOSE') return unchanged(proposal, 'non_full_close_unchanged');
  if (isProtective(proposal, settings)) return unchanged(proposal, 'protective_exit_unchanged');
  if (heat.cause === 'equity_doubted') return unchanged(proposal, 'equity_doubted');
  const reason = heatReason(heat);
  if (heat.bucket !== 'HOT' && heat.risk?.unknown !== undefined) return unchanged(proposal, reason);
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
