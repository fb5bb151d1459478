import { ID_ORDER } from '../../engine/commit/id-order-script.ts';
import { REPAIR_MARKS } from './repair-marks-script.ts';

/**
 * Takes a stream back below Redis's clock, all of it or nothing. KEYS[5] the stream, KEYS[6] its dead letters, KEYS[7]
 * the book's checkpoint, KEYS[8] the last unusable snapshot, KEYS[9] the index of plans, then mark, finished ids and
 * lease of each lane that reads the stream, then keys that hold a newest id. ARGV[3] the stream's name, ARGV[4] what it
 * is, JSON (`RepairTarget`).
 *
 * Every entry ahead of the clock is put behind the newest one that is not, in its order, as old as that one: nobody
 * knows when it was written, and it was not before that. What a group was given, has pending and has acknowledged stays
 * so under the new ids.
 */
export const REPAIR_BODY = `${ID_ORDER}
local stream, target = KEYS[5], cjson.decode(ARGV[4])
local HIGHEST, MOST_VALUES = '18446744073709551615-18446744073709551615', 7900
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local AHEAD = string.format('%.0f-0', nowMs + 1)

local function field(flat, name)
  for i = 1, #flat, 2 do
    if flat[i] == name then return flat[i + 1] end
  end
end

local function lastIdOf(key)
  if redis.call('TYPE', key).ok ~= 'stream' then return '0-0' end
  return field(redis.call('XINFO', 'STREAM', key), 'last-generated-id')
end

local wrong = wrongType({ [stream] = 'stream', [KEYS[2]] = 'stream', [KEYS[6]] = 'stream' })
if wrong then return finish({ refused = wrong }) end
if redis.call('EXISTS', stream) == 0 then return finish({ refused = ARGV[3] .. ' does not exist' }) end
if KEYS[2] ~= stream and lastIdOf(KEYS[2]) == HIGHEST then
  return finish({ refused = 'the ledger takes no more entries: portcullis streams repair ops.ledger comes first' })
end
local info = redis.call('XINFO', 'STREAM', stream)
local lastId, groups, ahead = field(info, 'last-generated-id'), {}, aheadOf(field(info, 'last-generated-id'), nowMs)
for _, flat in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
  local group = { name = field(flat, 'name'), at = field(flat, 'last-delivered-id') }
  groups[#groups + 1] = group
  ahead = ahead or aheadOf(group.at, nowMs)
end
if not ahead then return finish({ refused = ARGV[3] .. ' is not ahead of the clock of Redis' }) end

local entries, from, found = {}, AHEAD, nil
repeat
  found = redis.call('XRANGE', stream, from, '+', 'COUNT', 500)
  for _, entry in ipairs(found) do entries[#entries + 1] = entry end
  from = #found == 500 and '(' .. found[500][1]
until not from or from == '(' .. HIGHEST

local base = redis.call('XREVRANGE', stream, string.format('%.0f', nowMs), '-', 'COUNT', 1)[1]
base = base and base[1] or '0-0'
local function atLeast(id)
  if id and id ~= '' and not aheadOf(id, nowMs) and newer(id, base) then base = id end
end
for _, group in ipairs(groups) do atLeast(group.at) end
for at = 0, #target.groups - 1 do atLeast(redis.call('HGET', KEYS[10 + at * 3], 'top')) end
if base == '0-0' then base = string.format('%.0f-0', nowMs - 3600000) end

local held = {}
for _, group in ipairs(groups) do
  local rows = redis.call('XPENDING', stream, group.name, AHEAD, '+', 1000)
  while #rows > 0 do
    for _, row in ipairs(rows) do
      held[#held + 1] = { group.name, row[1], row[2], row[3], row[4] }
      redis.call('XACK', stream, group.name, row[1])
    end
    rows = redis.call('XPENDING', stream, group.name, AHEAD, '+', 1000)
  end
end

for _, entry in ipairs(entries) do redis.call('XDEL', stream, entry[1]) end
local deleted = field(info, 'max-deleted-entry-id')
if deleted == '0-0' or aheadOf(deleted, nowMs) then deleted = '0-1' end
local added = math.max(field(info, 'entries-added') - #entries, redis.call('XLEN', stream))
redis.call('XSETID', stream, HIGHEST, 'ENTRIESADDED', string.format('%.0f', added), 'MAXDELETEDID', deleted)
redis.call('XSETID', stream, base)

local baseMs, baseSeq = split(base)
local ms, seq = tonumber(baseMs), tonumber(baseSeq)
if #baseSeq > 15 then ms, seq = ms + 1, -1 end
local function nextId()
  seq = seq + 1
  return string.format('%.0f-%.0f', ms, seq)
end

local function repaired(fields, old)
  local bytes = #old + 13
  for i = 1, #fields do bytes = bytes + #fields[i] end
  if target.chained or #fields >= target.mostValues or bytes > target.mostBytes then return fields end
  fields[#fields + 1] = 'repaired_from'
  fields[#fields + 1] = old
  return fields
end

local now, newest, setAside = {}, base, 0
for _, entry in ipairs(entries) do
  local old, fields = entry[1], entry[2]
  if #fields > MOST_VALUES then
    setAside = setAside + 1
    redis.call('XADD', KEYS[6], '*', 'dlq_id', old, 'dlq_group', '', 'dlq_reason', 'over_limit: too many fields to be repaired',
      'dlq_attempts', '0', 'dlq_ts', seconds, 'dlq_packed', cmsgpack.pack(fields))
  else
    newest = nextId()
    redis.call('XADD', stream, newest, unpack(repaired(fields, old)))
    now[old] = newest
  end
end

local function nowAt(old)
  local low, high = 0, #entries
  while low < high do
    local middle = math.ceil((low + high) / 2)
    if newer(entries[middle][1], old) then high = middle - 1 else low = middle end
  end
  for at = low, 1, -1 do
    if now[entries[at][1]] then return now[entries[at][1]] end
  end
  return base
end
${REPAIR_MARKS}`;
