import type { Redis } from 'ioredis';
import { governorStateOf, killIsOn } from '../../../handlers/common/governor-state.ts';
import type { AnyHandler } from '../../../handlers/contract/handler.ts';
import type { SkippedCheck } from '../../../schemas/check-words.ts';
import { keys } from '../../../schemas/keys.ts';
import { parseNumber } from '../../../schemas/number.ts';
import { type Overrides, overridesOf } from '../../../schemas/policy.ts';
import { type Fields, fieldsOf } from '../../../schemas/wire.ts';
import { droppedLimitsOf } from '../../engine/policy/dropped-limits.ts';
import { readInForce } from '../../engine/policy/in-force.ts';
import { modalGates } from '../../engine/policy/modal-gates.ts';
import { type Lag, measureLag } from '../../engine/status/lag.ts';
import type { LaneRef } from '../../engine/streams/lanes.ts';
import { portfolioNowMs } from '../../redis/clock.ts';
import { hashFact, textFact } from '../../redis/facts-now.ts';
import { isWrongType } from '../../redis/problem.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { type EffectProof, effectProofOf } from '../activation/effect-proof.ts';
import type { Gates } from '../activation/gates.ts';
import { type GateActivation, readActivations } from '../activation/record.ts';
import { type LoggedDecision, lastDecisions } from '../decisions/decisions.ts';
import { skippedChecks } from '../evaluate/skips.ts';
import { type AheadStream, streamsAhead } from '../streams/ahead.ts';
import { type FeedsStatus, feedsStatus } from './feed-status.ts';
import { type Hold, holdsOf } from './holds.ts';

/** The mode of a gate in force, and the limits that an operator set; empty text where nothing is stored yet. */
export interface ModeStatus {
  readonly gate: string;
  readonly mode: string;
  readonly actor: string;
  readonly reason: string;
  /** Unix seconds. */
  readonly since: string;
  /** The limits that stand before the environment's, by name. */
  readonly limits: Overrides;
  /** The mode and limits that somebody wrote past Portcullis and that are not in force, in words; absent without. */
  readonly foreign?: string;
  /** What the gate leaves out in that mode. */
  readonly skips: readonly SkippedCheck[];
}

/** The portfolio heat as last written by the heat monitor (contract §1). */
export interface HeatStatus {
  readonly heat: number | null;
  readonly bucket: string;
  readonly reason: string;
  readonly equity_usd: number | null;
  readonly age_sec: number | null;
}

/** Everything that decides whether plans get permits, besides their own figures. */
export interface TradingStatus {
  readonly trading_state: string;
  readonly armed: boolean;
  readonly kill: 'on' | 'off';
  /** Unix seconds of a restore from a backup that nobody has released: plans sent before it get no permit. 0: the time cannot be read, and none does. */
  readonly restored_at: number | null;
  readonly actor: string;
  readonly reason: string;
  readonly since: string;
  /** What else refuses OPEN plans. */
  readonly holds: readonly Hold[];
}

/** How far a lane is behind, and what it set aside. */
export interface LaneLag extends Lag {
  readonly handler: string;
  readonly stream: string;
  readonly group: string;
}

/** What an operator sees first (docs/operations.md, Status). */
export interface Status {
  readonly portfolio: string;
  /** Unix seconds by Redis's clock. */
  readonly at: number;
  /** Unix seconds by the clock of the portfolio, by which its state ages. */
  readonly portfolio_at: number;
  readonly modes: readonly ModeStatus[];
  readonly heat: HeatStatus | null;
  readonly trading: TradingStatus;
  /** Limits of the originals that running workers were given and that are not in force here, `NAME=value` each. */
  readonly dropped_limits: readonly string[];
  readonly effect_proof: EffectProof;
  readonly feeds: FeedsStatus;
  /** The last activation of each gate that had one. */
  readonly activations: readonly GateActivation[];
  readonly lanes: readonly LaneLag[];
  /** Streams that are ahead of Redis's clock. */
  readonly streams_ahead: readonly AheadStream[];
  readonly decisions: readonly (Fields & { readonly id: string })[];
}

