#!lua flags=allow-oom
-- Turns the kill switch on or off, whatever is in its key, also where the ledger cannot be written: stopping must be
-- possible at any time.
--
-- KEYS from the fifth: the kill switch, its last report, up to when permits are to be revoked.
-- ARGV from the third: `1` or `0`.
-- Answers what it was and is, and whether that is recorded.
--@include ../../engine/commit/operation-head.lua
--@include ../../redis/clock.lua
local kill, seen, revokeUntil, value = KEYS[5], KEYS[6], KEYS[7], ARGV[3]

-- A key of another type counts as on: what cannot be read is never calm.
local function isOn(key)
  local found = redis.call('TYPE', key).ok
  if found == 'none' then return false end
  if found ~= 'string' then return true end
  local text = redis.call('GET', key)
  return text ~= '' and text ~= '0'
end

local function word(on) return on and 'on' or 'off' end

local before, reported, after = isOn(kill), isOn(seen), value == '1'
redis.call('SET', kill, value)
-- What is reported here, the watcher does not report again; permits of before it revokes.
redis.call('SET', seen, value)
if after then redis.call('SET', revokeUntil, wholeText(timeMs())) end
local name = after and 'KILL_ON' or 'KILL_OFF'
if reported ~= after then event(name) end
local recorded = ledger({ action = string.lower(name), gate = 'governor', before = word(before), after = word(after) })
return finish({ before = word(before), after = word(after), recorded = recorded })
