-- The part of a repair that lowers ids that other keys of ours hold.
--
-- `lowerIds(nowOf, nowAt)`: in the checkpoint of the book and the last unusable snapshot, where the stream is that of
-- snapshots, and in the keys that hold a newest id.
local function lowerIds(nowOf, nowAt)
  -- The new id of one ahead of the clock; nil for any other text.
  local function lowered(id)
    if not id or not string.match(id, '^%d+%-%d+$') or not aheadOf(id, nowMs) then return nil end
    return nowOf[id] or nowAt(id)
  end

  for at = FIRST_OF_LANES + #target.groups * OF_A_LANE, #KEYS do
    local kept = redis.pcall('GET', KEYS[at])
    local to = type(kept) == 'string' and lowered(kept)
    if to then redis.call('SET', KEYS[at], to, 'KEEPTTL') end
  end
  if target.isBook then
    local book = redis.pcall('HGETALL', checkpoint)
    for i = 1, book.err and 0 or #book, 2 do
      local symbol, id, rest = book[i], string.match(book[i + 1], '^(%S+)(.*)$')
      local to = lowered(id)
      if to then redis.call('HSET', checkpoint, symbol, to .. rest) end
    end
    local to = lowered(redis.call('GET', lastUnusable))
    if to then redis.call('SET', lastUnusable, to) end
  end
end
