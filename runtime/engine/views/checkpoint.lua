#!lua
-- Moves the checkpoint of the position book: keeps the newer of what is stored and what is given for each symbol, then
-- moves the id it stands at. An id beyond the last one of the stream is one that a repair has taken away.
--
-- What was read from other data than these (before a FLUSHALL that the worker has not heard of) is not kept.
--
-- KEYS: the checkpoint, the snapshots, the name of the data set.
-- ARGV: the id (empty: it stays), the name of the data set that was read (empty: not known), then symbol, id and
--   figures of each.
-- Answers 1, or 0 where the data are others.
--@include ../../redis/field.lua
--@include ../commit/id-order.lua
local checkpoint, snapshots, dataSet = KEYS[1], KEYS[2], KEYS[3]
local to, readFrom = ARGV[1], ARGV[2]
local FIRST_SYMBOL, OF_EACH = 3, 3
if readFrom ~= '' and redis.call('GET', dataSet) ~= readFrom then return 0 end

local last
if redis.call('TYPE', snapshots).ok == 'stream' then
  last = field(redis.call('XINFO', 'STREAM', snapshots), 'last-generated-id')
end
local function wasThere(id) return not last or not newer(id, last) end

for i = FIRST_SYMBOL, #ARGV, OF_EACH do
  local symbol, id, figures = unpack(ARGV, i, i + OF_EACH - 1)
  local stored = redis.call('HGET', checkpoint, symbol)
  if wasThere(id) and (not stored or newer(id, string.match(stored, '^(%S+)'))) then
    redis.call('HSET', checkpoint, symbol, id .. ' ' .. figures)
  end
end
local at = redis.call('HGET', checkpoint, ':at')
if to ~= '' and wasThere(to) and (not at or newer(to, at)) then redis.call('HSET', checkpoint, ':at', to) end
return 1
