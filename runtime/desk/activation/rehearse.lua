#!lua flags=allow-oom
-- Puts a new version of a policy in force, with the mode and the limits it has.
--
-- KEYS from the fifth: the policy, its history.
-- ARGV from the third: the new version.
-- Answers the Unix ms at which it was put in force; or why it was refused.
--@include ../../engine/commit/operation-head.lua
--@include ../../engine/policy/policy-history.lua
--@include ../../redis/clock.lua
local version = ARGV[3]
local wrong = wrongType({ [policy] = 'hash', [policyHistory] = 'stream', [opsLedger] = 'stream' })
if wrong then return finish({ refused = wrong }) end
first()
redis.call('HSET', policy, 'version', version)
history('rehearsal', '')
return finish({ at = wholeText(timeMs()) })
