import type { Redis } from 'ioredis';
import type { Activated, ActivationView, Rehearsal, RolledBack } from '../../../schemas/api/activation.ts';
import type { FeedAsked } from '../../../schemas/api/feed.ts';
import type { Strategies, StrategyPaused } from '../../../schemas/api/strategy.ts';
import type { FeedName } from '../../../schemas/feed.ts';
import type { Overrides } from '../../../schemas/policy.ts';
import type { Change } from '../../engine/commit/operation.ts';
import { modalGate } from '../../engine/policy/modal-gates.ts';
import { type ModeChange, setMode } from '../../engine/policy/modes.ts';
import type { StreamRef } from '../../engine/streams/lanes.ts';
import type { NamedStream } from '../../engine/streams/named.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { type ActivationOptions, activate, viewActivation } from '../activation/activate.ts';
import type { Gates } from '../activation/gates.ts';
import { rehearseRollback } from '../activation/rehearsal.ts';
import { rollBack } from '../activation/roll-back.ts';
import { type Replayed, replayDeadLetters } from '../dead-letters/dead-letters.ts';
import { type Dropped, dropDeadLetters } from '../dead-letters/dead-letters-drop.ts';
import { askFeed } from '../doctor/ask-feed.ts';
import { gatherStatus, type Status } from '../doctor/status.ts';
import { type AccountMarkChange, setAccountMark } from '../positions/account-mark.ts';
import { type ClearedPosition, clearPosition } from '../positions/positions.ts';
import { type ExposureNow, exposureRead, strategiesNow } from '../strategies/list.ts';
import { setPaused } from '../strategies/pause.ts';
import { type Rejudged, rejudge } from '../streams/rejudge.ts';
import { type RepairedStream, repairStream } from '../streams/repair.ts';
import { type KeptLosses, keptLosses } from '../switches/kept-losses.ts';
import { type KillChange, setKill } from '../switches/kill.ts';
import { confirmLoss, type LossConfirmed, type LossReleased, releaseLoss } from '../switches/loss.ts';
import {
  arm,
  disarm,
  reduceOnly,
  type StateChange,
  setTradingState,
  type TradingState,
} from '../switches/trading-state.ts';

/** What an operator can do to a portfolio, by whatever way: each change is atomic and in the ops ledger. */
export interface Operations {
  setKill(on: boolean, change: Change): Promise<KillChange>;
  arm(change: Change): Promise<StateChange>;
  disarm(change: Change): Promise<StateChange>;
  setTradingState(state: TradingState, change: Change): Promise<StateChange>;
  /** Makes an ACTIVE portfolio REDUCING; any other state stays. */
  reduceOnly(change: Change): Promise<StateChange>;
  /** Throws a `Refusal` for a gate or mode that does not exist, and for a dry run beside a trading executor. */
  setMode(gate: string, mode: string, change: Change): Promise<ModeChange>;
  clearPosition(symbol: string, change: Change): Promise<ClearedPosition>;
  /** What is kept of losses; changes nothing. */
  losses(): Promise<KeptLosses>;
  /** Throws a `Refusal` where no loss limit is held. */
  releaseLoss(change: Change): Promise<LossReleased>;
  /** Throws a `Refusal` where no marks of losses were lost. */
  confirmLoss(change: Change): Promise<LossConfirmed>;
  /** The strategies that are known of; changes nothing. */
  strategies(): Promise<Strategies>;
  /** Throws a `Refusal` for what can be no strategy's name. */
  setStrategyPaused(strategy: string, isPaused: boolean, change: Change): Promise<StrategyPaused>;
  /** Throws a `Refusal` before the account was ever read. */
  setAccountMark(usd: number, change: Change): Promise<AccountMarkChange>;
  /** Makes a feed ask the exchange at once; throws a `Refusal` where that cannot be. */
  askFeed(feed: FeedName, change: Change): Promise<FeedAsked>;
  replayDeadLetters(stream: StreamRef, ids: readonly string[], change: Change): Promise<Replayed>;
  /** The checklist of a gate and its last activation; changes nothing. */
  activation(gate: string): Promise<ActivationView>;
  /** Throws a `Refusal` that names every line of the checklist which is not as it should be. */
  activate(gate: string, change: Change, options: ActivationOptions): Promise<Activated>;
  rollBack(gate: string, change: Change): Promise<RolledBack>;
  rehearseRollback(gate: string, change: Change): Promise<Rehearsal>;
  dropDeadLetters(stream: StreamRef, ids: readonly string[], change: Change): Promise<Dropped>;
  /** Throws a `Refusal` where the stream is not ahead of Redis's clock. */
  repairStream(stream: NamedStream, change: Change): Promise<RepairedStream>;
  rejudge(stream: StreamRef, ids: readonly string[], change: Change): Promise<Rejudged>;
  status(decisions?: number): Promise<Status>;
}

/** The operations of one portfolio over one Redis. `environment` is what a gate may refuse a mode for; `exposureNow` is how positions are known, read anew where nothing is said. */
export function operationsOn(
  redis: Redis,
  portfolio: Portfolio,
  about: Gates & { readonly environment: Overrides; readonly exposureNow?: ExposureNow },
): Operations {
  return {
    setKill: (on, change) => setKill(redis, portfolio, on, change),
    arm: (change) => arm(redis, portfolio, change),
    disarm: (change) => disarm(redis, portfolio, change),
    setTradingState: (state, change) => setTradingState(redis, portfolio, state, change),
    reduceOnly: (change) => reduceOnly(redis, portfolio, change),
    setMode: (gate, mode, change) =>
      setMode(redis, portfolio, modalGate(about.handlers, gate), mode, change, about.environment),
    clearPosition: (symbol, change) => clearPosition(redis, portfolio, symbol, change),
    losses: () => keptLosses(redis, portfolio),
    releaseLoss: (change) => releaseLoss(redis, portfolio, change),
    confirmLoss: (change) => confirmLoss(redis, portfolio, change),
    strategies: () =>
      strategiesNow({ redis, portfolio, ...about }, about.exposureNow ?? exposureRead(redis, portfolio)),
    setStrategyPaused: (strategy, isPaused, change) =>
      setPaused({ redis, portfolio, ...about }, strategy, isPaused, change),
    setAccountMark: (usd, change) => setAccountMark(redis, portfolio, usd, change),
    askFeed: (feed, change) => askFeed(redis, portfolio, feed, change),
    replayDeadLetters: (stream, ids, change) => replayDeadLetters(redis, portfolio, stream, ids, change),
    activation: (gate) => viewActivation(redis, portfolio, about, gate),
    activate: (gate, change, options) => activate(redis, portfolio, about, gate, { ...options, change }),
    rollBack: (gate, change) => rollBack(redis, portfolio, about.handlers, gate, change),
    rehearseRollback: (gate, change) => rehearseRollback(redis, portfolio, about.handlers, gate, change),
    dropDeadLetters: (stream, ids, change) => dropDeadLetters(redis, portfolio, stream, ids, change),
    repairStream: (stream, change) => repairStream(redis, portfolio, stream, about.lanes, change),
    rejudge: (stream, ids, change) => rejudge(redis, portfolio, stream, ids, change),
    status: (decisions) => gatherStatus(redis, portfolio, about, decisions),
  };
}
