import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { outputsOf } from '../../../handlers/contract/streams.ts';
import { span } from '../../../schemas/amount-text.ts';
import { counted } from '../../../schemas/figure-text.ts';
import { streams } from '../../../schemas/keys.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { type EffectProof, effectProofOf } from './effect-proof.ts';
import type { LogEvidence, Wiring } from './log-evidence.ts';

/** How long ago a reader that has entries waiting may have asked for some. */
const READER_WITHIN_SEC = 600;

/** Since when a gate is looked at, and the time it is now, Unix ms. */
interface LookedAt {
  readonly sinceMs: number;
  readonly nowMs: number;
}

/** Whether somebody uses what a gate writes (docs/evidence.md, Activation); `log` is what the decision log says of it. */
export async function wiringOf(
  redis: Redis,
  portfolio: Portfolio,
  { handlers, judge }: { readonly handlers: readonly AnyHandler[]; readonly judge: AnyHandler },
  log: LogEvidence,
  looked: LookedAt,
): Promise<Wiring> {
  switch (judge.usedWhen) {
    case 'exits_softened':
      return calibratedRead(await effectProofOf(redis, portfolio), looked);
    case 'budgets_compared':
      return budgetsRead(log, looked);
    case 'permits_taken':
      return permitsTaken(await effectProofOf(redis, portfolio), looked);
    default:
      return await outputsRead(redis, portfolio, handlers, judge.gate);
  }
}

/** Of a gate that proves nothing of its own: whether a group reads what it writes. */
async function outputsRead(
  redis: Redis,
  portfolio: Portfolio,
  handlers: readonly AnyHandler[],
  gate: string,
): Promise<Wiring> {
  const names = outputsOf(handlers.filter((handler) => handler.gate === gate)).map(({ name }) => name);
  for (const name of names) {
    const key = portfolio.streamKey(name);
    if ((await redis.type(key)) !== 'stream') continue;
    const [group] = (await redis.xinfo('GROUPS', key)) as unknown[][];
    if (group !== undefined) return { wired: true, found: `group ${group[group.indexOf('name') + 1]} reads ${name}` };
  }
  return {
    wired: false,
    found: `no consumer group on ${names.length === 0 ? 'anything it writes' : names.join(', ')}`,
  };
}

/** In shadow the original exit is the one to carry out: mostly all there is to see is a group that reads along. */
function calibratedRead({ calibrated_used, calibrated_readers }: EffectProof, { sinceMs, nowMs }: LookedAt): Wiring {
  const { last_at, last_plan_id } = calibrated_used;
  if (last_at !== null && last_at * 1000 >= sinceMs) {
    return { wired: true, found: `plan ${last_plan_id} was executed as softened ${ago(nowMs - last_at * 1000)}` };
  }
  const reading = calibrated_readers.find(
    ({ idle_sec, waiting }) => idle_sec !== null && (waiting === 0 || idle_sec <= READER_WITHIN_SEC),
  );
  if (reading !== undefined) return { wired: true, found: `group ${reading.group} reads ${streams.calibrated}` };
  const [first] = calibrated_readers;
  if (first === undefined) return { wired: false, found: `no consumer group on ${streams.calibrated}` };
  return { wired: false, found: `group ${first.group} left ${first.waiting} entries of ${streams.calibrated} unread` };
}

/** The governor refuses by budgets: plans that it compared with one. */
function budgetsRead({ budgets_read, budget_read_ms }: LogEvidence, { nowMs }: LookedAt): Wiring {
  if (budget_read_ms === null) return { wired: false, found: 'the governor compared no plan with a budget' };
  const last = ago(nowMs - budget_read_ms);
  const plans = `${counted(budgets_read, 'plan')}`;
  return { wired: true, found: `the governor compared ${plans} with a budget, the last ${last}` };
}

/** An executor takes its permits, and trades on nothing else. */
function permitsTaken(proof: EffectProof, { sinceMs, nowMs }: LookedAt): Wiring {
  const { permit_taken, permit_not_taken, executed_without_permit } = proof;
  const takenMs = (permit_taken.last_at ?? 0) * 1000;
  if (takenMs < sinceMs) return { wired: false, found: 'no permit was taken' };
  const without = executed_without_permit.last_at;
  if (without !== null && without * 1000 >= sinceMs) {
    const plan = executed_without_permit.last_plan_id;
    return { wired: false, found: `plan ${plan} was executed without a permit ${ago(nowMs - without * 1000)}` };
  }
  if ((permit_not_taken.last_at ?? 0) * 1000 > takenMs) {
    return { wired: false, found: `nobody took the permit of plan ${permit_not_taken.last_plan_id}, the last to end` };
  }
  return { wired: true, found: `permits are taken, the last ${ago(nowMs - takenMs)}` };
}

function ago(ms: number): string {
  return `${span(ms / 1000)} ago`;
}
