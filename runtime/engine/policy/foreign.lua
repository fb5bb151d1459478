#!lua flags=allow-oom
-- Puts into the ledger, with actor `unknown`, that the mode or the limits of a gate are not those of the last version
-- in the history of its policy: somebody wrote the key past Portcullis. It becomes a version of its own, so that it is
-- told once, is nobody else's, and can be rolled back. Without a history, or where the policy is gone, nothing is
-- known.
--
-- KEYS from the fifth: the policy, its history.
-- ARGV from the third: gate, the new version.
-- Answers `foreign`: whether it was so; or why it could not look.
--@include ../commit/operation-head.lua
--@include ./policy-history.lua
--@include ../../redis/named.lua
local gate, version = ARGV[3], ARGV[4]
local wrong = wrongType({ [policy] = 'hash', [policyHistory] = 'stream', [opsLedger] = 'stream' })
if wrong then return unchanged({ refused = wrong }) end
local newest = redis.call('XREVRANGE', policyHistory, '+', '-', 'COUNT', 1)[1]
local mode, settings = unpack(redis.call('HMGET', policy, 'mode', 'settings'))
if not newest or not mode then return unchanged({ foreign = false }) end
local known = named(newest[2])
local is = { mode = mode, settings = settings or '{}' }
local was = { mode = known.mode or '', settings = known.settings or '{}' }
if is.mode == was.mode and is.settings == was.settings then return unchanged({ foreign = false }) end

local function told(one) return 'mode=' .. one.mode .. ' ' .. one.settings end
redis.call('HSET', policy, 'version', version, 'actor', actor, 'reason', reason, 'since', seconds)
history('foreign', '')
ledger({ action = 'policy_foreign', gate = gate, before = told(was), after = told(is) })
return finish({ foreign = true })
