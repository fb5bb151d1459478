import type { Ask } from '../../schemas/ask.ts';
import { type GovernorReason, MAILBOX_KEEPS, PERMIT_TTL_SEC } from '../../schemas/governor.ts';
import { toJson } from '../../schemas/json.ts';
import { keys } from '../../schemas/keys.ts';
import type { Plan } from '../../schemas/plan.ts';
import { streamIdMs } from '../../schemas/time.ts';
import type { Effect, PiecedText } from '../contract/effects.ts';
import type { GovernorCtx } from './reads.ts';

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

/** Hands the permit to whoever asked; undefined for a plan that does not ask. In dry run nothing is granted. */
export function granting(plan: Plan, permit: PiecedText, { mode, nowMs }: GovernorCtx): Effect | undefined {
  if (plan.ask?.mailbox === undefined) return undefined;
  const dryRun = mode === 'dry_run';
  const said = toJson({
    plan_id: plan.planId,
    granted: !dryRun,
    reason: dryRun ? 'dry_run' : 'ok',
    expires_at: dryRun ? undefined : Math.floor(nowMs / 1000) + PERMIT_TTL_SEC,
  });
  return pushed(plan.ask.mailbox, [
    `${said.slice(0, -1)},"permit":`,
    ...(typeof permit === 'string' ? [permit] : permit),
    '}',
  ]);
}

/** Tells whoever asked why there is no permit; nothing for a plan that does not ask. `checks` is JSON text. */
export function denying(plan: Plan, reason: string, checks = '[]'): readonly Effect[] {
  if (plan.ask?.mailbox === undefined) return [];
  const said = toJson({ plan_id: plan.planId, granted: false, reason });
  return [pushed(plan.ask.mailbox, [`${said.slice(0, -1)},"checks":`, checks, '}'])];
}

/** A mailbox of another type is its owner's harm alone: no plan waits for it. */
function pushed(mailbox: NonNullable<Ask['mailbox']>, value: PiecedText): Effect {
  const key = keys.reply(mailbox);
  return { do: 'push', key, value, keep: MAILBOX_KEEPS, ttlSec: PERMIT_TTL_SEC, bestEffort: {} };
}
