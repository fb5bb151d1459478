import { z } from 'zod';
import {
  FIVE_MINUTES_MS,
  GovernorSettings,
  governorModeSpec,
  governorSettingNames,
  WITHDRAW_AFTER_MS,
} from '../schemas/governor.ts';
import { keys } from '../schemas/keys.ts';
import { type Effect, nothing, type Outcome } from './common/effects.ts';
import { exposureOf } from './common/exposure.ts';
import { governorEvent, ledgerEntry } from './common/governor-events.ts';
import { GOVERNOR_METRICS } from './common/governor-metrics.ts';
import { autoDisarm, governorStateOf, killIsOn } from './common/governor-state.ts';
import { type Ctx, defineHandler, watch } from './common/handler.ts';
import { knownExposure } from './common/known-exposure.ts';
import { computed, type FactsOf, hash, type Scored, scores, text } from './common/reads.ts';
import { reservationsAt } from './common/reservations.ts';

const INTERVAL_MS = 500;
/** Permits taken back in one turn at most, so that no commit holds Redis long. */
const PERMITS_PER_TURN = 1_000;

const reads = {
  kill: text(keys.kill, true),
  killSeen: text(keys.killSeen, true),
  state: hash(keys.governorState, 'rev'),
  outstanding: scores(keys.outstanding),
  errors: scores(keys.governorErrors),
  reserved: hash(keys.reserved),
  portfolio: hash(keys.portfolioState),
  exposure: computed(exposureOf),
};

type WatchCtx = Ctx<GovernorSettings, FactsOf<typeof reads>>;

const Turn = z.looseObject({});

/** Twice a second: reports the kill switch, takes permits back, frees reservations, and disarms after errors (contract §4). */
export default defineHandler<z.output<typeof Turn>, GovernorSettings, typeof reads>({
  name: 'governor-watch',
  gate: 'governor',
  summary: 'Takes back permits on a kill or when nobody took them, and frees what they reserved.',
  on: watch(INTERVAL_MS),
  message: Turn,
  settings: GovernorSettings,
  settingNames: governorSettingNames,
  modes: governorModeSpec,
  metrics: GOVERNOR_METRICS,
  reads: () => reads,
  handle: (_turn, ctx) => joined([killReport(ctx), takenBack(ctx), freed(ctx), disarmed(ctx)]),
  onFailure: () => nothing,
});

/** A switch that was turned by any other means than an operator's command is reported here. */
function killReport({ facts, mode, nowMs }: WatchCtx): Outcome {
  const on = killIsOn(facts.kill);
  const before = killIsOn(facts.killSeen);
  if (on === before) return nothing;
  const reason = 'key written outside portcullis';
  const [event, action] = on ? (['KILL_ON', 'kill_on'] as const) : (['KILL_OFF', 'kill_off'] as const);
  const change = { action, actor: 'unknown', reason, before: before ? 'on' : 'off', after: on ? 'on' : 'off' };
  return {
    effects: [
      { do: 'set', scope: 'shared', key: keys.killSeen, value: on ? '1' : '0' },
      governorEvent(event, { reason, mode }, nowMs),
      ledgerEntry(change, nowMs),
    ],
    log: [{ level: 'error', text: `${event}: ${reason}` }],
  };
}

function takenBack(ctx: WatchCtx): Outcome {
  const killed = killIsOn(ctx.facts.kill);
  const halted = governorStateOf(ctx.facts.state).tradingState === 'HALTED';
  const outstanding = ctx.facts.outstanding;
  const [permits, event] =
    killed || halted
      ? ([outstanding, 'PERMIT_REVOKED'] as const)
      : ([outstanding.filter(({ score }) => ctx.nowMs - score >= WITHDRAW_AFTER_MS), 'PERMIT_WITHDRAWN'] as const);
  const reason = killed ? 'kill_switch_active' : halted ? 'halted' : 'not_taken';
  return { effects: permits.slice(0, PERMITS_PER_TURN).map((permit) => takeBack(permit, event, reason, ctx)) };
}

/** A permit that is gone was taken: its order may be under way, so its reservation stays. */
function takeBack(
  { member }: Scored,
  event: 'PERMIT_REVOKED' | 'PERMIT_WITHDRAWN',
  reason: string,
  { mode, nowMs }: WatchCtx,
): Effect {
  const [planId = '', symbol = '', action = ''] = member.split(':');
  const known: Effect = { do: 'zrem', scope: 'shared', key: keys.outstanding, members: [member] };
  return {
    do: 'take',
    key: keys.permit(planId),
    taken: [
      known,
      { do: 'hdel', scope: 'shared', key: keys.reserved, fields: [planId] },
      governorEvent(event, { planId, symbol, action, reason, mode }, nowMs),
    ],
    gone: [known],
  };
}

function freed({ facts, settings, nowMs }: WatchCtx): Outcome {
  const { reportOf } = knownExposure(facts.exposure, facts.portfolio, settings, nowMs);
  const { released, unreadable } = reservationsAt(facts.reserved, reportOf, nowMs);
  const fields = [...released, ...unreadable];
  if (fields.length === 0) return nothing;
  return {
    effects: [{ do: 'hdel', scope: 'shared', key: keys.reserved, fields }],
    log: unreadable.map((planId) => ({ level: 'warn', text: `reservation of ${planId} cannot be read - deleted` })),
  };
}

function disarmed({ facts, settings, mode, nowMs }: WatchCtx): Outcome {
  const state = governorStateOf(facts.state);
  const errors = facts.errors.filter(({ score }) => nowMs - score < FIVE_MINUTES_MS).length;
  if (!settings.GOV_ENABLE_AUTO_DISARM || !state.armed || errors < settings.GOV_DISARM_ON_ERROR_COUNT) return nothing;
  const check = `[{"gate":"evaluation_errors","value":${errors},"limit":${settings.GOV_DISARM_ON_ERROR_COUNT}}]`;
  return autoDisarm(state, 'evaluation_errors', { mode, checks: check }, nowMs);
}

function joined(outcomes: readonly Outcome[]): Outcome {
  return {
    effects: outcomes.flatMap((outcome) => outcome.effects),
    counts: outcomes.flatMap((outcome) => outcome.counts ?? []),
    log: outcomes.flatMap((outcome) => outcome.log ?? []),
  };
}
