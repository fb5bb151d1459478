import type { Redis } from 'ioredis';
import { KEY_GONE } from '../../../handlers/common/kill-report.ts';
import { keys, runtimeKeys } from '../../../schemas/keys.ts';
import type { Portfolio } from '../../settings/portfolio.ts';
import { operate, operationScript } from '../commit/operation.ts';

/** The trading state as it was seen. `rev` and `since` tell it from any other. */
export interface StateSeen {
  readonly rev: number;
  readonly since: string;
  readonly tradingState: string;
  readonly armed: boolean;
}

/** What was seen of the switches. */
export interface SwitchesSeen {
  readonly killOn: boolean;
  readonly killAbsent: boolean;
  /** Undefined where there is none. */
  readonly state: StateSeen | undefined;
}

/** Whatever came back meanwhile, or was reported by somebody else, is not reported. The watcher reports a kill whose last report is still there. */
const REPORT = {
  name: 'portcullisVanished',
  text: operationScript(`
local kill, seen, state, marker = KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local killWas, stateWas, wasArmed, rev = ARGV[3] == '1', ARGV[4], ARGV[5], ARGV[6]
local told = {}
if killWas and redis.call('EXISTS', kill) == 0 and redis.call('EXISTS', seen) == 0 then
  redis.call('SET', seen, '0')
  event('KILL_OFF')
  ledger({ action = 'kill_off', gate = 'governor', before = 'on', after = 'off' })
  told[#told + 1] = 'kill'
end
if stateWas ~= '' and redis.call('EXISTS', state) == 0 and redis.call('SET', marker, rev, 'NX', 'EX', 3600) then
  event('STATE_CHANGED')
  ledger({ action = 'trading_state', gate = 'governor', before = stateWas, after = 'ACTIVE' })
  if wasArmed == '0' then ledger({ action = 'arm', gate = 'governor', before = '0', after = '1' }) end
  told[#told + 1] = 'state'
end
return unchanged({ told = table.concat(told, ' ') })
`),
};

/** Puts into the ledger, with actor `unknown`, that a kill switch that was on, or a trading state, is gone: once, however many workers see it. */
export async function reportVanished(
  redis: Redis,
  portfolio: Portfolio,
  { kill, state }: { readonly kill: boolean; readonly state?: StateSeen | undefined },
): Promise<void> {
  const identity = state === undefined ? 'none' : `${state.rev}:${state.since}`;
  const change = { actor: 'unknown', reason: KEY_GONE };
  await operate(redis, portfolio, REPORT, change, {
    keys: [keys.kill, keys.killSeen, keys.governorState, runtimeKeys.vanished(identity)].map((name) =>
      portfolio.key(name),
    ),
    args: [kill ? '1' : '0', state?.tradingState ?? '', state?.armed === false ? '0' : '1', identity],
  });
}
