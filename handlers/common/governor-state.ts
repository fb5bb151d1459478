import type { DisarmReason, TradingState } from '../../schemas/governor.ts';
import { tradingStates } from '../../schemas/governor.ts';
import { keys } from '../../schemas/keys.ts';
import { parseNumber } from '../../schemas/number.ts';
import { toEpochSeconds } from '../../schemas/time.ts';
import { parseBoolean } from '../../schemas/wire.ts';
import type { BestEffort, Effect, Outcome } from '../contract/effects.ts';
import type { HashFact, TextFact } from '../contract/reads.ts';
import { type GovernorEventDetails, governorEvent, ledgerEntry } from './governor-events.ts';
import { lastOf } from './last-of.ts';

const DISARM_MARKER_TTL_SEC = 172_800;
const UNMARKED: BestEffort = { warning: 'the marker of an auto-disarm is a key of another type' };

/** What of the stored state a judgment rests on: a change of it by any program, with a new `rev` or without, makes a commit a conflict. */
export const GOVERNOR_STATE_HELD = ['rev', 'trading_state', 'armed', 'restored_ms'] as const;

/** The governor's state as stored (contract §4, State). */
export interface GovernorState {
  readonly rev: number;
  readonly tradingState: TradingState;
  readonly armed: boolean;
  /** Unix ms of a restore from a backup that nobody has released yet; `Infinity` where it cannot be read. */
  readonly restoredMs?: number;
}

/** The state that `governor:state` holds: ACTIVE and armed when absent; what cannot be read refuses OPEN. */
export const governorStateOf = lastOf(computeState);

function computeState(stored: HashFact): GovernorState {
  if (stored.wrongType) return { rev: 0, tradingState: 'REDUCING', armed: false };
  const fields = stored.fields;
  if (fields === null) return { rev: 0, tradingState: 'ACTIVE', armed: true };
  const word = fields.trading_state ?? 'ACTIVE';
  return {
    rev: Math.floor(parseNumber(fields.rev) ?? 0),
    tradingState: tradingStates.find((state) => state === word) ?? 'REDUCING',
    armed: fields.armed === undefined || parseBoolean(fields.armed) === true,
    ...(fields.restored_ms !== undefined && { restoredMs: parseNumber(fields.restored_ms) ?? Infinity }),
  };
}

/** Whether a plan of this age in its stream is older than a restore that nobody has released: it may have had its permit before. */
export function isBeforeRestore({ restoredMs }: GovernorState, planMs: number): boolean {
  return restoredMs !== undefined && planMs <= restoredMs;
}

/**
 * Whether the kill switch is on: absent, empty and `0` are off; anything else, another type too, is on (contract §4). The
 * script that sets it says so in Lua: `test/integration/kill-rule.test.ts` holds the two together.
 */
export function killIsOn(kill: TextFact): boolean {
  return kill.wrongType || !(kill.text === null || kill.text === '' || kill.text === '0');
}

/** Refuses OPEN from now on, until an operator arms again (contract §4, Auto-disarm). Only for a state that is armed. */
export function autoDisarm(
  state: GovernorState,
  why: DisarmReason,
  context: Omit<GovernorEventDetails, 'reason'>,
  nowMs: number,
): Outcome {
  const since = toEpochSeconds(nowMs);
  const fields = {
    rev: String(state.rev + 1),
    trading_state: state.tradingState,
    armed: '0',
    reason: why,
    actor: 'governor',
    since,
  };
  const marker = keys.disarmed(new Date(nowMs).toISOString().slice(0, 10));
  const effects: Effect[] = [
    { do: 'hset', scope: 'shared', key: keys.governorState, fields },
    { do: 'set', key: marker, value: why, ttlSec: DISARM_MARKER_TTL_SEC, bestEffort: UNMARKED },
    governorEvent('AUTO_DISARM', { ...context, reason: why }, nowMs),
    ledgerEntry({ action: 'disarm', actor: 'governor', reason: why, before: '1', after: '0' }, nowMs),
  ];
  return {
    effects,
    counts: [{ metric: 'quantum_govern_disarm_total', labels: { reason: why } }],
    log: [{ level: 'error', text: `AUTO-DISARM: ${why} - OPEN is refused until an operator arms again` }],
  };
}
