#!lua
-- Moves the checkpoint of the position book: keeps the newer of what is stored and what is given for each symbol, then
-- moves the id it stands at. An id beyond the last one of the stream is one that a repair has taken away.
--
-- KEYS: the checkpoint, the snapshots.
-- ARGV: the id (empty: it stays), then symbol, id and figures of each.
-- Answers 1.
--@include ../../redis/field.lua
--@include ../commit/id-order.lua
local checkpoint, snapshots, to = KEYS[1], KEYS[2], ARGV[1]
local FIRST_SYMBOL, OF_EACH = 2, 3

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
