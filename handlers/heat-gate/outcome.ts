import { heatGaps } from '../../schemas/heat-gate.ts';
import { streamIdMs } from '../../schemas/time.ts';
import type { BookHeat } from '../common/heat.ts';
import type { Count, Decision, LogLine, Outcome } from '../contract/effects.ts';
import { type GateCtx, gateEffects, type JudgedExit } from './effects.ts';
import { rulingOf } from './judge.ts';
import { inputOf } from './rejudge.ts';

/** Everything a judged proposal leads to; `book` is undefined when it could not be read (contract §1, Out and Metrics). */
export function gateOutcome(judged: JudgedExit, ctx: GateCtx, book: BookHeat | undefined): Outcome {
  return {
    decision: decisionOf(judged),
    effects: gateEffects(judged, ctx),
    counts: countsOf(judged, ctx, book),
    log: logOf(judged, ctx),
  };
}

function decisionOf({ proposal, basis, judgment }: JudgedExit): Decision {
  const { verdict, reason, checks = [] } = rulingOf(judgment, basis);
  return {
    verdict,
    reason,
    checks,
    symbol: proposal.symbol,
    planId: proposal.planId,
    action: proposal.action,
    facts: basis.factsJson,
    input: inputOf(proposal),
  };
}

function countsOf(
  { basis: { heat }, judgment }: JudgedExit,
  ctx: GateCtx,
  book: BookHeat | undefined,
): readonly Count[] {
  const lagMs = Math.max(0, ctx.nowMs - streamIdMs(ctx.sourceId));
  const counts: Count[] = [
    { metric: 'p26_proposals_processed_total' },
    { metric: 'p26_stream_lag_ms', observe: lagMs },
  ];
  if (heat.cause !== undefined) counts.push(failure(heat.cause));
  const gaps = { sigma_missing: book?.sigmaMissing, notional_missing: book?.notionalMissing };
  for (const gap of heatGaps) {
    if ((gaps[gap]?.length ?? 0) > 0) counts.push(failure(gap));
  }
  if (judgment.softened !== undefined) {
    const labels = { from_action: 'FULL_CLOSE', to_action: judgment.softened, reason: judgment.reason };
    counts.push({ metric: 'p26_actions_downgraded_total', labels });
  }
  return counts;
}

function failure(reason: string): Count {
  return { metric: 'p26_failures_total', labels: { reason } };
}

function logOf({ proposal, basis: { heat }, judgment }: JudgedExit, ctx: GateCtx): readonly LogLine[] {
  const plan = proposal.planId.slice(0, 8);
  const word = ctx.mode === 'enforce' ? 'ENFORCE' : 'SHADOW-COMPARE';
  const downgraded = judgment.softened !== undefined;
  const heatText = `heat=${heat.heat.toFixed(4)} ${heat.bucket}`;
  const compared: LogLine = {
    level: 'info',
    text: `${word}: ${plan} | proposal=${proposal.action} vs calibrated=${judgment.action} | ${heatText} | downgraded=${downgraded ? 'True' : 'False'} reason=${judgment.reason}`,
  };
  if (!downgraded) return [compared];
  const text = `DOWNGRADE: ${plan} | ${proposal.symbol} ${proposal.action} -> ${judgment.action} | ${heatText} | reason=${judgment.reason}`;
  return [compared, { level: 'info', text }];
}
