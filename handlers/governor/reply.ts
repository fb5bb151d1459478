import type { Ask } from '../../schemas/ask.ts';
import { type GovernorReason, MAILBOX_KEEPS, PERMIT_TTL_SEC } from '../../schemas/governor.ts';
import { type Json, toJson } from '../../schemas/json.ts';
import { keys } from '../../schemas/keys.ts';
import type { Plan } from '../../schemas/plan.ts';
import { streamIdMs } from '../../schemas/time.ts';
import type { Effect, PiecedText } from '../contract/effects.ts';
import type { GovernorCtx } from './reads.ts';
import { type KeptAsk, keptAsk } from './repeat.ts';

/** When a plan that asks is too late, Unix ms by Redis's clock; undefined for one that does not ask. */
export function deadlineMs({ ask }: Plan, sourceId: string): number | undefined {
  return ask?.timeoutMs === undefined ? undefined : streamIdMs(sourceId) + ask.timeoutMs;
}

/** Why a plan that asks is refused before any gate is asked. */
export function askRefusal({ ask }: Plan, { nowMs, sourceId }: Moment): GovernorReason | undefined {
  if (ask === undefined) return undefined;
  if (ask.mailbox === undefined || ask.timeoutMs === undefined) return 'ask_unreadable';
  return nowMs > streamIdMs(sourceId) + ask.timeoutMs ? 'deadline_passed' : undefined;
}

/** When a plan is judged. */
type Moment = Pick<GovernorCtx, 'nowMs' | 'sourceId'>;

/** Hands the permit to whoever asked, and keeps it for a repeat; nothing for a plan that does not ask. In dry run nothing is granted. */
export function granting(plan: Plan, permit: PiecedText, { mode, nowMs }: GovernorCtx): readonly Effect[] {
  if (plan.ask?.mailbox === undefined) return [];
  const pieces = typeof permit === 'string' ? [permit] : permit;
  if (mode === 'dry_run') return [pushed(plan.ask.mailbox, said(plan, { granted: false, reason: 'dry_run' }, pieces))];
  const expiresAt = Math.floor(nowMs / 1000) + PERMIT_TTL_SEC;
  return [
    pushed(plan.ask.mailbox, said(plan, { granted: true, reason: 'ok', expires_at: expiresAt }, pieces)),
    { do: 'set', key: keys.asked(plan.planId), value: [keptAsk(expiresAt), ...pieces, '}'], ttlSec: PERMIT_TTL_SEC },
  ];
}

/** Tells whoever asks again what permit they have. */
export function grantedBefore(plan: Plan, { expires_at, permit }: KeptAsk): readonly Effect[] {
  if (plan.ask?.mailbox === undefined) return [];
  const about = { granted: true, repeated: true, reason: 'ok', expires_at };
  return [pushed(plan.ask.mailbox, said(plan, about, [toJson(permit)]))];
}

function said(plan: Plan, about: Record<string, Json>, permit: readonly string[]): PiecedText {
  return [`${toJson({ plan_id: plan.planId, ...about }).slice(0, -1)},"permit":`, ...permit, '}'];
}

/** Tells whoever asked why there is no permit; nothing for a plan that does not ask. `checks` is JSON text. */
export function denying(plan: Plan, reason: string, checks = '[]'): readonly Effect[] {
  if (plan.ask?.mailbox === undefined) return [];
  const about = toJson({ plan_id: plan.planId, granted: false, reason });
  return [pushed(plan.ask.mailbox, [`${about.slice(0, -1)},"checks":`, checks, '}'])];
}

/** A mailbox of another type is its owner's harm alone: no plan waits for it. */
function pushed(mailbox: NonNullable<Ask['mailbox']>, value: PiecedText): Effect {
  const key = keys.reply(mailbox);
  return { do: 'push', key, value, keep: MAILBOX_KEEPS, ttlSec: PERMIT_TTL_SEC, bestEffort: {} };
}
