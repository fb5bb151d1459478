#!lua flags=no-writes
-- Says of each of several lanes whether all that it rests on is as it was. Most keys of an idle portfolio are not
-- there: that none of any lane is there now is asked at once.
--
-- KEYS: of each lane the keys that were not there, then those that were read.
-- ARGV: the last rank of `l`, then of each lane how many were not there, how the others are read, a letter each
--   (read-key.lua), and the SHA-1 of what they held.
-- Answers for each lane 1 where all is as it was, else 0.
--@include ./read-key.lua
local lastLowest, BEFORE_LANES, PER_LANE = ARGV[1], 1, 3

-- Writes a reply so that no two are alike: what it is, how long it is, what it holds.
local function write(value, into)
  if type(value) == 'table' then
    into[#into + 1] = '*' .. #value .. ':'
    for _, one in ipairs(value) do write(one, into) end
  else
    into[#into + 1] = value and '$' .. #value .. ':' .. value or '-'
  end
end

local function digestOf(kinds, before)
  local text = {}
  for at = 1, #kinds do
    local found = readKey[string.sub(kinds, at, at)](KEYS[before + at], lastLowest)
    if type(found) == 'table' and found.err then return '' end
    write(found, text)
  end
  return redis.sha1hex(table.concat(text))
end

local lanes, absent, at = {}, {}, 0
for nth = BEFORE_LANES + 1, #ARGV, PER_LANE do
  local missing, kinds, digest = tonumber(ARGV[nth]), ARGV[nth + 1], ARGV[nth + 2]
  lanes[#lanes + 1] = { first = at + 1, last = at + missing, kinds = kinds, digest = digest }
  for key = at + 1, at + missing do absent[#absent + 1] = KEYS[key] end
  at = at + missing + #kinds
end

local allAbsent = #absent == 0 or redis.call('EXISTS', unpack(absent)) == 0
local function isAbsent(lane)
  return allAbsent or lane.last < lane.first or redis.call('EXISTS', unpack(KEYS, lane.first, lane.last)) == 0
end

local answers = {}
for nth, lane in ipairs(lanes) do
  answers[nth] = isAbsent(lane) and digestOf(lane.kinds, lane.last) == lane.digest and 1 or 0
end
return answers
