import { z } from 'zod';
import { actionKind } from '../schemas/action.ts';
import {
  FIVE_MINUTES_MS,
  GovernorSettings,
  governorPolicySettings,
  governorSettingNames,
  WITHDRAW_AFTER_MS,
} from '../schemas/governor.ts';
import { keys } from '../schemas/keys.ts';
import { hasLossLimits } from '../schemas/loss-limits.ts';
import { parseNumber } from '../schemas/number.ts';
import { parseOutstanding } from '../schemas/outstanding.ts';
import { limitsUse } from '../schemas/strategy-limits.ts';
import { DATA_LOST_HELD, dataLossReport } from './common/data-loss.ts';
import { EFFECT_PROOF_METRIC } from './common/effect-proof.ts';
import { watchedFrom } from './common/execution-proof.ts';
import { exposureOf } from './common/exposure.ts';
import { governorEventStreams } from './common/governor-events.ts';
import { GOVERNOR_METRICS } from './common/governor-metrics.ts';
import { GOVERNOR_MODES } from './common/governor-modes.ts';
import { autoDisarm, GOVERNOR_STATE_HELD, governorStateOf, killIsOn } from './common/governor-state.ts';
import { killReport } from './common/kill-report.ts';
import { knownExposure } from './common/known-exposure.ts';
import { LOSS_LATCH_HELD } from './common/loss-limits/figures.ts';
import { pauseReport } from './common/loss-limits/pauses.ts';
import { heldLoss, lossReport } from './common/loss-limits/report.ts';
import { streakWarnings } from './common/loss-limits/streak-warning.ts';
import { pausedNow, streakReads } from './common/loss-limits/streaks.ts';
import { trialReport } from './common/loss-limits/trial.ts';
import { takePermit } from './common/outstanding-permits.ts';
import { reservationsAt } from './common/reservations.ts';
import { bookingReads, forgottenUse, keptUse } from './common/strategy-booking.ts';
import { isAtRest, judgesAccount } from './common/watch-rest.ts';
import { nothing, type Outcome } from './contract/effects.ts';
import { type Ctx, defineHandler, watch } from './contract/handler.ts';
import { computed, type FactsOf, hash, LOWEST_READ, lowest, type Scored, scores, text } from './contract/reads.ts';

const INTERVAL_MS = 500;

const reads = {
  kill: text(keys.kill, true),
  killSeen: text(keys.killSeen, true),
  revokeUntil: text(keys.revokeUntil, true),
  state: hash(keys.governorState, GOVERNOR_STATE_HELD),
  dataLost: hash(keys.dataLost, DATA_LOST_HELD),
  outstanding: lowest(keys.outstanding),
  errors: scores(keys.governorErrors),
  reserved: hash(keys.reserved),
  portfolio: hash(keys.portfolioState),
  exposure: computed(exposureOf),
  proof: hash(keys.effectProof),
  lossLatch: hash(keys.lossLatch, ['rev', ...LOSS_LATCH_HELD]),
  ...streakReads,
  warned: hash(keys.lossWarned),
  lossTrial: hash(keys.lossTrial, ['rev']),
  ...bookingReads,
};

/** What a turn with nothing to do rests on: what positions show matters only where something waits for it. */
const { exposure: _positions, portfolio: _account, ...watchedReads } = reads;
const WATCHED = Object.keys(watchedReads);
const WATCHED_WITH_ACCOUNT = [...WATCHED, 'portfolio'];

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
  policySettings: governorPolicySettings,
  modes: GOVERNOR_MODES,
  heedsCandidate: true,
  outputs: governorEventStreams,
  metrics: [...GOVERNOR_METRICS, EFFECT_PROOF_METRIC],
  reads: () => reads,
  handle: (_turn, ctx) => ({
    ...joined([
      watched(ctx),
      killReport(ctx.facts, ctx),
      dataLossReport(ctx.facts, ctx),
      lossReport(ctx.facts, ctx.settings, ctx),
      pauseReport(ctx.facts, ctx.settings, ctx),
      streakWarnings(ctx.facts, ctx.settings, ctx),
      trialReport(ctx.facts, ctx.candidate, ctx.nowMs),
      takenBack(ctx),
      freed(ctx),
      disarmed(ctx),
    ]),
    ...(isAtRest(ctx.facts, ctx.settings, ctx.nowMs) && {
      restsOn: judgesAccount(ctx.settings) ? WATCHED_WITH_ACCOUNT : WATCHED,
    }),
  }),
  onFailure: () => nothing,
});

function watched({ facts, nowMs }: WatchCtx): Outcome {
  return { effects: watchedFrom(facts.proof, nowMs) };
}

