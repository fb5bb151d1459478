#!lua
-- Notes that policies were tried on the decisions of some days, for whoever counts how many were.
--
-- KEYS: the hash of the tries of a gate (SHA-256 of a policy → first and last day, Unix days).
-- ARGV: the first day, the last day, how many policies are kept, for how long (ms), the last day of those that are
-- tried still and end with the first day (empty: none), the SHA-256 of each policy (none: only others end).
-- Answers 1; 0 where there are that many already, and one or more of them was not noted.
local tries = KEYS[1]
local first, last, most, lifeMs = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local still = tonumber(ARGV[5])

local function daysOf(text)
  local from, to = (text or ''):match('^(%d+) (%d+)$')
  return tonumber(from), tonumber(to)
end

local function put(policy, from, to)
  redis.call('HSET', tries, policy, string.format('%.0f %.0f', from, to))
end

if still then
  local known = redis.call('HGETALL', tries)
  for at = 1, #known, 2 do
    local from, to = daysOf(known[at + 1])
    if to == still then put(known[at], from, math.max(from, first)) end
  end
end

local noted = 1
for at = 6, #ARGV do
  local policy = ARGV[at]
  local known = redis.call('HGET', tries, policy)
  local from, to = daysOf(known)
  if not known and redis.call('HLEN', tries) >= most then
    noted = 0
  else
    put(policy, math.min(first, from or first), math.max(last, to or last))
  end
end
if redis.call('EXISTS', tries) == 1 then redis.call('PEXPIRE', tries, lifeMs) end
return noted
