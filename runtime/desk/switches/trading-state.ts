import type { Redis } from 'ioredis';
import type { TradingState } from '../../../schemas/governor.ts';
import { keys } from '../../../schemas/keys.ts';
import { type Change, operate, operationScript } from '../../engine/commit/operation.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

/** The trading states: ACTIVE judges everything, REDUCING refuses OPEN, HALTED acts as the kill switch (contract §4). */
export { type TradingState, tradingStates } from '../../../schemas/governor.ts';

/** The governor's state before and after a change. */
export interface StateChange {
  readonly rev: string;
  readonly before: string;
  readonly after: string;
}

/** Both fields a change may touch are written every time: a state hash is whole from its first change on. */
const SET_STATE = {
  name: 'portcullisSetState',
  text: operationScript(`
local state, errors, marker = KEYS[5], KEYS[6], KEYS[7]
local field, value, action, eventName = ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local wrong = wrongType({ [state] = 'hash', [KEYS[2]] = 'stream', [KEYS[3]] = 'stream' })
if wrong then return finish({ refused = wrong }) end
local was = redis.call('HMGET', state, 'rev', 'trading_state', 'armed')
local kept = { trading_state = was[2] or 'ACTIVE', armed = was[3] or '1' }
local before = kept[field]
kept[field] = value
local rev = string.format('%.0f', (tonumber(was[1] or '') or 0) + 1)
redis.call('HSET', state, 'rev', rev, 'trading_state', kept.trading_state, 'armed', kept.armed,
  'reason', reason, 'actor', actor, 'since', seconds)
if action == 'arm' then redis.call('DEL', errors, marker) end
event(eventName)
ledger({ action = action, gate = 'governor', before = before, after = value })
return finish({ rev = rev, before = before, after = value })
`),
};

/** Lets OPEN plans be judged again: armed, and today's auto-disarm and the errors that led to it are forgotten. */
export async function arm(redis: Redis, portfolio: Portfolio, change: Change): Promise<StateChange> {
  return await setState(redis, portfolio, change, ['armed', '1', 'arm', 'ARMED']);
}

/** Refuses every OPEN plan until somebody arms again (contract §4, `disarmed`). */
export async function disarm(redis: Redis, portfolio: Portfolio, change: Change): Promise<StateChange> {
  return await setState(redis, portfolio, change, ['armed', '0', 'disarm', 'DISARMED']);
}

/** Sets the trading state; whether the governor is armed stays as it is. */
export async function setTradingState(
  redis: Redis,
  portfolio: Portfolio,
  state: TradingState,
  change: Change,
): Promise<StateChange> {
  return await setState(redis, portfolio, change, ['trading_state', state, 'trading_state', 'STATE_CHANGED']);
}

async function setState(redis: Redis, portfolio: Portfolio, change: Change, args: string[]): Promise<StateChange> {
  return await operate<StateChange>(redis, portfolio, SET_STATE, change, {
    keys: [
      portfolio.key(keys.governorState),
      portfolio.key(keys.governorErrors),
      portfolio.key(keys.disarmed(await today(redis))),
    ],
    args,
  });
}

async function today(redis: Redis): Promise<string> {
  const [seconds] = await redis.time();
  return new Date(Number(seconds) * 1000).toISOString().slice(0, 10);
}
