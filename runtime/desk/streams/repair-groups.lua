-- The part of a repair that moves groups of the stream, and what is pending in them.
--
-- `takePending(groups)`: takes what is pending ahead of the clock out of the groups; `givePending(held, nowOf)` gives
-- it back under the new ids, with its consumer, its age and its deliveries. `moveGroups(groups, lastId, nowAt)` notes
-- in each group that it moves: `to` where, and in `past` that it stood further than the stream ever went.
-- `moveMarks(groups, nowOf)`: low-water marks and finished ids of our lanes. `linesOf(groups)`: what moved, a line
-- each.
local PENDING_AT_ONCE = 1000

-- The number of the lane that reads with a group of this name.
local function laneOf(groupName)
  for at, ours in ipairs(target.groups) do
    if ours == groupName then return at end
  end
end

local function takePending(groupsNow)
  local held = {}
  for _, group in ipairs(groupsNow) do
    local rows = redis.call('XPENDING', stream, group.name, AHEAD, '+', PENDING_AT_ONCE)
    while #rows > 0 do
      for _, row in ipairs(rows) do
        local id, consumer, idleMs, deliveries = unpack(row)
        held[#held + 1] = { group = group.name, id = id, consumer = consumer, idleMs = idleMs, deliveries = deliveries }
        redis.call('XACK', stream, group.name, id)
      end
      rows = redis.call('XPENDING', stream, group.name, AHEAD, '+', PENDING_AT_ONCE)
    end
  end
  return held
end

local function givePending(held, nowOf)
  for _, one in ipairs(held) do
    local id = nowOf[one.id]
    if id then
      redis.call('XCLAIM', stream, one.group, one.consumer, 0, id, 'IDLE', one.idleMs, 'RETRYCOUNT', one.deliveries,
        'FORCE', 'JUSTID')
    end
  end
end

-- Where a lane is known to have finished everything: before what was pending, else at its mark.
local function startOf(lane)
  local top, min = unpack(redis.call('HMGET', (keysOfLane(lane)), 'top', 'min'))
  if min and min ~= '' and not aheadOf(min, nowMs) then
    local before = redis.call('XREVRANGE', stream, '(' .. min, '-', 'COUNT', 1)[1]
    return before and before[1] or '0-0'
  end
  return top and not aheadOf(top, nowMs) and top or '0-0'
end

local function moveGroups(groupsNow, lastIdBefore, nowAt)
  for _, group in ipairs(groupsNow) do
    if aheadOf(group.at, nowMs) then
      local lane = laneOf(group.name)
      group.past = newer(group.at, lastIdBefore)
      if not group.past then group.to = nowAt(group.at) else group.to = lane and startOf(lane) or '0-0' end
      redis.call('XGROUP', 'SETID', stream, group.name, group.to)
    end
  end
end

local function linesOf(groupsNow)
  local lines = {}
  for _, group in ipairs(groupsNow) do
    if group.to then
      local readsAgain = group.past and not laneOf(group.name)
      lines[#lines + 1] = table.concat({ group.to, readsAgain and '1' or '0', group.name }, ' ')
    end
  end
  return table.concat(lines, '\n')
end

local function moveMark(group, mark, finished)
  local top = redis.call('HGET', mark, 'top')
  local isAhead = top and aheadOf(top, nowMs)
  if group.past and isAhead then
    redis.call('DEL', mark, finished)
  elseif not group.past and (group.to or isAhead) then
    local count, oldest = unpack(redis.call('XPENDING', stream, group.name))
    redis.call('HSET', mark, 'top', group.to or group.at, 'min', count > 0 and oldest or '')
  end
end

local function moveFinished(finished, nowOf)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', finished, string.match(AHEAD, '^%d+'), '+inf')) do
    redis.call('ZREM', finished, id)
    local now = nowOf[id]
    if now then redis.call('ZADD', finished, (split(now)), now) end
  end
end

-- The lease goes to nobody for a moment: whoever reads has ids of before in hand.
local function moveMarks(groupsNow, nowOf)
  for _, group in ipairs(groupsNow) do
    local lane = laneOf(group.name)
    if lane then
      local mark, finished, lease = keysOfLane(lane)
      moveMark(group, mark, finished)
      moveFinished(finished, nowOf)
      redis.call('SET', lease, 'streams repair', 'PX', target.leaseMs)
    end
  end
end
