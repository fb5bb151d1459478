#!lua flags=allow-oom
-- Puts a policy in force, if the stored one is still that which the change was worked out on.
--
-- KEYS from the fifth: the policy, its history.
-- ARGV from the third: gate, the version expected, the new version (empty: nothing changes in force), action, the
--   version that is brought back (or empty), settings (JSON), mode (empty: it stays; `none`: it goes), the limits of
--   the environment (JSON, or empty), the values before and after in words.
-- Answers `moved`: whether the stored policy is another one by now; or why it was refused.
--@include ../commit/operation-head.lua
--@include ./policy-history.lua
local gate, expected, version, action, restores = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local settings, mode, environment, before, after = ARGV[8], ARGV[9], ARGV[10], ARGV[11], ARGV[12]
local wrong = wrongType({ [policy] = 'hash', [policyHistory] = 'stream', [opsLedger] = 'stream' })
if wrong then return finish({ refused = wrong }) end
if (redis.call('HGET', policy, 'version') or '') ~= expected then return unchanged({ moved = true }) end
if environment ~= '' and redis.call('HGET', policy, 'env_settings') ~= environment then
  redis.call('HSET', policy, 'env_settings', environment, 'env_since', seconds)
end
if version == '' then return unchanged({ moved = false }) end
settle(gate)
first()
redis.call('HSET', policy, 'settings', settings, 'version', version)
if mode == 'none' then
  redis.call('HDEL', policy, 'mode')
elseif mode ~= '' then
  redis.call('HSET', policy, 'mode', mode, 'actor', actor, 'reason', reason, 'since', seconds)
end
history(action, restores)
ledger(changed({ action = 'policy_' .. action, gate = gate, before = before, after = after }))
return finish({ moved = false })
