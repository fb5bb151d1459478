import type { Redis } from 'ioredis';
import { DAY_SEC } from '../../../schemas/duration.ts';
import { counted } from '../../../schemas/figure-text.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { type EffectProof, effectProofOf, type ProvenFact } from '../activation/effect-proof.ts';
import { broken, type Finding, ok, said, warn } from './findings.ts';

/** Whether an executor acts on permits and softened exits, as far as the last day before `nowMs` tells (contract §4, Effect proof). */
export async function effectFindings(redis: Redis, portfolio: Portfolio, nowMs: number): Promise<Finding[]> {
  const proof = await effectProofOf(redis, portfolio);
  const isRecent = (fact: ProvenFact) => fact.last_at !== null && nowMs / 1000 - fact.last_at < DAY_SEC;
  return [permitsFinding(proof, isRecent), executionsFinding(proof, isRecent), exitsFinding(proof, isRecent)];
}

type IsRecent = (fact: ProvenFact) => boolean;

function permitsFinding({ permit_taken: taken, permit_not_taken: missed }: EffectProof, isRecent: IsRecent): Finding {
  const found = `${taken.count} taken, ${missed.count} not`;
  if (!isRecent(missed)) return ok('permits', found);
  const todo = 'Does the executor run, and take permit:{plan_id} with GETDEL within a minute?';
  const untaken = warn('permits', `${found}, the last of plan ${missed.last_plan_id}`, todo);
  return said(untaken, `${counted(missed.count, 'permit')} ran out without being taken`, missed.last_plan_id);
}

function executionsFinding(proof: EffectProof, isRecent: IsRecent): Finding {
  const { executed_with_permit: allowed, executed_without_permit: bypassing } = proof;
  const found = `${allowed.count} with a permit, ${bypassing.count} without`;
  if (!isRecent(bypassing)) return ok('executions', found);
  const todo = `portcullis explain ${bypassing.last_plan_id}; the executor must not trade without the permit of a plan.`;
  const stray = broken('executions', `${found}, the last of plan ${bypassing.last_plan_id}`, todo, bypassing.last_at);
  const says = `${counted(bypassing.count, 'order')} executed without a permit`;
  return said(stray, says, bypassing.last_plan_id);
}

function exitsFinding(proof: EffectProof, isRecent: IsRecent): Finding {
  const { calibrated_used: used, calibrated_not_used: ignored } = proof;
  const found = `${used.count} as the heat gate left them, ${ignored.count} not`;
  if (!isRecent(ignored)) return ok('softened exits', found);
  const todo = `portcullis explain ${ignored.last_plan_id}; the executor must follow harvest.calibrated.`;
  const strayed = broken('softened exits', `${found}, the last of plan ${ignored.last_plan_id}`, todo, ignored.last_at);
  const says = `${counted(ignored.count, 'exit')} not executed as the heat gate left it`;
  return said(strayed, says, ignored.last_plan_id);
}
