/**
 * The part of the commit script that knows what is finished. The low-water mark (`top`, and `min`, the oldest entry that
 * was pending) tells it of all that is not ahead of the clock; what is finished above `min` or ahead of the clock is
 * kept by its id. A mark ahead of the clock says nothing: the ids it was made of are not those of the clock.
 */
export const COMMIT_MARK = `local acked = {}
local anyFinished = not req.watch and redis.call('EXISTS', req.finished) == 1

local function usable(id)
  return id and id ~= '' and not aheadOf(id, nowMs()) and id or nil
end

local mark
local function markNow()
  if not mark then
    local stored = redis.call('HMGET', req.mark, 'top', 'min')
    local min = stored[2]
    mark = { stored = stored[1], top = usable(stored[1]), min = usable(min), stands = usable(stored[1]) and (not min or min == '') }
  end
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

local function oldestPending()
  local summary = redis.call('XPENDING', stream, group)
  if summary[1] == 0 then return nil end
  if not isBelowMark(summary[2]) then return summary[2] end
  local from = markNow().min or '(' .. markNow().top
  local first = redis.call('XPENDING', stream, group, from, '+', 1)[1]
  return first and first[1]
end

local function lastDelivered()
  for _, flat in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    if field(flat, 'name') == group then return field(flat, 'last-delivered-id') end
  end
end

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

local function advanceMark()
  if #acked == 0 then return end
  local known = markNow()
  local top, highest = known.top or '0-0', acked[1]
  for _, id in ipairs(acked) do
    if newer(id, highest) then highest = id end
    if newer(id, top) and not aheadOf(id, nowMs()) then top = id end
  end
  local min = minAfter(top, highest)
  redis.call('HSET', req.mark, 'top', top == '0-0' and known.stored or top, 'min', min or '')
  local low = min or top
  if not anyFinished and (newer(low, highest) or not min and highest == low) then return end
  for _, id in ipairs(acked) do
    if newer(id, low) or id == min then redis.call('ZADD', req.finished, (split(id)), id) end
  end
  local lowMs = split(low)
  redis.call('ZREMRANGEBYSCORE', req.finished, '-inf', '(' .. lowMs)
  if not min and redis.call('ZCOUNT', req.finished, '(' .. lowMs, '+inf') == 0 then redis.call('DEL', req.finished) end
end
`;
