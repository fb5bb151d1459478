#!lua flags=allow-oom
-- Writes what is known of losses after one of the two places that keep it was lost: nothing opens until a person
-- confirms.
--
-- KEYS from the fifth: the latch.
-- ARGV from the third: the revision it was worked out on (empty: there was no latch), which place was lost, then fields
-- and values.
-- Answers whether it was written: not where the latch has changed since, or is of another type.
--@include ../../engine/commit/operation-head.lua
local latch, rev, lost = KEYS[5], ARGV[3], ARGV[4]
if wrongType({ [latch] = 'hash' }) or (redis.call('HGET', latch, 'rev') or '') ~= rev then
  return unchanged({ written = false })
end
redis.call('HSET', latch, 'lost', lost, unpack(ARGV, 5))
event('LOSS_MARKS_LOST')
ledger({ action = 'loss_marks_lost', gate = 'governor', before = lost, after = '' })
return finish({ written = true })
