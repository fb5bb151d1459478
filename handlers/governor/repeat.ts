import { z } from 'zod';
import { type AskedPlan, askedText, parsePermitted } from '../../schemas/effect-proof.ts';
import { type AskEnd, askEnds } from '../../schemas/governor.ts';
import { parseJson, toJson } from '../../schemas/json.ts';
import type { Plan } from '../../schemas/plan.ts';
import { governorStateOf, killIsOn } from '../common/governor-state.ts';
import type { GovernorCtx } from './reads.ts';

const Asked = z.object({ expires_at: z.number(), permit: z.object({ granted: z.literal(true) }).catchall(z.json()) });
const Blocked = z.object({ asked: z.string() });

/** Why the repeat of a plan that had its permit has none. */
type NoRepeat = 'already_permitted' | 'plan_id_taken' | 'permit_expired' | AskEnd;

/** The permit that an asker has already, good up to `expires_at`, Unix seconds. */
export type KeptAsk = z.output<typeof Asked>;

/** What the repeat of a plan comes to: its permit, or why there is none. */
type Repeat = KeptAsk | NoRepeat;

/** Who asks for what, as the marker of a permitted plan keeps it; `undefined` for a plan that does not ask. */
export function askedBy(plan: Plan): AskedPlan | undefined {
  const [strategy] = plan.ask?.mailbox?.split(':') ?? [];
  if (strategy === undefined) return undefined;
  return { order: orderOf(plan), strategy, symbol: plan.symbol };
}

/** What stands before the permit where it is kept for a repeat: an answer that was lost can be had again. */
export function keptAsk(expiresAt: number): string {
  return `{${toJson({ expires_at: expiresAt }).slice(1, -1)},"permit":`;
}

/** What the repeat of a plan that was permitted comes to, by the state now. */
export function repeatOf(plan: Plan, { facts, nowMs }: GovernorCtx): Repeat {
  const asks = askedBy(plan);
  const { asked } = parsePermitted(facts.permitted.text ?? '') ?? {};
  if (asks === undefined || asked === undefined) return 'already_permitted';
  if (askedText(asked) !== askedText(asks)) return 'plan_id_taken';
  const isHalted = governorStateOf(facts.state).tradingState === 'HALTED';
  if (killIsOn(facts.kill) || isHalted) return 'permit_revoked';
  const text = facts.asked?.text ?? null;
  if (text === null) return 'permit_expired';
  const end = askEnds.find((one) => one === text);
  if (end !== undefined) return end;
  const kept = Asked.safeParse(parseJson(text));
  if (!kept.success) return 'already_permitted';
  return nowMs < kept.data.expires_at * 1000 ? kept.data : 'permit_expired';
}

/** Whether another ask was refused under the same plan id. */
export function isTakenByBlock(plan: Plan, { facts }: GovernorCtx): boolean {
  const text = facts.blocked?.text ?? null;
  if (text === null) return false;
  const asks = askedBy(plan);
  const blocked = Blocked.safeParse(parseJson(text));
  return asks !== undefined && blocked.success && blocked.data.asked !== askedText(asks);
}

/** All of a plan that its permit rests on, and its deadline does not. */
function orderOf(plan: Plan): string {
  const { action, side, qty, closeQty, price, limitPrice, notionalUsd, reduceOnly, killScore, resize } = plan;
  const sizes = resize === undefined ? [] : [resize.minQty];
  return [action, side, qty, closeQty, price, limitPrice, notionalUsd, reduceOnly, killScore, ...sizes]
    .map((one) => one ?? '')
    .join(',');
}
