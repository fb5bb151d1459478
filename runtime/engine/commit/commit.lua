#!lua
-- The commit of a batch: effects apply if and only if the acknowledgement does (docs/architecture.md, The commit).
-- Redis runs a script without interruption but rolls none back: whatever can fail is looked at before the first write,
-- and nothing is written for a message before its acknowledgement.
--
-- KEYS: the source stream.
-- ARGV: one msgpack map (`CommitRequest` in commit.ts, its messages as in compact.ts), then long texts, which the map
--   names by their place among the arguments.
-- Answers a JSON list with one word for each message: `done` (then `|n,n` for best efforts that failed), `duplicate`,
--   `gone`, `trimmed`, `conflict`, `nogroup`, `refused|key`, `full|key` (a stream that takes no more entries) or
--   `torn|error`; then `#n`, how many commits the portfolio has had, where that is counted.
--@include ../../redis/clock.lua
--@include ../../redis/field.lua
--@include ./id-order.lua
local stream, packed = KEYS[1], ARGV[1]
local req = cmsgpack.unpack(packed)
local group = req.group
local reply = {}

-- A cluster that is moving the slot refuses keys that are not there (yet, or any more). This asks for one that never
-- is, so that the script is stopped before it writes, and not between two effects.
redis.call('EXISTS', req.last .. ':moving')

-- A batch that is sent again because its reply was lost gets that reply, and nothing is written.
local nonce, told = unpack(redis.call('HMGET', req.last, 'nonce', 'reply'))
if nonce == req.nonce then return told end

-- A part of a batch was judged on what the part before it leaves behind.
if req.after and redis.call('HGET', req.after.last, 'nonce') ~= req.after.nonce then
  for i = 1, #req.rows do reply[i] = 'conflict' end
  return cjson.encode(reply)
end

local clockMs
local function nowMs()
  clockMs = clockMs or timeMs()
  return clockMs
end

-- Of the message that is being committed: its id, its source entry where Redis copies that, the `key id` of each entry
-- written, and the numbers of best efforts that failed (negative: gave way to a newer entry).
local current, source, outputs, failed
--@include ./commit-types.lua
--@include ./commit-sources.lua
--@include ./commit-rows.lua
--@include ./commit-ops.lua
--@include ./commit-log.lua
--@include ./commit-mark.lua

local function acknowledge(id)
  if redis.call('XACK', stream, group, id) == 1 then
    acked[#acked + 1] = id
    return 'done'
  end
  local pending = redis.pcall('XPENDING', stream, group, id, id, 1)
  if pending.err then return 'nogroup' end
  return 'gone'
end

local token
local function tokenNow()
  token = token or redis.call('GET', req.token) or ''
  return token
end

local function moveToken(to)
  redis.call('SET', req.token, to)
  token = to
end

local function applyAll(m)
  local ok, problem = pcall(applyEach, m.effects)
  if not ok then return 'torn|' .. tostring(problem) end
  if m.log then record(m.log) end
  if #failed > 0 then return 'done|' .. table.concat(failed, ',') end
  return 'done'
end

local function applyAndMoveToken(m)
  local result = applyAll(m)
  if m.says.nextToken then moveToken(m.says.nextToken) end
  return result
end

local logKeys = { { key = req.decisions, type = 'stream' } }
if req.facts then
  logKeys[#logKeys + 1] = { key = req.facts.stream, type = 'stream' }
  logKeys[#logKeys + 1] = { key = req.facts.newest, type = 'hash' }
end

-- Answers the word of one message. Up to `acknowledge` it only looks; from there on the entry is finished.
local function commit(m, at)
  local says = m.says
  local wrong = wrongKey(m.effects) or m.log and wrongKey(logKeys)
  if wrong then return wrong end
  if says.token and tokenNow() ~= says.token then return 'conflict' end
  if req.watch then return applyAndMoveToken(m) end
  if wasFinished(m.id) then
    redis.call('XACK', stream, group, m.id)
    return 'gone'
  end
  if says.copies then
    source = sourceOf(at)
    if not source then
      local acknowledged = acknowledge(m.id)
      return acknowledged == 'done' and 'trimmed' or acknowledged
    end
  end
  local acknowledged = acknowledge(m.id)
  if acknowledged ~= 'done' then return acknowledged end
  if says.dedupe and not redis.call('SET', says.dedupe.key, '1', 'EX', digits(says.dedupe.ttl), 'NX') then
    if m.log then recordDuplicate(m.log) end
    return 'duplicate'
  end
  return applyAndMoveToken(m)
end

-- The word for all messages that are not looked at: what the batch was judged on is too old, or not so any more.
local stopped
if req.validUntil and nowMs() > tonumber(req.validUntil) then stopped = 'conflict' end
for _, guard in ipairs(req.guards) do
  if not stillHolds(guard) then stopped = 'conflict' end
end
for i, row in ipairs(req.rows) do
  if not stopped then
    local m = messageOf(row)
    current, source, outputs, failed = m.id, nil, {}, {}
    reply[i] = commit(m, i)
    if reply[i] == 'nogroup' then stopped = 'nogroup' end
    -- The next message was judged on what this one should have left.
    local clean = string.sub(reply[i], 1, 4) == 'done'
    if req.serial and not clean and m.says.nextToken then stopped = stopped or 'conflict' end
  else
    reply[i] = stopped
  end
end
indexPlans()
if not req.watch then advanceMark() end
local text = cjson.encode(reply)
redis.call('HSET', req.last, 'nonce', req.nonce, 'reply', text)
redis.call('EXPIRE', req.last, '86400')

-- The kept reply is without the count: who gets it has been told, and a count of before says nothing of now.
if not req.commits then return text end
local count = redis.pcall('INCR', req.commits)
if type(count) ~= 'number' then return text end
reply[#reply + 1] = '#' .. wholeText(count)
return cjson.encode(reply)