/** Gathers the status of a portfolio with `decisions` of its last decisions. A key of another type counts as absent. */
export async function gatherStatus(
  redis: Redis,
  portfolio: Portfolio,
  { handlers, lanes }: Gates,
  decisions = 10,
): Promise<Status> {
  const [seconds] = await redis.time();
  const at = Number(seconds);
  const portfolio_at = portfolio.simulatedClock ? Math.floor((await portfolioNowMs(redis, portfolio)) / 1000) : at;
  return {
    portfolio: portfolio.prefix,
    at,
    portfolio_at,
    modes: await modesOf(redis, portfolio, handlers),
    heat: await heatOf(redis, portfolio, portfolio_at),
    trading: await tradingOf(redis, portfolio),
    dropped_limits: await droppedLimitsOf(redis, portfolio),
    effect_proof: await effectProofOf(redis, portfolio),
    feeds: await feedsStatus(redis, portfolio, at),
    activations: await readActivations(redis, portfolio, handlers),
    lanes: await Promise.all(lanes.map((lane) => lagOf(redis, lane))),
    streams_ahead: await streamsAhead(redis, portfolio, handlers, lanes),
    decisions: (await lastDecisionsOrNone(redis, portfolio, decisions)).map(({ id, fields }) => ({ id, ...fields })),
  };
}

/** The stored modes of the gates that have them. */
export async function modesOf(
  redis: Redis,
  portfolio: Portfolio,
  handlers: readonly AnyHandler[],
): Promise<ModeStatus[]> {
  return await Promise.all(
    modalGates(handlers).map(async ({ gate }) => {
      const { fields, foreign } = await readInForce(redis, portfolio, gate);
      const { mode = '', actor = '', reason = '', since = '', settings } = fields;
      const skips = await skippedChecks(redis, portfolio, handlers, { gate, mode });
      return {
        gate,
        mode,
        actor,
        reason,
        since,
        limits: overridesOf(settings) ?? {},
        ...(foreign !== '' && { foreign }),
        skips,
      };
    }),
  );
}

/** The trading state, whether the governor is armed, and the kill switch, read as the governor reads them (contract §4). */
export async function tradingOf(redis: Redis, portfolio: Portfolio): Promise<TradingStatus> {
  const stored = await hashFact(redis, portfolio.key(keys.governorState));
  const state = governorStateOf(stored);
  return {
    trading_state: state.tradingState,
    armed: state.armed,
    kill: killIsOn(await textFact(redis, portfolio.key(keys.kill))) ? 'on' : 'off',
    restored_at: restoredAt(state.restoredMs),
    actor: stored.fields?.actor ?? '',
    reason: stored.fields?.reason ?? '',
    since: stored.fields?.since ?? '',
    holds: await holdsOf(redis, portfolio),
  };
}

function restoredAt(restoredMs: number | undefined): number | null {
  if (restoredMs === undefined) return null;
  return Number.isFinite(restoredMs) ? restoredMs / 1000 : 0;
}

async function heatOf(redis: Redis, portfolio: Portfolio, at: number): Promise<HeatStatus | null> {
  const state = await hashOrNone(redis, portfolio.key(keys.heatState));
  if (state.bucket === undefined) return null;
  const writtenAt = parseNumber(state.timestamp);
  return {
    heat: parseNumber(state.heat) ?? null,
    bucket: state.bucket,
    reason: state.reason ?? '',
    equity_usd: parseNumber(state.equity_usd) ?? null,
    age_sec: writtenAt === undefined ? null : at - writtenAt,
  };
}

async function lagOf(redis: Redis, { handler, stream, group }: LaneRef): Promise<LaneLag> {
  return {
    handler,
    stream: stream.name,
    group,
    ...(await measureLag(redis, { stream: stream.key, group, deadLetters: stream.deadLetters })),
  };
}

async function lastDecisionsOrNone(redis: Redis, portfolio: Portfolio, count: number): Promise<LoggedDecision[]> {
  if (count === 0) return [];
  try {
    return await lastDecisions(redis, portfolio, { count });
  } catch (error) {
    if (isWrongType(error)) return [];
    throw error;
  }
}

async function hashOrNone(redis: Redis, key: string): Promise<Fields> {
  return (await hashFact(redis, key)).fields ?? fieldsOf([]);
}
