import { COMMIT_MARK } from './commit-mark.ts';
import { COMMIT_OPS } from './commit-ops.ts';
import { COMMIT_ROWS, COMMIT_SOURCES } from './commit-rows.ts';
import { ID_ORDER } from './id-order-script.ts';

/**
 * The commit: effects apply if and only if the acknowledgement does (docs/architecture.md, The commit).
 *
 * KEYS[1] source stream; ARGV[1] one msgpack map, see `CommitRequest`; the others long texts that it names by their place.
 * Answers a JSON list with one word a message: `done` (then `|n,n` for best efforts that failed), `duplicate`, `gone`,
 * `trimmed`, `conflict`, `nogroup`, `refused|key`, `full|key` (a stream that takes no more
 * entries), `torn|error`. Nothing is written for a message before its acknowledgement. A cluster that is moving the slot refuses keys that are not there (yet, or any more): the first line
 * asks for one that never is, so that this stops the script before it writes, and not between two effects.
 */
export const COMMIT_SCRIPT = `#!lua
local req = cmsgpack.unpack(ARGV[1])
local stream, group = KEYS[1], req.group
redis.call('EXISTS', req.last .. ':moving')
local kept = redis.call('HMGET', req.last, 'nonce', 'reply')
if kept[1] == req.nonce then return kept[2] end
local reply = {}
if req.after and redis.call('HGET', req.after.last, 'nonce') ~= req.after.nonce then
  for i = 1, #req.rows do reply[i] = 'conflict' end
  return cjson.encode(reply)
end

local types = {}
local function typeOf(key)
  local t = types[key]
  if not t then t = redis.call('TYPE', key).ok; types[key] = t end
  return t
end

local function held(g)
  if g.field then
    local t = typeOf(g.key)
    if t ~= 'hash' and t ~= 'none' then return '!type' end
    return redis.call('HGET', g.key, g.field)
  end
  local t = typeOf(g.key)
  if t ~= 'string' and t ~= 'none' then return '!type' end
  return redis.call('GET', g.key)
end

${ID_ORDER}
local clockMs
local function nowMs()
  if not clockMs then
    local now = redis.call('TIME')
    clockMs = now[1] * 1000 + math.floor(now[2] / 1000)
  end
  return clockMs
end

local source
${COMMIT_SOURCES}${COMMIT_ROWS}
${COMMIT_OPS}
local function field(flat, name)
  for i = 1, #flat, 2 do
    if flat[i] == name then return flat[i + 1] end
  end
end

local lastIds = {}
local function isFull(key)
  lastIds[key] = lastIds[key] or field(redis.call('XINFO', 'STREAM', key), 'last-generated-id')
  return (split(lastIds[key])) == '18446744073709551615'
end

local function wrongKey(list)
  for _, e in ipairs(list) do
    if e.type then
      local t = typeOf(e.key)
      local wrong = t ~= 'none' and t ~= e.type and 'refused|' or t == 'stream' and isFull(e.key) and 'full|'
      if wrong then
        if e.best then e.skip = true else return wrong .. e.key end
      end
    end
    if e.newer then
      local t = typeOf(e.newer)
      if t ~= 'none' and t ~= 'string' then return 'refused|' .. e.newer end
    end
    if e.op == 'take' then
      local wrong = wrongKey(e.taken) or wrongKey(e.gone) or (e.expired and wrongKey(e.expired))
      if wrong then return wrong end
    end
  end
  return nil
end

local function unwritten()
  local count = 0
  for _, best in ipairs(failed) do if best > 0 then count = count + 1 end end
  return count
end

local logged, firstLogged, lastLogged, plans = 0, nil, nil, {}
local function record(log)
  local fields, width = log.fields, log.width + 2
  fields[width - 1] = 'outputs'
  fields[width] = table.concat(outputs, ',')
  local lost = unwritten()
  if lost > 0 then
    width = width + 2
    fields[width - 1] = 'unwritten'
    fields[width] = lost
  end
  lastLogged = add(req.decisions, fields, width)
  firstLogged = firstLogged or lastLogged
  logged = logged + 1
  if fields[15] == 'plan_id' and fields[16] ~= '' then plans[#plans + 1] = fields[16] end
end

local function indexPlans()
  local entry = { 'from', firstLogged, 'to', lastLogged, 'decisions', logged, 'plans', ' ' .. table.concat(plans, ' ') .. ' ' }
  local added = redis.pcall('XADD', req.planIndex, newId, unpack(entry))
  if added.err and req.clock then redis.pcall('XADD', req.planIndex, '*', unpack(entry)) end
end

local function recordDuplicate(log)
  local verdict = log.fields[2]
  log.fields[2] = 'DUPLICATE'
  record(log)
  log.fields[2] = verdict
end

${COMMIT_MARK}local function acknowledge(id)
  if redis.call('XACK', stream, group, id) == 1 then acked[#acked + 1] = id return 'done' end
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

local function commit(m, at)
  local wrong = wrongKey(m.effects)
  if not wrong and m.log then wrong = wrongKey({ { key = req.decisions, type = 'stream' } }) end
  if wrong then return wrong end
  local says = m.says
  if says.token and tokenNow() ~= says.token then return 'conflict' end
  if req.watch then
    local result = applyAll(m)
    if says.nextToken then moveToken(says.nextToken) end
    return result
  end
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
  local duplicate = says.dedupe and redis.call('EXISTS', says.dedupe.key) == 1
  local acknowledged = acknowledge(m.id)
  if acknowledged ~= 'done' then return acknowledged end
  if duplicate then
    if m.log then recordDuplicate(m.log) end
    return 'duplicate'
  end
  if says.dedupe then redis.call('SET', says.dedupe.key, '1', 'EX', says.dedupe.ttl) end
  local result = applyAll(m)
  if says.nextToken then moveToken(says.nextToken) end
  return result
end

local stopped
if req.validUntil and nowMs() > tonumber(req.validUntil) then stopped = 'conflict' end
for _, g in ipairs(req.guards) do
  local now = held(g)
  if g.hex and now then now = string.gsub(now, '.', function(c) return string.format('%02x', string.byte(c)) end) end
  if now ~= g.value then stopped = 'conflict' end
end
for i, row in ipairs(req.rows) do
  if not stopped then
    local m = messageOf(row)
    current = m.id
    source = nil
    outputs, failed = {}, {}
    reply[i] = commit(m, i)
    if reply[i] == 'nogroup' then stopped = 'nogroup' end
    local clean = string.sub(reply[i], 1, 4) == 'done'
    if req.serial and not clean and m.says.nextToken then stopped = stopped or 'conflict' end
  else
    reply[i] = stopped
  end
end
if logged > 0 then indexPlans() end
if not req.watch then advanceMark() end
local text = cjson.encode(reply)
redis.call('HSET', req.last, 'nonce', req.nonce, 'reply', text)
redis.call('EXPIRE', req.last, 86400)
if not req.commits then return text end
local count = redis.pcall('INCR', req.commits)
if type(count) ~= 'number' then return text end
reply[#reply + 1] = string.format('#%.0f', count)
return cjson.encode(reply)
`;
