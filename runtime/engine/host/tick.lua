#!lua
-- Puts ticks of a handler on its stream, of one portfolio or of many, each once, however often it is triggered.
-- Ticks of a schedule that nobody runs do not pile up; what a `later` effect asked for is never trimmed here. Which
-- were made is remembered for a while, of the newest a hundred for ever: a job comes again however long nobody was
-- there to finish it.
--
-- KEYS: of each portfolio: ids of ticks that were made, the stream, the last tick of each handler.
-- ARGV: for how long an id is remembered (ms), the handler; then of each portfolio the Unix ms at which the tick was
--   due (empty: it is none of a schedule), how many texts its entry has, and these: the second is the tick's id.
-- Answers for each portfolio how many ms lie between its tick and the one before, 0 where nobody can tell, nothing
--   where it was made before; and a text, empty unless the tick cannot be made: that keeps no other from being made.
--   A tick that comes after a later one, or from ahead of the clock of Redis, tells of no gap.
--@include ../../redis/clock.lua
local keptMs, handler = ARGV[1], ARGV[2]
local FIRST, ALWAYS_KEPT, FORGOTTEN_AT_ONCE, TOLERANCE_MS = 3, 100, 100, 5000
local nowMs = timeMs()

local function noted(lastTicks, dueMs)
  local aheadOf = nowMs + TOLERANCE_MS
  local at, before = tonumber(dueMs), tonumber(redis.call('HGET', lastTicks, handler) or '')
  -- A tick from ahead of the clock does not keep those of now from being noted.
  if before and before > at and before <= aheadOf then return 0 end
  redis.call('HSET', lastTicks, handler, dueMs)
  if not before or before > at or at > aheadOf then return 0 end
  return at - before
end

local function forget(made)
  local old = redis.call('ZCOUNT', made, '-inf', nowMs - keptMs)
  if old == 0 then return end
  local forgotten = math.min(old, redis.call('ZCARD', made) - ALWAYS_KEPT, FORGOTTEN_AT_ONCE)
  if forgotten > 0 then redis.call('ZREMRANGEBYRANK', made, 0, forgotten - 1) end
end

local function tick(nth, dueMs, from, to)
  local made, stream, lastTicks = KEYS[nth], KEYS[nth + 1], KEYS[nth + 2]
  local id = ARGV[from + 1]
  if redis.call('ZSCORE', made, id) then return false end
  redis.call('XADD', stream, '*', unpack(ARGV, from, to))
  redis.call('ZADD', made, nowMs, id)
  forget(made)
  if dueMs == '' then return 0 end
  redis.call('XTRIM', stream, 'MAXLEN', '~', '10000')
  return noted(lastTicks, dueMs)
end

local answers, at = {}, FIRST
for nth = 1, #KEYS, 3 do
  local dueMs, texts = ARGV[at], tonumber(ARGV[at + 1])
  local done, answer = pcall(tick, nth, dueMs, at + 2, at + 1 + texts)
  local problem = type(answer) == 'table' and answer.err or tostring(answer)
  answers[#answers + 1] = done and { answer, '' } or { false, problem }
  at = at + 2 + texts
end
return answers
