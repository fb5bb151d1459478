-- The part of the commit script that knows what is finished. The low-water mark (`top`, and `min`, the oldest entry
-- that was pending) tells it of all that is not ahead of the clock; what is finished above `min` or ahead of the clock
-- is kept by its id. A mark ahead of the clock says nothing: the ids it was made of are not those of the clock.
--
-- `acked`: what this commit acknowledges. `wasFinished(id)`: before it. `advanceMark()`: once, behind the last message.
local acked = {}
local anyFinished = not req.watch and redis.call('EXISTS', req.finished) == 1

local function usable(id)
  return id and id ~= '' and not aheadOf(id, nowMs()) and id or nil
end

-- Read with the first question. `stands`: nothing was pending when it was set, so that all up to `top` is finished.
local mark
local function markNow()
  if mark then return mark end
  local top, min = unpack(redis.call('HMGET', req.mark, 'top', 'min'))
  mark = {
    stored = top,
    top = usable(top),
    min = usable(min),
    stands = usable(top) and (not min or min == ''),
  }
  return mark
end

local function isBelowMark(id)
  local known = markNow()
  if known.min then return newer(known.min, id) end
  return known.stands and not newer(id, known.top)
end

local function wasFinished(id)
  return isBelowMark(id) or anyFinished and redis.call('ZSCORE', req.finished, id)
end

-- The oldest entry that is pending and was not finished: a group that was moved back has finished ones pending again.
local function oldestPending()
  local count, oldest = unpack(redis.call('XPENDING', stream, group))
  if count == 0 then return nil end
  if not isBelowMark(oldest) then return oldest end
  local from = markNow().min or '(' .. markNow().top
  local first = redis.call('XPENDING', stream, group, from, '+', 1)[1]
  return first and first[1]
end

local function lastDelivered()
  for _, flat in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    if field(flat, 'name') == group then return field(flat, 'last-delivered-id') end
  end
end

-- Where `min` stands behind this commit. Where nothing is pending but the group stands before what is finished (it was
-- moved back), `min` stays with the group, whose own place then counts as finished by its id.
local function minAfter(top, highest)
  local known = markNow()
  local oldest = oldestPending()
  if oldest then return usable(oldest) end
  if not known.min or not newer(top, highest) then return nil end
  local at = lastDelivered()
  if not newer(top, at) then return nil end
  if not newer(at, known.min) then return known.min end
  redis.call('ZADD', req.finished, (split(at)), at)
  return at
end

local function highestOf(ids, from, isIn)
  local highest = from
  for _, id in ipairs(ids) do
    if newer(id, highest) and (not isIn or isIn(id)) then highest = id end
  end
  return highest
end

-- The highest id that was acknowledged, and where `top` stands: never past the clock of Redis.
local function heights()
  local top, highest = markNow().top or '0-0', highestOf(acked, '0-0')
  if usable(highest) then return newer(highest, top) and highest or top, highest end
  return highestOf(acked, top, usable), highest
end

local function advanceMark()
  if #acked == 0 then return end
  local top, highest = heights()
  local min = minAfter(top, highest)
  redis.call('HSET', req.mark, 'top', top == '0-0' and markNow().stored or top, 'min', min or '')
  -- What the mark does not tell of is kept by its id, until the mark passes it.
  local low = min or top
  if not anyFinished and (newer(low, highest) or not min and highest == low) then return end
  for _, id in ipairs(acked) do
    if newer(id, low) or id == min then redis.call('ZADD', req.finished, (split(id)), id) end
  end
  local lowMs = split(low)
  redis.call('ZREMRANGEBYSCORE', req.finished, '-inf', '(' .. lowMs)
  if not min and redis.call('ZCOUNT', req.finished, '(' .. lowMs, '+inf') == 0 then redis.call('DEL', req.finished) end
end
