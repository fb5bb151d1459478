import type { Redis } from 'ioredis';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import { keys } from '../../../schemas/keys.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import type { Explanation } from './explanation.ts';
import { endOf, type Standing } from './plan-end.ts';
import { stepsOf } from './steps.ts';
import { type TraceOptions, type Traces, tracesOf } from './traces.ts';

/** The whole way of a plan across all gates, from what Redis keeps of it; writes nothing. */
export async function explainPlan(
  redis: Redis,
  portfolio: Portfolio,
  handlers: readonly AnyHandler[],
  planId: string,
  options: TraceOptions,
): Promise<Explanation> {
  let traces = await tracesOf(redis, portfolio, handlers, planId, options);
  let steps = stepsOf(traces, handlers);
  // What was finished after the log had been searched has its decision there by now.
  if (steps.some((step) => step.step === 'undecided' && step.reading === 'finished')) {
    traces = await tracesOf(redis, portfolio, handlers, planId, options);
    steps = stepsOf(traces, handlers);
  }
  const asked = [...traces.asked.values()].flat();
  const entries = [...traces.decisions, ...traces.plans, ...traces.proposals, ...traces.results, ...asked];
  const symbol = entries.map(({ fields }) => fields.symbol ?? '').find((name) => name !== '') ?? '';
  const standing = standingOf(traces, portfolio);
  return {
    portfolio: portfolio.prefix,
    plan_id: planId,
    symbol,
    ...endOf(steps, standing),
    standing: [...standing.permitted, ...standing.blocked],
    steps,
    searched: traces.searched,
  };
}

function standingOf({ keys: found, planId }: Traces, portfolio: Portfolio): Standing {
  const name = (is: boolean, key: string) => (is ? [portfolio.key(key)] : []);
  return {
    permitted: [
      ...name(found.permitLeftMs !== undefined, keys.permit(planId)),
      ...name(found.permittedBy !== undefined, keys.permitted(planId)),
    ],
    blocked: name(found.blocked, keys.block(planId)),
  };
}
