import { type HeatSettings, heatGaps } from '../../schemas/heat-gate.ts';
import { toJson } from '../../schemas/json.ts';
import { round10 } from '../../schemas/number.ts';
import { streamIdMs } from '../../schemas/time.ts';
import type { Check, Count, Decision, LogLine, Outcome } from '../common/effects.ts';
import type { BookHeat } from '../common/heat.ts';
import type { PortfolioHeat } from '../common/portfolio-heat.ts';
import { type GateCtx, gateEffects, type Judged } from './effects.ts';

/** Everything a judged proposal leads to; `book` is undefined when it could not be read (contract §1, Out and Metrics). */
export function gateOutcome(
  judged: Judged,
  settings: HeatSettings,
  ctx: GateCtx,
  book: BookHeat | undefined,
  factsJson: string,
): Outcome {
  return {
    decision: decisionOf(judged, settings, ctx, factsJson),
    effects: gateEffects(judged, ctx),
    counts: countsOf(judged, ctx, book),
    log: logOf(judged, ctx),
  };
}

/** The figures a judgment rests on, as a JSON object. */
export function figuresJson(heat: PortfolioHeat, settings: HeatSettings): string {
  return toJson({
    heat: heat.heat,
    bucket: heat.bucket,
    equity_usd: heat.equityUsd ?? null,
    cause: heat.cause,
    thresholds: { heat_min: settings.HEAT_MIN, heat_max: settings.HEAT_MAX },
  });
}

/** The figures with what the book says of itself as one more member, `book`. */
export function withBook(figures: string, bookJson: string): string {
  return `${figures.slice(0, -1)},"book":${bookJson}}`;
}

function decisionOf(judged: Judged, settings: HeatSettings, ctx: GateCtx, facts: string): Decision {
  const { proposal, judgment } = judged;
  return {
    verdict: judgment.softened === undefined ? 'PASS' : 'DOWNGRADE',
    reason: judgment.reason,
    symbol: proposal.symbol,
    planId: proposal.planId,
    action: proposal.action,
    checks: checksOf(judged, settings, ctx),
    facts,
  };
}

/** A full close needs a heat of `HEAT_MIN` to keep three quarters, of `HEAT_MAX` to pass whole; headroom is heat above the limit. */
function checksOf(judged: Judged, settings: HeatSettings, ctx: GateCtx): readonly Check[] {
  return [checkOf('heat_min', settings.HEAT_MIN, judged, ctx), checkOf('heat_max', settings.HEAT_MAX, judged, ctx)];
}

function checkOf(gate: string, limit: number, { heat, judgment }: Judged, ctx: GateCtx): Check {
  const refused = ctx.mode === 'enforce' ? 'refuse' : 'would_refuse';
  const known = heat.cause === undefined;
  const verdict = !judgment.heatDecides ? 'skipped' : known && heat.heat >= limit ? 'pass' : refused;
  return {
    gate,
    value: known ? heat.heat : null,
    limit,
    headroom: known ? round10(heat.heat - limit) : null,
    verdict,
  };
}

function countsOf({ heat, judgment }: Judged, ctx: GateCtx, book: BookHeat | undefined): readonly Count[] {
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

function logOf({ proposal, heat, judgment }: Judged, ctx: GateCtx): readonly LogLine[] {
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
