#!lua
-- Marks the minute that it is as one in which a worker of each of these gates ran, and forgets hours of long ago.
--
-- KEYS: the hash of each gate (hour → its minutes as 60 bits, 15 hex digits).
-- ARGV: how many hours are kept.
-- Answers the Unix ms of the mark.
--@include ../../redis/clock.lua
local HOUR_MS, MINUTE_MS, BITS, DIGITS = 3600000, 60000, 4, 15
local nowMs, kept = timeMs(), tonumber(ARGV[1])
local hour = math.floor(nowMs / HOUR_MS)
local minute = math.floor(nowMs % HOUR_MS / MINUTE_MS)
local at = math.floor(minute / BITS) + 1
for _, key in ipairs(KEYS) do
  local type = redis.call('TYPE', key).ok
  if type == 'hash' or type == 'none' then
    local minutes = redis.call('HGET', key, wholeText(hour)) or ''
    if #minutes ~= DIGITS or minutes:find('%X') then minutes = ('0'):rep(DIGITS) end
    local digit = bit.bor(tonumber(minutes:sub(at, at), 16), bit.lshift(1, minute % BITS))
    minutes = minutes:sub(1, at - 1) .. string.format('%x', digit) .. minutes:sub(at + 1)
    if redis.call('HSET', key, wholeText(hour), minutes) == 1 then
      for _, old in ipairs(redis.call('HKEYS', key)) do
        if (tonumber(old) or 0) < hour - kept then redis.call('HDEL', key, old) end
      end
      redis.call('PEXPIRE', key, (kept + 1) * HOUR_MS)
    end
  end
end
return wholeText(nowMs)
