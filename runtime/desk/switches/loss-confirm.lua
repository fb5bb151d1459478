#!lua flags=allow-oom
-- Confirms what is kept of losses, after one of the two places that keep it was lost; what cannot be read is forgotten,
-- and begins anew with the next reading.
--
-- KEYS from the fifth: the latch.
-- ARGV from the third: `1` where what it holds cannot be read, else `0`.
-- Answers what was confirmed; or why it was refused.
--@include ../../engine/commit/operation-head.lua
--@include ../../redis/clock.lua
local latch, unreadable = KEYS[5], ARGV[3] == '1'
local isHash = redis.call('TYPE', latch).ok == 'hash'
local lost = isHash and redis.call('HGET', latch, 'lost')
if not lost and not unreadable then
  return finish({ refused = 'expected marks of losses that were lost or cannot be read, got none' })
end
if unreadable then
  redis.call('DEL', latch)
else
  local rev = redis.call('HGET', latch, 'rev')
  redis.call('HSET', latch, 'rev', wholeText((tonumber(rev or '') or 0) + 1))
  redis.call('HDEL', latch, 'lost')
end
local confirmed = unreadable and 'unreadable' or lost
event('LOSS_CONFIRMED')
ledger({ action = 'loss_confirm', gate = 'governor', before = confirmed, after = '' })
return finish({ confirmed = confirmed })
