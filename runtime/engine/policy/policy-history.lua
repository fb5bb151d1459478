-- For an operation on a policy: its history.
--
-- KEYS from the fifth: the policy, its history.
-- `history(action, restores)` appends the policy as it now is; `first()`, called before a change, what is about to be
-- changed, where there is no history yet.
local policy, policyHistory = KEYS[5], KEYS[6]

-- The version of what was in force before anybody said anything: the environment alone, and no stored mode.
local NO_VERSION = 'none'

local function remember(action, restores, who, why, at)
  local version, mode, settings = unpack(redis.call('HMGET', policy, 'version', 'mode', 'settings'))
  redis.call('XADD', policyHistory, '*', 'action', action, 'version', version or NO_VERSION, 'restores', restores,
    'mode', mode or '', 'settings', settings or '{}', 'actor', who, 'reason', why, 'timestamp', at)
end

local function history(action, restores)
  remember(action, restores, actor, reason, seconds)
end

local function first()
  if redis.call('EXISTS', policyHistory) == 1 then return end
  local who, why, since = unpack(redis.call('HMGET', policy, 'actor', 'reason', 'since'))
  remember('before', '', who or '', why or 'what was in force before the first change', since or '')
end
