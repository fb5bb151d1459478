#!lua
-- Takes the name of a worker, or keeps it.
--
-- KEYS: who has the name.
-- ARGV: who asks, for how long (ms), a holder that is known to be dead (empty: none).
-- Answers who has it, where that is somebody else; else an empty text.
local slot = KEYS[1]
local asking, lifeMs, dead = ARGV[1], ARGV[2], ARGV[3]
local holder = redis.call('GET', slot)
if holder and holder ~= asking and holder ~= dead then return holder end
redis.call('SET', slot, asking, 'PX', lifeMs)
return ''
