#!lua
-- As version 0.1.0 and what came after it have it: puts a tick on its handler's stream once, however often it is
-- triggered. Ticks of a schedule that nobody runs do not pile up. Which were made is remembered for a while.
--
-- KEYS: ids of ticks that were made, the stream, the last tick of each handler.
-- ARGV: for how long an id is remembered (ms), the handler, the Unix ms at which the tick was due (empty: it is none of
--   a schedule), then the fields of the entry, of which the first is the id of the tick.
-- Answers how many ms lie between it and the tick before, 0 where nobody can tell; false when it was made before. A
--   tick that comes after a later one, or from ahead of the clock of Redis, tells of no gap.
--@include ../../runtime/redis/clock.lua
local made, stream, lastTicks = KEYS[1], KEYS[2], KEYS[3]
local keptMs, handler, dueMs, id = ARGV[1], ARGV[2], ARGV[3], ARGV[5]
local FIRST_FIELD, ALWAYS_KEPT, FORGOTTEN_AT_ONCE, TOLERANCE_MS = 4, 100, 100, 5000

if redis.call('ZSCORE', made, id) then return false end
redis.call('XADD', stream, '*', unpack(ARGV, FIRST_FIELD))
local nowMs = timeMs()
redis.call('ZADD', made, nowMs, id)
local old = redis.call('ZCOUNT', made, '-inf', nowMs - keptMs)
local forgotten = math.min(old, redis.call('ZCARD', made) - ALWAYS_KEPT, FORGOTTEN_AT_ONCE)
if forgotten > 0 then redis.call('ZREMRANGEBYRANK', made, 0, forgotten - 1) end
if dueMs == '' then return 0 end

redis.call('XTRIM', stream, 'MAXLEN', '~', '10000')
local aheadOf = nowMs + TOLERANCE_MS
local at, before = tonumber(dueMs), tonumber(redis.call('HGET', lastTicks, handler) or '')
-- A tick from ahead of the clock does not keep those of now from being noted.
if before and before > at and before <= aheadOf then return 0 end
redis.call('HSET', lastTicks, handler, dueMs)
if not before or before > at or at > aheadOf then return 0 end
return at - before
