#!lua
-- Notes that a policy was tried on the decisions of some days, for whoever counts how many were.
--
-- KEYS: the hash of the tries of a gate (SHA-256 of a policy → first and last day, Unix days).
-- ARGV: the SHA-256, the first day, the last day, how many are kept, for how long (ms).
-- Answers 1; 0 where there are that many already, and nothing was noted.
local tries, policy = KEYS[1], ARGV[1]
local first, last, most, lifeMs = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local known = redis.call('HGET', tries, policy)
if known then
  local from, to = known:match('^(%d+) (%d+)$')
  if from then first, last = math.min(first, tonumber(from)), math.max(last, tonumber(to)) end
elseif redis.call('HLEN', tries) >= most then
  return 0
end
redis.call('HSET', tries, policy, string.format('%.0f %.0f', first, last))
redis.call('PEXPIRE', tries, lifeMs)
return 1
