#!lua flags=allow-oom
-- Writes a mode into stored budgets, while the policy is still the one of this change. A budget that expired meanwhile
-- is not made again.
--
-- KEYS: the policy, then the budgets.
-- ARGV: the mode, the version of the policy that has it.
-- Answers how many were rewritten; -1 where the policy is another one by now.
local policy, mode, version = KEYS[1], ARGV[1], ARGV[2]
if redis.call('HGET', policy, 'version') ~= version then return -1 end
local rewritten = 0
for at = 2, #KEYS do
  local budget = KEYS[at]
  if redis.call('TYPE', budget).ok == 'hash' then
    redis.call('HSET', budget, 'mode', mode)
    rewritten = rewritten + 1
  end
end
return rewritten