/** Permits are read and taken back oldest first; where all that were read are due, more may be. */
function takenBack(ctx: WatchCtx): Outcome {
  const { facts, nowMs } = ctx;
  const outstanding = facts.outstanding ?? [];
  const { untilMs, reason, opensOnly = false, symbols } = revocation(ctx);
  const isRevoked = ({ score, member }: Scored) =>
    score <= untilMs && !(opensOnly && onlyCloses(member)) && symbols?.has(parseOutstanding(member).symbol) !== false;
  const revoked = outstanding.filter(isRevoked);
  const withdrawn = outstanding.filter((one) => !isRevoked(one) && nowMs - one.score >= WITHDRAW_AFTER_MS);
  const effects = [
    ...revoked.map((permit) => takePermit(permit, { event: 'PERMIT_REVOKED', reason }, ctx)),
    ...withdrawn.map((permit) => takePermit(permit, { event: 'PERMIT_WITHDRAWN', reason: 'not_taken' }, ctx)),
  ];
  const more = effects.length === LOWEST_READ;
  const marked = facts.revokeUntil.text !== null || facts.revokeUntil.wrongType;
  if (marked && revoked.length === 0) effects.push({ do: 'del', key: keys.revokeUntil });
  return { effects, more };
}

/** Which permits are revoked: those given up to then, Unix ms, or of those only what opens. */
interface Revocation {
  readonly untilMs: number;
  readonly reason: string;
  readonly opensOnly?: boolean;
  /** Of those only what is in these symbols. */
  readonly symbols?: ReadonlySet<string>;
}

/** All permits while the switch is on, those of before it once it is off again; what opens while a loss limit holds. */
function revocation({ facts, settings, nowMs }: WatchCtx): Revocation {
  const reason = 'kill_switch_active';
  if (killIsOn(facts.kill)) return { untilMs: Infinity, reason };
  if (governorStateOf(facts.state).tradingState === 'HALTED') return { untilMs: Infinity, reason: 'halted' };
  const untilMs = parseNumber(facts.revokeUntil.text);
  if (untilMs !== undefined) return { untilMs, reason };
  if (hasLossLimits(settings) && heldLoss(facts.lossLatch) !== undefined) {
    return { untilMs: Infinity, reason: 'loss_limit', opensOnly: true };
  }
  const paused = pausedNow(facts, settings, nowMs);
  if (paused.all !== undefined) return { untilMs: Infinity, reason: 'loss_limit', opensOnly: true };
  if (paused.symbols.size > 0) {
    return { untilMs: Infinity, reason: 'loss_limit', opensOnly: true, symbols: paused.symbols };
  }
  return { untilMs: -Infinity, reason };
}

function onlyCloses(member: string): boolean {
  const { action, closes } = parseOutstanding(member);
  return closes || actionKind(action, false) === 'CLOSE';
}

/** What strategies hold is kept before the room of what it came from is given back. */
function freed({ facts, settings, nowMs }: WatchCtx): Outcome {
  const exposure = knownExposure(facts.exposure, facts.portfolio, settings, nowMs);
  const reservations = reservationsAt(facts.reserved, exposure.reportOf, nowMs);
  const kept = limitsUse(settings) ? keptUse(facts, exposure, reservations, nowMs) : forgottenUse(facts);
  const fields = [...reservations.released, ...reservations.unreadable];
  if (fields.length === 0) return { effects: kept };
  return {
    effects: [...kept, { do: 'hdel', scope: 'shared', key: keys.reserved, fields }],
    log: reservations.unreadable.map((planId) => ({
      level: 'warn',
      text: `reservation of ${planId} cannot be read - deleted`,
    })),
  };
}

function disarmed({ facts, settings, mode, nowMs }: WatchCtx): Outcome {
  const state = governorStateOf(facts.state);
  const errors = (facts.errors ?? []).filter(({ score }) => nowMs - score < FIVE_MINUTES_MS).length;
  if (!settings.GOV_ENABLE_AUTO_DISARM || !state.armed || errors < settings.GOV_DISARM_ON_ERROR_COUNT) return nothing;
  const check = `[{"gate":"evaluation_errors","value":${errors},"limit":${settings.GOV_DISARM_ON_ERROR_COUNT}}]`;
  return autoDisarm(state, 'evaluation_errors', { mode, checks: check }, nowMs);
}

function joined(outcomes: readonly Outcome[]): Outcome {
  return {
    effects: outcomes.flatMap((outcome) => outcome.effects),
    counts: outcomes.flatMap((outcome) => outcome.counts ?? []),
    log: outcomes.flatMap((outcome) => outcome.log ?? []),
    more: outcomes.some((outcome) => outcome.more === true),
  };
}
