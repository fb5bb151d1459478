import type { Redis } from 'ioredis';
import type { TradingState } from '../../../schemas/governor.ts';
import { keys } from '../../../schemas/keys.ts';
import { type Change, operate } from '../../engine/commit/operation.ts';
import { luaScript } from '../../redis/lua.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

/** The trading states: ACTIVE judges everything, REDUCING refuses OPEN, HALTED acts as the kill switch (contract §4). */
export { type TradingState, tradingStates } from '../../../schemas/governor.ts';

/** The governor's state before and after a change. */
export interface StateChange {
  readonly rev: string;
  readonly before: string;
  readonly after: string;
}

const SET_STATE = luaScript('portcullisSetState', new URL('./set-state.lua', import.meta.url));

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

/** Makes an ACTIVE portfolio REDUCING, and changes no other state: what is tighter, or cannot be read, stays as it is. */
export async function reduceOnly(redis: Redis, portfolio: Portfolio, change: Change): Promise<StateChange> {
  return await setState(
    redis,
    portfolio,
    change,
    ['trading_state', 'REDUCING', 'trading_state', 'STATE_CHANGED'],
    'ACTIVE',
  );
}

async function setState(
  redis: Redis,
  portfolio: Portfolio,
  change: Change,
  args: string[],
  only: TradingState | '' = '',
): Promise<StateChange> {
  return await operate<StateChange>(redis, portfolio, SET_STATE, change, {
    keys: [
      portfolio.key(keys.governorState),
      portfolio.key(keys.governorErrors),
      portfolio.key(keys.disarmed(await today(redis))),
    ],
    args: [...args, only],
  });
}

async function today(redis: Redis): Promise<string> {
  const [seconds] = await redis.time();
  return new Date(Number(seconds) * 1000).toISOString().slice(0, 10);
}
