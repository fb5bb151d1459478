import { plan } from '../schemas/api/streams/described.ts';
import { ApplyResult } from '../schemas/apply-result.ts';
import { parsePermitted } from '../schemas/effect-proof.ts';
import { GovernorSettings, governorSettingNames, TAKEN_BACK_TTL_SEC } from '../schemas/governor.ts';
import { keys, streams } from '../schemas/keys.ts';
import { round10 } from '../schemas/number.ts';
import { parseReservation } from '../schemas/reservation.ts';
import { parseStrategyOrder, type StrategyFill, type StrategyOrder } from '../schemas/strategy-use.ts';
import { streamIdMs } from '../schemas/time.ts';
import { EFFECT_PROOF_METRIC } from './common/effect-proof.ts';
import { executionOutcome, executionReads } from './common/execution-proof.ts';
import { governorEvent, governorEventStreams } from './common/governor-events.ts';
import { GOVERNOR_MODES } from './common/governor-modes.ts';
import { withoutRoom } from './common/otherwise/orders.ts';
import { endedAsk } from './common/outstanding-permits.ts';
import { booked } from './common/strategy-booking.ts';
import { type Effect, nothing, type Outcome } from './contract/effects.ts';
import { type Ctx, defineHandler, stream } from './contract/handler.ts';
import { type FactsOf, hash, text } from './contract/reads.ts';

const readsOf = ({ planId }: ApplyResult) => ({
  reserved: hash(keys.reserved),
  strategyOrder: text(keys.strategyOrder(planId)),
  ...executionReads(planId),
});

type ResultReads = ReturnType<typeof readsOf>;
type ResultCtx = Ctx<GovernorSettings, FactsOf<ResultReads>>;

/**
 * Frees what a plan reserved once its executor says that it was not executed (contract §4, Reservations). A permit that is
 * still there goes with it: taken later, it would have no room under the caps. Of a plan that was executed it says
 * whether that was by its permit, and as the heat gate left it (contract §4, Effect proof).
 */
export default defineHandler<ApplyResult, GovernorSettings, ResultReads>({
  name: 'governor-results',
  gate: 'governor',
  summary: 'Frees the reservation of a plan that was not executed, and says whether one that was had its permit.',
  on: stream(streams.results, { group: 'governor_results', overrides: { stream: 'STREAM_RESULTS' } }),
  input: {
    summary: 'What became of plans',
    writers: 'Executors, and the account feed where `FEED_FILL_RESULTS` is on',
    readers: '',
    fields: {
      plan_id: plan.plan_id,
      'symbol?': plan.symbol,
      'action?': 'What was executed, where it is not the action of the plan',
      'executed?': 'A boolean',
      'qty?': 'How much was executed, where it is not all; of a close counted for its strategy',
      'error?': 'Why not, in words; `duplicate_plan` says that it may have run before',
    },
    more: true,
  },
  message: ApplyResult,
  settings: GovernorSettings,
  settingNames: governorSettingNames,
  modes: GOVERNOR_MODES,
  outputs: governorEventStreams,
  metrics: [EFFECT_PROOF_METRIC],
  reads: readsOf,
  handle,
  joint: (logged, _under, carried) => ({ ruling: undefined, carried: withoutRoom(logged, carried) }),
  onFailure: () => nothing,
});

function handle(result: ApplyResult, ctx: ResultCtx): Outcome {
  if (result.duplicate) return nothing;
  if (result.executed === undefined) return nothing;
  const outcome = result.executed ? executionOutcome(result, ctx) : notExecuted(result, ctx);
  return { ...outcome, effects: [...outcome.effects, ...askEffects(result, ctx), ...strategyEffects(result, ctx)] };
}

/** A permit that its asker used or gave back is none any more. */
function askEffects({ planId, executed }: ApplyResult, { facts, sourceId }: ResultCtx): readonly Effect[] {
  const permitted = parsePermitted(facts.permitted.text ?? '');
  if (permitted?.asked === undefined || streamIdMs(sourceId) < permitted.plannedMs) return [];
  return [endedAsk(planId, executed === true ? 'permit_used' : 'permit_given_back')];
}

/** What a plan came to is its strategy's from then on: told once, for the order is taken away with it. */
function strategyEffects({ planId, executed, qty }: ApplyResult, { facts, sourceId }: ResultCtx): readonly Effect[] {
  const order = parseStrategyOrder(facts.strategyOrder.text);
  const permitted = parsePermitted(facts.permitted.text ?? '');
  if (order === undefined || permitted === undefined || streamIdMs(sourceId) < permitted.plannedMs) return [];
  const key = keys.strategyOrder(planId);
  const fill = fillOfResult(order, qty);
  const isNothing = executed !== true || (fill.qty ?? fill.notional_usd) === 0;
  if (isNothing) return [{ do: 'del', key }];
  return [{ do: 'take', key, taken: [booked(planId, fill)], gone: [] }];
}

/**
 * It counts from its permit on: what is told of a close comes too late to be taken off what was opened after it. Of an
 * order that opens the whole counts, at most the position: fills are told one by one, and the first is not all.
 */
function fillOfResult({ closes, qty, notional_usd, ...about }: StrategyOrder, said: number | undefined): StrategyFill {
  if (closes && qty === null && said !== undefined) return { ...about, qty: -said, notional_usd: 0 };
  const part = !closes || qty === null || said === undefined || said >= qty ? 1 : said / qty;
  const sign = closes ? -1 : 1;
  return {
    ...about,
    qty: qty === null ? null : round10(sign * qty * part),
    notional_usd: round10(sign * notional_usd * part),
  };
}

function notExecuted(result: ApplyResult, ctx: ResultCtx): Outcome {
  const { planId, symbol } = result;
  const answered = answeredEffects(planId, ctx);
  const stored = ctx.facts.reserved.fields?.[planId];
  if (stored === undefined || isOlder(stored, ctx.sourceId)) return { effects: answered };
  const strategy = parseReservation(stored)?.strategy;
  const details = { planId, symbol, strategy, reason: 'not_executed', mode: ctx.mode };
  const withdrawn = governorEvent('PERMIT_WITHDRAWN', details, ctx.nowMs);
  const takenBack: Effect = {
    do: 'set',
    key: keys.takenBack(planId),
    value: 'permit_withdrawn',
    ttlSec: TAKEN_BACK_TTL_SEC,
  };
  return {
    decision: { verdict: 'RELEASED', reason: 'not_executed', planId, symbol, strategy },
    effects: [
      ...answered,
      { do: 'hdel', scope: 'shared', key: keys.reserved, fields: [planId] },
      { do: 'take', key: keys.permit(planId), taken: [withdrawn, takenBack], gone: [] },
    ],
    log: [{ level: 'info', text: `${symbol}: reservation of plan ${planId} released - not executed` }],
  };
}

/** Who says that it did not execute a plan has read it: its permit is not one that nobody took. */
function answeredEffects(planId: string, { facts, sourceId }: ResultCtx): readonly Effect[] {
  const permitted = parsePermitted(facts.permitted.text ?? '');
  if (facts.permit.text === null || permitted === undefined) return [];
  if (streamIdMs(sourceId) < permitted.plannedMs) return [];
  return [{ do: 'set', key: keys.answered(planId), value: '1', ttlSec: TAKEN_BACK_TTL_SEC, bestEffort: {} }];
}

/** An answer from before the permit is about an earlier try of the plan. */
function isOlder(stored: string, sourceId: string): boolean {
  const reservation = parseReservation(stored);
  return reservation !== undefined && streamIdMs(sourceId) < reservation.created_ms;
}
