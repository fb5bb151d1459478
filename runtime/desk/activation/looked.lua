#!lua flags=allow-oom
-- Notes how far a watch has looked, while it goes on.
--
-- KEYS: the record.
-- ARGV: id of the activation, decisions seen.
-- Answers 1, or 0 where that activation is not watched any more.
--@include ../../redis/clock.lua
local record, id, decisions = KEYS[1], ARGV[1], ARGV[2]
local watched, state = unpack(redis.call('HMGET', record, 'id', 'state'))
if watched ~= id or state ~= 'watching' then return 0 end
redis.call('HSET', record, 'decisions', decisions, 'looked_ms', wholeText(timeMs()))
return 1
