#!lua
-- Marks that Redis lost data, unless another worker has for the same loss: the count of commits is set ahead then, of
-- what every worker has seen.
--
-- KEYS: the count of commits, the mark.
-- ARGV: a count above all that the worker has seen, how far ahead of that the count is set.
-- Answers the count, and 1 where it was behind, else 0.
--@include ../../redis/clock.lua
local commits, mark = KEYS[1], KEYS[2]
local above, ahead = tonumber(ARGV[1]), tonumber(ARGV[2])

-- A key of another type counts nothing: it is lost too.
local stored = redis.pcall('GET', commits)
local found = type(stored) == 'string' and tonumber(stored) or 0
if found >= above then return { wholeText(found), 0 } end

local at = wholeText(timeMs())
if redis.call('TYPE', mark).ok ~= 'hash' then redis.call('DEL', mark) end
redis.call('HDEL', mark, 'told')
redis.call('HSET', mark, 'at', at, 'seen', wholeText(above - 1), 'found', wholeText(found))
local count = wholeText(above + ahead)
redis.call('SET', commits, count)
return { count, 1 }
