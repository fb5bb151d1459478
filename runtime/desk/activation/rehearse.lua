#!lua flags=allow-oom
-- Puts a new version of a policy in force, with the mode and the limits it has.
--
-- KEYS from the fifth: the policy, its history.
-- ARGV from the third: gate, the new version.
-- Answers the Unix ms at which it was put in force; or why it was refused.
--@include ../../engine/commit/operation-head.lua
--@include ../../engine/policy/policy-history.lua
--@include ../../redis/clock.lua
local gate, version = ARGV[3], ARGV[4]
local wrong = wrongType({ [policy] = 'hash', [policyHistory] = 'stream', [opsLedger] = 'stream' })
if wrong then return finish({ refused = wrong }) end
settle(gate)
first()
redis.call('HSET', policy, 'version', version)
history('rehearsal', '')
return finish({ at = wholeText(timeMs()) })
