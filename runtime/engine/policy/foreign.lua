#!lua flags=allow-oom
-- Puts into the ledger, with actor `unknown`, and among the governor's events, that the mode or the limits of a gate
-- are not those of the last version in the history of its policy: somebody wrote the key past Portcullis. Each is told
-- once. Without a history, or where the policy is gone, nothing is known.
--
-- KEYS from the fifth: the policy, its history.
-- ARGV from the third: gate, the new version, what becomes of it: `follow` makes it a version of its own, which is in
--   force and can be rolled back; `hold` leaves the key as it is, which nobody judges by; `revert` writes the last
--   version back.
-- Answers `foreign`: whether it was so and is told now; or why it could not look.
--@include ../commit/operation-head.lua
--@include ./policy-history.lua
local gate, newVersion, rule = ARGV[3], ARGV[4], ARGV[5]
local wrong = wrongType({ [policy] = 'hash', [policyHistory] = 'stream', [opsLedger] = 'stream' })
if wrong then return unchanged({ refused = wrong }) end
if redis.call('HEXISTS', policy, 'mode') == 0 then return unchanged({ foreign = false }) end
local version, was, is = foreign()
if not version then
  redis.call('HDEL', policy, HELD)
  return unchanged({ foreign = false })
end

if rule == 'follow' then
  redis.call('HDEL', policy, HELD)
  redis.call('HSET', policy, 'version', newVersion, 'actor', actor, 'reason', reason, 'since', seconds)
  history('foreign', '')
  wasVersion, wasLimits = noted(version.version, version.settings)
  ledger(changed({ action = 'policy_foreign', gate = gate, before = was, after = is }))
elseif rule == 'revert' then
  tellForeign('policy_foreign_reverted', reason, gate, was, is)
  restore(version)
else
  if not tellForeign('policy_foreign_held', reason, gate, was, is) then return unchanged({ foreign = false }) end
  redis.call('HSET', policy, HELD, is)
end
event('POLICY_FOREIGN', gate .. ': ' .. reason)
return finish({ foreign = true })
