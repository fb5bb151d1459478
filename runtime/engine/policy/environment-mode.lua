#!lua flags=allow-oom
-- Brings the stored mode of a gate in line with the environment of a worker (`ensureModes` in modes.ts says how).
--
-- KEYS from the fifth: the policy, its history.
-- ARGV from the third: gate, mode, the new version, whether the worker starts (`1`), whether a setting names the mode
--   (`1`), what the policy said when it was last seen, the reason to give where it is gone, what becomes of what was
--   written past Portcullis (`hold`, `follow`, `revert`).
-- Answers the gate, its mode before and after; or why it was refused.
--@include ../commit/operation-head.lua
--@include ./policy-history.lua
local gate, mode, version = ARGV[3], ARGV[4], ARGV[5]
local starting, explicit, lastSeen, keyGone = ARGV[6] == '1', ARGV[7] == '1', ARGV[8], ARGV[9]
local wrong = wrongType({ [policy] = 'hash', [policyHistory] = 'stream', [opsLedger] = 'stream' })
if wrong then return finish({ refused = wrong }) end
local rule = ARGV[10]
local function now()
  local stored, environments = unpack(redis.call('HMGET', policy, 'mode', 'env_mode'))
  return stored or '', environments
end
local before, environments = now()

-- A policy that is gone while its history is there: who follows nobody goes on by its last version.
local last = before == '' and rule ~= 'follow' and known()
if last and last.mode ~= '' then
  restore(last)
  redis.call('HSET', policy, 'env_mode', mode)
  ledger({
    action = 'policy_vanished', actor = 'unknown', reason = keyGone, gate = gate, before = lastSeen,
    after = inWords(last.mode, last.settings),
  })
  return finish({ gate = gate, before = '', after = last.mode })
end
local same = { gate = gate, before = before, after = before }

-- An environment that says what it said at the last start leaves an operator's change standing.
local differs = before == '' or starting and environments ~= mode
if not differs then return unchanged(same) end
redis.call('HSET', policy, 'env_mode', mode)
if before ~= '' then
  settle(gate)
  before = now()
end

-- So does a mere default at the first start.
local operators = before ~= '' and not environments and not explicit
if before == mode or operators then return unchanged(same) end
if before ~= '' then first() else note() end

-- Between starts nobody takes a policy away: it vanished.
if before == '' and not starting then
  ledger({ action = 'policy_vanished', actor = 'unknown', reason = keyGone, gate = gate, before = lastSeen })
end
redis.call('HSET', policy, 'mode', mode, 'version', version, 'actor', actor, 'reason', reason, 'since', seconds)
history('environment', '')
ledger(changed({ action = 'mode', gate = gate, before = before, after = mode }))
return finish({ gate = gate, before = before, after = mode })
