import { closeFraction, plainAction } from '../../schemas/action.ts';
import type { ApplyResult } from '../../schemas/apply-result.ts';
import { type PermittedPlan, type ProofKind, parsePermitted, WATCHED_SINCE } from '../../schemas/effect-proof.ts';
import { PERMIT_TTL_SEC, TAKEN_BACK_TTL_SEC } from '../../schemas/governor.ts';
import { keys } from '../../schemas/keys.ts';
import { formatNumber, parseNumber } from '../../schemas/number.ts';
import { parseTimeMs, streamIdMs } from '../../schemas/time.ts';
import { checksJson } from '../contract/checks-json.ts';
import type { Effect, LogLine, Outcome } from '../contract/effects.ts';
import type { Ctx } from '../contract/handler.ts';
import { type FactsOf, type HashFact, hash, type TextFact, text } from '../contract/reads.ts';
import { proven } from './effect-proof.ts';
import { governorEvent } from './governor-events.ts';

/** Permits of before it was looked at may still be carried out this long, twice the life of a permit, ms. */
const GRACE_MS = 2 * PERMIT_TTL_SEC * 1000;

/** What tells whether an execution was permitted, and as the heat gate left it. */
export function executionReads(planId: string) {
  return {
    permit: text(keys.permit(planId)),
    permitted: text(keys.permitted(planId)),
    takenBack: text(keys.takenBack(planId)),
    calibrated: hash(keys.heatByPlan(planId)),
    proof: hash(keys.effectProof),
  };
}

type ExecutionCtx = Ctx<unknown, FactsOf<ReturnType<typeof executionReads>>>;

/** What a gate decided, what the executor did instead, and why that counts as no effect. */
interface Finding {
  readonly kind: ProofKind;
  /** The event of an alarm. */
  readonly alarm?: {
    readonly event: 'EXECUTED_WITHOUT_PERMIT' | 'CALIBRATED_NOT_USED';
    readonly reason: string;
    readonly expected: string;
    readonly came: string;
  };
}

/** What an execution proves, counted once for a plan: by its permit or not, as the heat gate left it or not (contract §4). */
export function executionOutcome(result: ApplyResult, ctx: ExecutionCtx): Outcome {
  const { planId } = result;
  const permitted = permittedBefore(ctx);
  const findings = [permitFinding(permitted, ctx), calibratedFinding(result, permitted, ctx)].filter(
    (finding) => finding !== undefined && (finding.alarm === undefined || mayAlarm(ctx)),
  ) as readonly Finding[];
  const found = findings.flatMap((finding) => effectsOf(finding, result, ctx));
  const effects = [...watchedFrom(ctx.facts.proof, ctx.nowMs), ...found];
  if (found.length === 0) return { effects };
  return {
    effects,
    log: findings.flatMap((finding) => logOf(finding, result)),
    dedupe: { key: keys.executionCounted(planId), ttlSec: TAKEN_BACK_TTL_SEC, counts: [] },
  };
}

/** Remembers since when effects are looked at, where nothing says it yet. */
export function watchedFrom(proof: HashFact, nowMs: number): readonly Effect[] {
  if (proof.wrongType || proof.fields?.[WATCHED_SINCE] !== undefined) return [];
  return [{ do: 'hset', key: keys.effectProof, fields: { [WATCHED_SINCE]: formatNumber(nowMs) }, bestEffort: {} }];
}

/** A dry run permits nothing that could be missing, and what was permitted before anybody looked is not known. */
function mayAlarm({ facts, mode, sourceId }: ExecutionCtx): boolean {
  const sinceMs = parseNumber(facts.proof.fields?.[WATCHED_SINCE]);
  return mode !== 'dry_run' && sinceMs !== undefined && streamIdMs(sourceId) >= sinceMs + GRACE_MS;
}

/** The permit that the execution may rest on: not one that was given to a later try of the plan. */
function permittedBefore({ facts, sourceId }: ExecutionCtx): PermittedPlan | undefined {
  const permitted = parsePermitted(facts.permitted.text ?? '');
  return permitted !== undefined && permitted.plannedMs <= streamIdMs(sourceId) ? permitted : undefined;
}

function permitFinding(permitted: PermittedPlan | undefined, { facts }: ExecutionCtx): Finding | undefined {
  if (isUnreadable(facts.permitted)) return undefined;
  const came = permitted === undefined ? 'no_permit' : (facts.takenBack.text ?? waiting(facts.permit.text));
  if (came === undefined) return { kind: 'executed_with_permit' };
  const alarm = { event: 'EXECUTED_WITHOUT_PERMIT', reason: came, expected: 'permit_taken', came } as const;
  return { kind: 'executed_without_permit', alarm };
}

function isUnreadable({ text: marker, wrongType }: TextFact): boolean {
  return wrongType || (marker !== null && parsePermitted(marker) === undefined);
}

function waiting(permit: string | null): string | undefined {
  return permit === null ? undefined : 'permit_not_taken';
}

/** Only a softened exit can tell: an executor that never reads the heat gate carries out the others alike. */
function calibratedFinding(
  { action }: ApplyResult,
  permitted: PermittedPlan | undefined,
  { facts }: ExecutionCtx,
): Finding | undefined {
  const { in_action: original = '', out_action: calibrated = '', mode, ts_epoch } = facts.calibrated.fields ?? {};
  const executed = action ?? permitted?.action;
  const [before, after] = [closeFraction(original), closeFraction(calibrated)];
  if (executed === undefined || before === undefined || after === undefined || after >= before) return undefined;
  const decidedMs = parseTimeMs(ts_epoch);
  if (permitted !== undefined && decidedMs !== undefined && decidedMs > permitted.plannedMs) return undefined;
  const [expected, came] = [plainAction(calibrated), plainAction(executed)];
  if (came === expected) return { kind: 'calibrated_used' };
  if (mode !== 'enforce' || (closeFraction(came) ?? 0) <= after) return undefined;
  const alarm = { event: 'CALIBRATED_NOT_USED', reason: 'more_aggressive', expected, came } as const;
  return { kind: 'calibrated_not_used', alarm };
}

function effectsOf({ kind, alarm }: Finding, result: ApplyResult, ctx: ExecutionCtx): readonly Effect[] {
  const { planId, symbol } = result;
  const counted = proven(kind, planId, ctx.nowMs);
  if (alarm === undefined) return counted;
  const { event, reason, expected, came } = alarm;
  const check = { gate: 'effect_proof', value: came, limit: expected, headroom: null, verdict: 'refuse' } as const;
  const action = result.action ?? parsePermitted(ctx.facts.permitted.text ?? '')?.action ?? '';
  const details = { planId, symbol, action, reason, mode: ctx.mode, checks: checksJson([check]) };
  return [...counted, governorEvent(event, details, ctx.nowMs)];
}

function logOf({ alarm }: Finding, { planId, symbol }: ApplyResult): readonly LogLine[] {
  if (alarm === undefined) return [];
  const { event, reason, expected, came } = alarm;
  return [{ level: 'warn', text: `${symbol}: ${event} plan ${planId} - ${reason}: expected ${expected}, got ${came}` }];
}
