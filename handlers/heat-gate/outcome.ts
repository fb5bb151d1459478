import type { HarvestProposal, HeatDecisionEntry } from '../../schemas/harvest.ts';
import { type HeatAction, type HeatLevel, heatGaps, type SoftenedAction } from '../../schemas/heat-gate.ts';
import { keys, streams } from '../../schemas/keys.ts';
import { formatNumber } from '../../schemas/number.ts';
import { isFresh, streamIdMs, timeOf, toEpochSeconds } from '../../schemas/time.ts';
import type { BookHeat } from '../common/heat.ts';
import type { PortfolioHeat } from '../common/portfolio-heat.ts';
import type { Count, Decision, Effect, LogLine, Outcome, SourceCopy } from '../contract/effects.ts';
import type { FailureCtx } from '../contract/handler.ts';
import { type Basis, type ExitJudgment, rulingOf } from './judge.ts';
import { BOOK, inputOf } from './rejudge.ts';

/** A proposal older than this is not written to the live hash; seconds (contract §1). */
const LIVE_HASH_TTL_SEC = 300;

/** What surrounds a proposal and can be told without facts. */
type GateCtx = FailureCtx<unknown>;

/** A judged proposal, with what it was judged by. */
interface JudgedExit {
  readonly proposal: HarvestProposal;
  readonly basis: Basis;
  readonly judgment: ExitJudgment;
}

const CARRIED = ['plan_id', 'symbol', 'trace_id', 'action', 'harvest_action'];
const CALIBRATED_SOURCE: SourceCopy = {
  omit: CARRIED,
  rename: [
    'original_action',
    'calibrated_action',
    'heat_value',
    'heat_bucket',
    'mode',
    'calibrated',
    'reason',
    'timestamp',
  ],
};
const LIVE_SOURCE: SourceCopy = {
  omit: CARRIED,
  rename: ['original_action', 'heat_value', 'heat_bucket', 'calibrated', 'calibrated_by', 'downgrade_reason', 'ts'],
};
const RECOMMENDED: Readonly<Record<SoftenedAction, string>> = { PARTIAL_25: '0.25', PARTIAL_75: '0.75' };

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
    strategy: proposal.strategy,
    facts: basis.factsJson,
    input: inputOf(proposal),
    sharedFacts: basis.bookJson === undefined ? undefined : { name: BOOK, json: basis.bookJson },
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
  if (heat.risk?.unknown !== undefined) counts.push(failure('risk_unknown'));
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

/** What a judged proposal writes: both streams in every mode, the live hash in enforce and while it is young (contract §1, Out). */
function gateEffects(judged: JudgedExit, ctx: GateCtx): readonly Effect[] {
  const calibrated: Effect = {
    do: 'emit',
    stream: streams.calibrated,
    fields: calibratedFields(judged, ctx),
    source: CALIBRATED_SOURCE,
  };
  const decision: Effect = { do: 'emit', stream: streams.heatDecisions, fields: decisionFields(judged, ctx) };
  const live = ctx.mode === 'enforce' ? liveHash(judged, ctx) : undefined;
  return live === undefined ? [calibrated, decision] : [calibrated, decision, live];
}

/** The trace id of a proposal, derived from its stream id where it has none, so that judged again it is the same. */
function traceIdOf(proposal: HarvestProposal, sourceId: string): string {
  return proposal.traceId ?? `p26-${sourceId}`;
}

function calibratedFields({ proposal, basis: { heat }, judgment }: JudgedExit, ctx: GateCtx): Record<string, string> {
  return {
    trace_id: traceIdOf(proposal, ctx.sourceId),
    plan_id: proposal.planId,
    symbol: proposal.symbol,
    original_action: proposal.action,
    calibrated_action: judgment.action,
    heat_value: formatNumber(heat.heat),
    heat_bucket: heat.bucket,
    mode: ctx.mode,
    calibrated: 'true',
    reason: judgment.reason,
    timestamp: toEpochSeconds(ctx.nowMs),
  };
}

function decisionFields({ proposal, basis, judgment }: JudgedExit, ctx: GateCtx): HeatDecisionEntry {
  const { heat } = basis;
  return {
    ts_epoch: toEpochSeconds(ctx.nowMs),
    symbol: proposal.symbol,
    plan_id: proposal.planId,
    in_action: proposal.action,
    out_action: judgment.outAction,
    heat_level: levelOf(heat),
    heat_score: formatNumber(heat.heat),
    heat_action: heatActionOf(judgment),
    recommended_partial: judgment.softened === undefined ? '' : RECOMMENDED[judgment.softened],
    reason: heat.cause ?? (heat.risk?.unknown === undefined ? 'ok' : `${heat.risk.unknown}_unknown`),
    inputs_age_sec: heat.inputsAgeSec === undefined ? '' : String(heat.inputsAgeSec),
    mode: ctx.mode,
    debug_json: basis.debugJson,
  };
}

function heatActionOf(judgment: ExitJudgment): HeatAction {
  return judgment.softened === undefined ? 'NONE' : 'DOWNGRADE_FULL_TO_PARTIAL';
}

function levelOf(heat: PortfolioHeat): HeatLevel {
  if (heat.cause !== undefined) return 'unknown';
  switch (heat.bucket) {
    case 'COLD':
      return 'cold';
    case 'WARM':
      return 'warm';
    case 'HOT':
      return 'hot';
  }
}

function liveHash({ proposal, basis: { heat }, judgment }: JudgedExit, ctx: GateCtx): Effect | undefined {
  const atMs = timeOf(ctx.source) ?? streamIdMs(ctx.sourceId);
  if (!isFresh(atMs, ctx.nowMs, LIVE_HASH_TTL_SEC * 1000)) return undefined;
  const key = keys.liveProposal(proposal.symbol);
  return {
    do: 'hset',
    key,
    ttlSec: LIVE_HASH_TTL_SEC,
    ifNewer: true,
    unlessNewer: { field: 'last_update_epoch', atMs },
    source: LIVE_SOURCE,
    bestEffort: {
      applied: [{ metric: 'p26_hash_writes_total' }],
      failed: [{ metric: 'p26_hash_write_fail_total' }],
      warning: `HASH WRITE FAILED: ${ctx.portfolio}:${key} keeps the original of plan ${proposal.planId}: it is no hash, or its last_update_epoch is newer than the proposal; consume harvest.calibrated instead`,
    },
    fields: {
      action: judgment.action,
      harvest_action: judgment.action,
      original_action: proposal.action,
      heat_value: formatNumber(heat.heat),
      heat_bucket: heat.bucket,
      calibrated: '1',
      calibrated_by: 'p26_heat_gate',
      downgrade_reason: judgment.reason,
      trace_id: traceIdOf(proposal, ctx.sourceId),
      plan_id: proposal.planId,
      symbol: proposal.symbol,
      ts: toEpochSeconds(ctx.nowMs),
    },
  };
}
