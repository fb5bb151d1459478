-- For an operation on a policy: its history.
--
-- KEYS from the fifth: the policy, its history.
-- `known()`: the newest version by its fields; nil without a history. `foreign()`: that, and what somebody wrote past
-- Portcullis, both in words, where the policy says something else; nil otherwise. `restore(version)`: writes a version
-- of the history back. `history(action, restores)` appends the policy as it now is. `settle(gate)`, called
-- before a change is worked out: where somebody wrote past Portcullis, the newest version is written back, for a change
-- is made on what is in force. `first()`, called before a change: appends what is about to be changed, where there is
-- no history yet. `note()` notes what is about to be changed for the ledger, as `first` does; `changed(entry)` is an
-- entry of the ledger with version and limits (SHA-1 of their JSON text) before and after the change.
--@include ../../redis/named.lua
local policy, policyHistory = KEYS[5], KEYS[6]

-- The version of what was in force before anybody said anything: the environment alone, and no stored mode.
local NO_VERSION = 'none'

-- What was written past Portcullis and is not in force, in words: it is told once.
local HELD = 'foreign'

local function remember(action, restores, who, why, at)
  local version, mode, settings = unpack(redis.call('HMGET', policy, 'version', 'mode', 'settings'))
  redis.call('XADD', policyHistory, '*', 'action', action, 'version', version or NO_VERSION, 'restores', restores,
    'mode', mode or '', 'settings', settings or '{}', 'actor', who, 'reason', why, 'timestamp', at)
end

local function history(action, restores)
  remember(action, restores, actor, reason, seconds)
end

local function known()
  local newest = redis.call('XREVRANGE', policyHistory, '+', '-', 'COUNT', 1)[1]
  return newest and named(newest[2])
end

local function inWords(mode, settings) return 'mode=' .. (mode or '') .. ' ' .. (settings or '{}') end

local function foreign()
  local version = known()
  if not version then return nil end
  local was = inWords(version.mode, version.settings)
  local is = inWords(unpack(redis.call('HMGET', policy, 'mode', 'settings')))
  if is == was then return nil end
  return version, was, is
end

local function put(name, value, none)
  if value and value ~= none then redis.call('HSET', policy, name, value) else redis.call('HDEL', policy, name) end
end

local function restore(version)
  put('mode', version.mode, '')
  put('settings', version.settings, '{}')
  put('version', version.version, NO_VERSION)
  redis.call('HSET', policy, 'actor', version.actor or '', 'reason', version.reason or '', 'since',
    version.timestamp or '')
  redis.call('HDEL', policy, HELD)
end

-- Puts into the ledger what is not in force, unless that was told.
local function tellForeign(action, why, gate, was, is)
  if redis.call('HGET', policy, HELD) == is then return false end
  ledger({ action = action, actor = 'unknown', reason = why, gate = gate, before = was, after = is })
  return true
end

local wasVersion, wasLimits
local function noted(version, settings) return version or NO_VERSION, redis.sha1hex(settings or '{}') end

local function note()
  wasVersion, wasLimits = noted(unpack(redis.call('HMGET', policy, 'version', 'settings')))
end

local function changed(entry)
  local version, limits = noted(unpack(redis.call('HMGET', policy, 'version', 'settings')))
  entry.more = {
    'version_before', wasVersion, 'version', version, 'limits_before', wasLimits, 'limits', limits,
  }
  return entry
end

local function settle(gate)
  local version, was, is = foreign()
  if not version then return redis.call('HDEL', policy, HELD) end
  tellForeign('policy_foreign_reverted', 'set by somebody outside, and written over by the next change', gate, was, is)
  restore(version)
end

local function first()
  note()
  if redis.call('EXISTS', policyHistory) == 1 then return end
  local who, why, since = unpack(redis.call('HMGET', policy, 'actor', 'reason', 'since'))
  remember('before', '', who or '', why or 'what was in force before the first change', since or '')
end
