#!lua flags=allow-oom
-- Puts a candidate beside the policy in force, or takes it away.
--
-- KEYS from the fifth: the policy.
-- ARGV from the third: gate, the candidate (JSON; empty: none).
-- Answers the candidate before; or why it was refused.
--@include ../commit/operation-head.lua
local policy, gate, candidate = KEYS[5], ARGV[3], ARGV[4]
local wrong = wrongType({ [policy] = 'hash', [opsLedger] = 'stream' })
if wrong then return finish({ refused = wrong }) end
local before = redis.call('HGET', policy, 'candidate') or ''
if candidate == '' then
  redis.call('HDEL', policy, 'candidate')
else
  redis.call('HSET', policy, 'candidate', candidate)
end
ledger({ action = 'policy_candidate', gate = gate, before = before, after = candidate })
return finish({ before = before })
