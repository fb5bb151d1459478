#!lua flags=allow-oom
-- Ends the watch of an activation, once. `rolled_back` puts the mode of before in force as well, if the gate is still
-- in the one it was put into: a mode that somebody set meanwhile stands.
--
-- KEYS from the fifth: the policy, its history, the record.
-- ARGV from the third: gate, id of the activation, state, the new version, decisions seen.
-- Answers `ended`: whether this ended it, the state and, where it did, the outcome; or why it was refused.
--@include ../../engine/commit/operation-head.lua
--@include ../../engine/policy/policy-history.lua
--@include ../../redis/clock.lua
local record = KEYS[7]
local gate, id, state, version, decisions = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local wrong = wrongType({
  [policy] = 'hash', [policyHistory] = 'stream', [opsLedger] = 'stream', [record] = 'hash',
})
if wrong then return finish({ refused = wrong }) end
local watched, was, from, to = unpack(redis.call('HMGET', record, 'id', 'state', 'from', 'to'))
if watched ~= id or was ~= 'watching' then return unchanged({ ended = false, state = was or '' }) end
settle(gate)
local mode = redis.call('HGET', policy, 'mode')
if mode ~= to and state ~= 'ended' then
  state = 'ended'
  reason = 'somebody put it into ' .. (mode or 'no mode') .. ' meanwhile'
elseif state == 'rolled_back' then
  first()
  redis.call('HSET', policy, 'mode', from, 'version', version, 'actor', actor, 'reason', reason, 'since', seconds)
  history('mode', '')
end
local endedMs = wholeText(timeMs())
redis.call('HSET', record, 'state', state, 'ended_ms', endedMs, 'outcome', reason, 'decisions', decisions)
local after = state == 'rolled_back' and from or mode
local entry = { action = 'activation_' .. state, gate = gate, before = to, after = after or '' }
ledger(state == 'rolled_back' and changed(entry) or entry)
return finish({ ended = true, state = state, outcome = reason })
