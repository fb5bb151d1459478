#!lua flags=allow-oom
-- Takes leases, or renews them, of one worker on each of several portfolios. It writes where the server is out of
-- memory too: nobody else may get in for that.
--
-- KEYS: of each portfolio, for each lease its own and who else asks for it; then its count of commits.
-- ARGV: of each portfolio the name of the worker there, how long a lease holds (ms), how many leases.
-- Answers for each portfolio a list, with 0 for each lease that is another worker's, 1 where it is this one's now, 2
--   where another one has asked for it besides, since it last could have got it; and the count of commits.
local found = redis.call('MGET', unpack(KEYS))
local answers, nth = {}, 0

local function hold(worker, leaseMs)
  local holder, asked = found[nth + 1], found[nth + 2]
  local own, others = KEYS[nth + 1], KEYS[nth + 2]
  nth = nth + 2
  if holder and holder ~= worker then
    redis.call('SET', others, worker, 'PX', leaseMs)
    return 0
  end
  redis.call('SET', own, worker, 'PX', leaseMs)
  return asked and asked ~= worker and 2 or 1
end

for at = 1, #ARGV, 3 do
  local worker, leaseMs, leases = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2])
  local got = {}
  for _ = 1, leases do got[#got + 1] = hold(worker, leaseMs) end
  nth = nth + 1
  answers[#answers + 1] = { got, found[nth] }
end
return answers
