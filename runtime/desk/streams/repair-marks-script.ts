/** The second half of a repair: positions of groups, pending entries, and what of ours holds ids. `now` has the new id of each old one. */
export const REPAIR_MARKS = `
local function isOurs(name)
  for at, group in ipairs(target.groups) do
    if group == name then return at - 1 end
  end
end

local function startOf(at)
  local mark = redis.call('HMGET', KEYS[10 + at * 3], 'top', 'min')
  if mark[2] and mark[2] ~= '' and not aheadOf(mark[2], nowMs) then
    local before = redis.call('XREVRANGE', stream, '(' .. mark[2], '-', 'COUNT', 1)[1]
    return before and before[1] or '0-0'
  end
  return mark[1] and not aheadOf(mark[1], nowMs) and mark[1] or '0-0'
end

local moved = {}
for _, group in ipairs(groups) do
  if aheadOf(group.at, nowMs) then
    local ours, past = isOurs(group.name), newer(group.at, lastId)
    local to = nowAt(group.at)
    if past then to = ours and startOf(ours) or '0-0' end
    redis.call('XGROUP', 'SETID', stream, group.name, to)
    group.to, group.past = to, past
    moved[#moved + 1] = table.concat({ to, past and not ours and '1' or '0', group.name }, ' ')
  end
end
for _, row in ipairs(held) do
  local id = now[row[2]]
  if id then
    redis.call('XCLAIM', stream, row[1], row[3], 0, id, 'IDLE', row[4], 'RETRYCOUNT', row[5], 'FORCE', 'JUSTID')
  end
end

local function lowered(id)
  if not id or not string.match(id, '^%d+%-%d+$') or not aheadOf(id, nowMs) then return nil end
  return now[id] or nowAt(id)
end

for _, group in ipairs(groups) do
  local at = isOurs(group.name)
  if at then
    local mark, finished, lease = KEYS[10 + at * 3], KEYS[11 + at * 3], KEYS[12 + at * 3]
    local top = redis.call('HGET', mark, 'top')
    if group.past and top and aheadOf(top, nowMs) then redis.call('DEL', mark, finished)
    elseif not group.past and (group.to or top and aheadOf(top, nowMs)) then
      local pending = redis.call('XPENDING', stream, group.name)
      redis.call('HSET', mark, 'top', group.to or group.at, 'min', pending[1] > 0 and pending[2] or '')
    end
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', finished, AHEAD:match('^%d+'), '+inf')) do
      redis.call('ZREM', finished, id)
      if now[id] then redis.call('ZADD', finished, (split(now[id])), now[id]) end
    end
    redis.call('SET', lease, 'streams repair', 'PX', target.leaseMs)
  end
end
if target.isBook then
  local book = redis.pcall('HGETALL', KEYS[7])
  for i = 1, book.err and 0 or #book, 2 do
    local id, rest = string.match(book[i + 1], '^(%S+)(.*)$')
    local to = lowered(id)
    if to then redis.call('HSET', KEYS[7], book[i], to .. rest) end
  end
end
if target.isDecisions and #entries > 0 then redis.call('DEL', KEYS[9]) end
for at = 10 + #target.groups * 3, #KEYS do
  local kept = redis.pcall('GET', KEYS[at])
  local to = type(kept) == 'string' and lowered(kept)
  if to then redis.call('SET', KEYS[at], to, 'KEEPTTL') end
end
if target.isBook then
  local to = lowered(redis.call('GET', KEYS[8]) or nil)
  if to then redis.call('SET', KEYS[8], to) end
end

ledger({ action = 'stream_repair', gate = ARGV[3], before = lastId, after = newest })
return finish({
  stream = ARGV[3], before = lastId, after = newest, moved = #entries - setAside, setAside = setAside,
  groups = table.concat(moved, '\\n'),
})
`;
