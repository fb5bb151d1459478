#!lua flags=allow-oom
-- Puts a gate into a mode.
--
-- KEYS from the fifth: the policy, its history.
-- ARGV from the third: gate, mode, the new version.
-- Answers the gate, its mode before and after; or why it was refused.
--@include ../commit/operation-head.lua
--@include ./policy-history.lua
local gate, mode, version = ARGV[3], ARGV[4], ARGV[5]
local wrong = wrongType({
  [policy] = 'hash', [policyHistory] = 'stream', [opsLedger] = 'stream', [governorEvents] = 'stream',
})
if wrong then return finish({ refused = wrong }) end
settle(gate)
local before = redis.call('HGET', policy, 'mode') or ''
first()
redis.call('HSET', policy, 'mode', mode, 'version', version, 'actor', actor, 'reason', reason, 'since', seconds)
history('mode', '')
ledger(changed({ action = 'mode', gate = gate, before = before, after = mode }))
return finish({ gate = gate, before = before, after = mode })
