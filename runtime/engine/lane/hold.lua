#!lua flags=allow-oom
-- Takes leases, or renews them. It writes where the server is out of memory too: nobody else may get in for that.
--
-- KEYS: for each lease its own, and who else asks for it; then the count of commits.
-- ARGV: the worker, how long a lease holds (ms).
-- Answers for each lease 0 where it is another worker's, 1 where it is this one's now, 2 where another one has asked
--   for it besides, since it last could have got it; and the count of commits.
local worker, leaseMs = ARGV[1], ARGV[2]
local got = {}
local found = redis.call('MGET', unpack(KEYS))
for at = 1, #KEYS - 1, 2 do
  local holder, asked = found[at], found[at + 1]
  if holder and holder ~= worker then
    redis.call('SET', KEYS[at + 1], worker, 'PX', leaseMs)
    got[#got + 1] = 0
  else
    redis.call('SET', KEYS[at], worker, 'PX', leaseMs)
    got[#got + 1] = asked and asked ~= worker and 2 or 1
  end
end
return { got, found[#KEYS] }
