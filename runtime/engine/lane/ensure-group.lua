#!lua
-- Creates the group of a lane where it is missing. One that exists stays as it is and gets its low-water mark. A mark
-- beyond what the stream ever had, or ahead of the clock beside a stream that is not there, is that of a stream that
-- was deleted: nothing in the one of now was judged, and the group begins at its first entry.
--
-- KEYS: the stream, the mark, ids finished above it.
-- ARGV: the group, where the mark would have it start.
-- Answers `kept` or `created`.
--@include ../../redis/clock.lua
--@include ../../redis/field.lua
--@include ../commit/id-order.lua
local stream, mark, finished = KEYS[1], KEYS[2], KEYS[3]
local name, start = ARGV[1], ARGV[2]
local nowMs = timeMs()
local top = redis.call('HGET', mark, 'top')
local exists = redis.call('TYPE', stream).ok == 'stream'

local function findGroup()
  if not exists then return nil end
  for _, flat in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    if field(flat, 'name') == name then return flat end
  end
end

-- A group ahead of the clock gets none: those ids say nothing of what is finished.
local function giveMark(delivered)
  if top or aheadOf(delivered, nowMs) then return end
  local pending, oldest = unpack(redis.call('XPENDING', stream, name))
  redis.call('HSET', mark, 'top', delivered, 'min', pending > 0 and oldest or '')
end

local function isStale()
  if not top then return false end
  if not exists then return aheadOf(top, nowMs) end
  return newer(top, field(redis.call('XINFO', 'STREAM', stream), 'last-generated-id'))
end

local group = findGroup()
if group then
  giveMark(field(group, 'last-delivered-id'))
  return 'kept'
end
if isStale() then
  redis.call('DEL', mark, finished)
  start = '0'
end
redis.call('XGROUP', 'CREATE', stream, name, start, 'MKSTREAM')
return 'created'
