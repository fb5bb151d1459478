-- The part of a repair that moves entries.
--
-- `entriesAhead()`: those ahead of the clock. `baseOf(groups)`: the id behind which they are put. `dropAhead(info,
-- entries, base)` takes them away. `putBehind(entries, base)` puts them back; answers the newest id, how many were set
-- aside, the new ids by the old ones, and a function that gives the new id of any old one.
local AT_ONCE = 500
-- How many values one command may be given out of a table.
local MOST_VALUES = 7900
local HOUR_MS = 3600000
-- From so many digits on, the number of an id is more than Lua counts exactly.
local EXACT_DIGITS = 15

local function entriesAhead()
  local entries, from, found = {}, AHEAD, nil
  repeat
    found = redis.call('XRANGE', stream, from, '+', 'COUNT', AT_ONCE)
    for _, entry in ipairs(found) do entries[#entries + 1] = entry end
    from = #found == AT_ONCE and '(' .. found[#found][1]
  until not from or from == '(' .. HIGHEST
  return entries
end

-- The newest id below the clock: of an entry, of what a group was given, of a mark. Where there is none, an hour ago.
local function baseOf(groupsNow)
  local newestBelow = redis.call('XREVRANGE', stream, wholeText(nowMs), '-', 'COUNT', 1)[1]
  local base = newestBelow and newestBelow[1] or '0-0'
  local function atLeast(id)
    if id and id ~= '' and not aheadOf(id, nowMs) and newer(id, base) then base = id end
  end
  for _, group in ipairs(groupsNow) do atLeast(group.at) end
  for at = 1, #target.groups do atLeast(redis.call('HGET', (keysOfLane(at)), 'top')) end
  if base == '0-0' then return wholeText(nowMs - HOUR_MS) .. '-0' end
  return base
end

-- Redis takes no last id below the highest that was deleted, which is lowered first: beside a last id above all, and
-- not to 0-0, which would leave it as it is.
local function dropAhead(infoBefore, entries, base)
  for _, entry in ipairs(entries) do redis.call('XDEL', stream, entry[1]) end
  local deleted = field(infoBefore, 'max-deleted-entry-id')
  if deleted == '0-0' or aheadOf(deleted, nowMs) then deleted = '0-1' end
  local added = math.max(field(infoBefore, 'entries-added') - #entries, redis.call('XLEN', stream))
  redis.call('XSETID', stream, HIGHEST, 'ENTRIESADDED', wholeText(added), 'MAXDELETEDID', deleted)
  redis.call('XSETID', stream, base)
end

-- Gives ids behind `base`, in order.
local function idsBehind(base)
  local baseMs, baseSeq = split(base)
  local ms, seq = tonumber(baseMs), tonumber(baseSeq)
  if #baseSeq > EXACT_DIGITS then ms, seq = ms + 1, -1 end
  return function()
    seq = seq + 1
    return wholeText(ms) .. '-' .. wholeText(seq)
  end
end

-- An entry of facts names others of its stream.
local OF_FACTS = { base = true, whole = true, floor = true }
local function followed(flat, nowOf)
  for i = 1, #flat, 2 do
    if OF_FACTS[flat[i]] then flat[i + 1] = nowOf[flat[i + 1]] or flat[i + 1] end
  end
  return flat
end

-- An entry says which one it was, unless it is of a chain, or would be larger than any that is read.
local function repaired(flat, old)
  local bytes = #old + #'repaired_from'
  for i = 1, #flat do bytes = bytes + #flat[i] end
  if target.chained or #flat >= target.mostValues or bytes > target.mostBytes then return flat end
  flat[#flat + 1] = 'repaired_from'
  flat[#flat + 1] = old
  return flat
end

local function setAsideOne(old, flat)
  redis.call('XADD', deadLetters, '*', 'dlq_id', old, 'dlq_group', '', 'dlq_reason',
    'over_limit: too many fields to be repaired', 'dlq_attempts', '0', 'dlq_ts', seconds,
    'dlq_packed', cmsgpack.pack(flat))
end

-- The new id of an old one ahead of the clock: that of the entry, else of the newest that was before it.
local function nowAtOf(entries, nowOf, base)
  return function(old)
    local low, high = 0, #entries
    while low < high do
      local middle = math.ceil((low + high) / 2)
      if newer(entries[middle][1], old) then high = middle - 1 else low = middle end
    end
    for at = low, 1, -1 do
      local now = nowOf[entries[at][1]]
      if now then return now end
    end
    return base
  end
end

local function putBehind(entries, base)
  local nextId, nowOf, newest, setAside = idsBehind(base), {}, base, 0
  for _, entry in ipairs(entries) do
    local old, flat = unpack(entry)
    if #flat > MOST_VALUES then
      setAside = setAside + 1
      setAsideOne(old, flat)
    else
      newest = nextId()
      if target.isFacts then flat = followed(flat, nowOf) end
      redis.call('XADD', stream, newest, unpack(repaired(flat, old)))
      nowOf[old] = newest
    end
  end
  return newest, setAside, nowOf, nowAtOf(entries, nowOf, base)
end
