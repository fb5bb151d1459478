import type { Redis } from 'ioredis';
import { keys } from '../../../schemas/keys.ts';
import { type Change, operate, operationScript } from '../../engine/commit/operation.ts';
import type { Portfolio } from '../../settings/portfolio.ts';

/** What the kill switch was and is. `recorded` is false when the ledger could not be written: the switch was still set. */
export interface KillChange {
  readonly before: 'on' | 'off';
  readonly after: 'on' | 'off';
  readonly recorded: boolean;
}

const SET_KILL = {
  name: 'portcullisSetKill',
  text: operationScript(`
local kill, seen, value = KEYS[5], KEYS[6], ARGV[3]
local function isOn(key)
  local found = redis.call('TYPE', key).ok
  if found == 'none' then return false end
  if found ~= 'string' then return true end
  local text = redis.call('GET', key)
  return text ~= '' and text ~= '0'
end
local function milliseconds()
  local time = redis.call('TIME')
  return string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
end
local function word(on) if on then return 'on' end return 'off' end
local before, reported, after = isOn(kill), isOn(seen), value == '1'
redis.call('SET', kill, value)
redis.call('SET', seen, value)
if after then redis.call('SET', KEYS[7], milliseconds()) end
local name = after and 'KILL_ON' or 'KILL_OFF'
if reported ~= after then event(name) end
local recorded = ledger({ action = string.lower(name), gate = 'governor', before = word(before), after = word(after) })
return finish({ before = word(before), after = word(after), recorded = recorded })
`),
};

/**
 * Turns the kill switch on or off, whatever is in its key, and tells the watcher that it was reported, and which permits to revoke.
 * Never writes the trading state; works on a server that is out of memory (contract §4, Kill).
 */
export async function setKill(redis: Redis, portfolio: Portfolio, on: boolean, change: Change): Promise<KillChange> {
  return await operate<KillChange>(redis, portfolio, SET_KILL, change, {
    keys: [portfolio.key(keys.kill), portfolio.key(keys.killSeen), portfolio.key(keys.revokeUntil)],
    args: [on ? '1' : '0'],
  });
}
