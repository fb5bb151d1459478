import { ApplyResult } from '../schemas/apply-result.ts';
import { GovernorSettings, governorModeSpec, governorSettingNames } from '../schemas/governor.ts';
import { keys, streams } from '../schemas/keys.ts';
import { parseReservation } from '../schemas/reservation.ts';
import { streamIdMs } from '../schemas/time.ts';
import { nothing, type Outcome } from './common/effects.ts';
import { governorEvent } from './common/governor-events.ts';
import { type Ctx, defineHandler, stream } from './common/handler.ts';
import { type FactsOf, hash } from './common/reads.ts';

const reads = { reserved: hash(keys.reserved) };

type ResultCtx = Ctx<GovernorSettings, FactsOf<typeof reads>>;

/**
 * Frees what a plan reserved once its executor says that it was not executed (contract §4, Reservations). A permit that is
 * still there goes with it: taken later, it would have no room under the caps.
 */
export default defineHandler<ApplyResult, GovernorSettings, typeof reads>({
  name: 'governor-results',
  gate: 'governor',
  summary: 'Frees the reservation of a plan that was not executed.',
  on: stream(streams.results, { group: 'governor_results', overrides: { stream: 'STREAM_RESULTS' } }),
  message: ApplyResult,
  settings: GovernorSettings,
  settingNames: governorSettingNames,
  modes: governorModeSpec,
  metrics: [],
  reads: () => reads,
  handle,
  onFailure: () => nothing,
});

function handle(result: ApplyResult, ctx: ResultCtx): Outcome {
  if (result.executed !== false || result.duplicate) return nothing;
  const stored = ctx.facts.reserved.fields?.[result.planId];
  if (stored === undefined || isOlder(stored, ctx.sourceId)) return nothing;
  const { planId, symbol } = result;
  const details = { planId, symbol, reason: 'not_executed', mode: ctx.mode };
  const withdrawn = governorEvent('PERMIT_WITHDRAWN', details, ctx.nowMs);
  return {
    decision: { verdict: 'RELEASED', reason: 'not_executed', planId, symbol },
    effects: [
      { do: 'hdel', scope: 'shared', key: keys.reserved, fields: [planId] },
      { do: 'take', key: keys.permit(planId), taken: [withdrawn], gone: [] },
    ],
    log: [{ level: 'info', text: `${symbol}: reservation of plan ${planId} released - not executed` }],
  };
}

/** An answer from before the permit is about an earlier try of the plan. */
function isOlder(stored: string, sourceId: string): boolean {
  const reservation = parseReservation(stored);
  return reservation !== undefined && streamIdMs(sourceId) < reservation.created_ms;
}
