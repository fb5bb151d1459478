#!lua flags=allow-oom
-- Puts a gate into the mode of an activation and its watch on record, in one step, if the policy is still the one that
-- the checklist was about.
--
-- KEYS from the fifth: the policy, its history, the record.
-- ARGV from the third: gate, the version expected, the mode before and after, the new version, the length of the watch
--   (ms), lines of the checklist passed over (or empty), limits that ask for less than the defaults (or empty), then
--   more fields of the record.
-- Answers `moved`: whether the policy is another one by now; or why it was refused.
--@include ../../engine/commit/operation-head.lua
--@include ../../engine/policy/policy-history.lua
--@include ../../redis/clock.lua
local record = KEYS[7]
local gate, expected, from, to, version = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local watchMs, forced, loosened = ARGV[8], ARGV[9], ARGV[10]
local FIRST_FIELD = 11
local wrong = wrongType({ [policy] = 'hash', [policyHistory] = 'stream', [opsLedger] = 'stream' })
if wrong then return finish({ refused = wrong }) end
settle(gate)
local stored, mode = unpack(redis.call('HMGET', policy, 'version', 'mode'))
if (stored or '') ~= expected or (mode or '') ~= from then return unchanged({ moved = true }) end
first()
redis.call('HSET', policy, 'mode', to, 'version', version, 'actor', actor, 'reason', reason, 'since', seconds)
history('mode', '')
local nowMs = timeMs()
redis.call('DEL', record)
redis.call('HSET', record, 'id', version, 'state', 'watching', 'from', from, 'to', to, 'started_ms', wholeText(nowMs),
  'until_ms', wholeText(nowMs + tonumber(watchMs)), 'actor', actor, 'reason', reason, 'forced', forced,
  'decisions', '0', 'looked_ms', wholeText(nowMs), 'ended_ms', '', 'outcome', '', unpack(ARGV, FIRST_FIELD))
local despite = forced == '' and '' or ' despite ' .. forced
local by = loosened == '' and '' or ' by ' .. loosened
ledger(changed({ action = 'activate', gate = gate, before = from, after = to .. despite .. by }))
return finish({ moved = false })
