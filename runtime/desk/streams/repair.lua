#!lua flags=allow-oom
-- Takes a stream back below the clock of Redis, all of it or nothing. Every entry ahead of the clock is put behind the
-- newest one that is not, in its order, as old as that one: nobody knows when it was written, and it was not before
-- that. What a group was given, has pending and has acknowledged stays so under the new ids.
--
-- KEYS from the fifth: the stream, its dead letters, the book's checkpoint, the last unusable snapshot, what is
--   made anew of the entries, then mark, finished ids and lease of each lane that reads the stream, then keys that hold
--   a newest id.
-- ARGV from the third: the stream's name, what it is, JSON (`target` in repair.ts).
-- Answers the last id before and after, how many entries were moved and set aside, and a line `id 0|1 name` for each
--   group that was moved, 1 where it may read entries again; or why it was refused.
--@include ../../engine/commit/operation-head.lua
--@include ../../engine/commit/id-order.lua
--@include ../../redis/clock.lua
--@include ../../redis/field.lua
local stream, deadLetters, checkpoint, lastUnusable, madeAnew = KEYS[5], KEYS[6], KEYS[7], KEYS[8], KEYS[9]
local name, target = ARGV[3], cjson.decode(ARGV[4])
local FIRST_OF_LANES, OF_A_LANE = 10, 3
local HIGHEST = '18446744073709551615-18446744073709551615'
local nowMs = timeMs()
local AHEAD = wholeText(nowMs + 1) .. '-0'

local function lastIdOf(key)
  if redis.call('TYPE', key).ok ~= 'stream' then return '0-0' end
  return field(redis.call('XINFO', 'STREAM', key), 'last-generated-id')
end

local function refusal()
  local wrong = wrongType({ [stream] = 'stream', [opsLedger] = 'stream', [deadLetters] = 'stream' })
  if wrong then return wrong end
  if redis.call('EXISTS', stream) == 0 then return name .. ' does not exist' end
  if opsLedger ~= stream and lastIdOf(opsLedger) == HIGHEST then
    return 'the ledger takes no more entries: portcullis streams repair ops.ledger comes first'
  end
end

local refused = refusal()
if refused then return finish({ refused = refused }) end

local info = redis.call('XINFO', 'STREAM', stream)
local lastId = field(info, 'last-generated-id')
local groups, ahead = {}, aheadOf(lastId, nowMs)
for _, flat in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
  local group = { name = field(flat, 'name'), at = field(flat, 'last-delivered-id') }
  groups[#groups + 1] = group
  ahead = ahead or aheadOf(group.at, nowMs)
end
if not ahead then return finish({ refused = name .. ' is not ahead of the clock of Redis' }) end

-- The keys of a lane that reads the stream: mark, finished ids, lease.
local function keysOfLane(at)
  local from = FIRST_OF_LANES + (at - 1) * OF_A_LANE
  return KEYS[from], KEYS[from + 1], KEYS[from + 2]
end
--@include ./repair-entries.lua
--@include ./repair-groups.lua
--@include ./repair-ids.lua

local entries = entriesAhead()
local base = baseOf(groups)
local held = takePending(groups)
dropAhead(info, entries, base)
local newest, setAside, nowOf, nowAt = putBehind(entries, base)
moveGroups(groups, lastId, nowAt)
givePending(held, nowOf)
moveMarks(groups, nowOf)

-- The index of plans and the note of the newest facts tell of entries by their ids of before: plans that are not in the
-- one are searched for, facts that are not in the other are written whole.
if target.isDecisions or target.isFacts then
  if #entries > 0 then redis.call('DEL', madeAnew) end
end
lowerIds(nowOf, nowAt)
ledger({ action = 'stream_repair', gate = name, before = lastId, after = newest })
return finish({
  stream = name, before = lastId, after = newest, moved = #entries - setAside, setAside = setAside,
  groups = linesOf(groups),
})
