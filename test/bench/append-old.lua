#!lua
-- Appends entries that a group has long finished.
--
-- KEYS: the stream.
-- ARGV: how many.
-- Answers nothing.
local stream, count = KEYS[1], ARGV[1]
for at = 1, count do
  redis.call('XADD', stream, '*', 'plan_id', 'old-' .. at, 'symbol', 'OLDUSDT')
end
