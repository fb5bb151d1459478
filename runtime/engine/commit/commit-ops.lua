-- The part of the commit script that applies effects: in `ops` one function for each `op` of a `PackedEffect`
-- (request.ts). Each says whether it did it: of a best effort that failed, the number is reported.
--
-- `append(key, fields, width)`: appends an entry of the first `width` values; answers its id. `add`: the same of an
-- entry that is among the outputs of the message. `applyEach(effects)`.
--@include ./commit-late.lua
--@include ./ledger-chain.lua

-- Under a simulated clock entries are written at its time; where the stream is ahead of that, by the clock of Redis.
local newId = req.clock and req.clock .. '-*' or '*'
local function append(key, fields, width)
  local added = redis.pcall('XADD', key, newId, unpack(fields, 1, width))
  if type(added) == 'table' and added.err then added = redis.call('XADD', key, '*', unpack(fields, 1, width)) end
  types[key] = 'stream'
  return added
end

local function add(key, fields, width)
  local added = append(key, fields, width)
  outputs[#outputs + 1] = key .. ' ' .. added
  return added
end

local function fieldsOf(e)
  local width = e.width or #e.fields
  if e.copy then return copySource(e.fields, width, e.copy) end
  return e.fields, width
end

local apply, leaveOut

local function leaveOutInside(e)
  if e.op ~= 'take' then return end
  leaveOut(e.taken)
  leaveOut(e.gone)
  if e.expired then leaveOut(e.expired) end
end

local function applyEach(effects)
  for _, e in ipairs(effects) do
    if e.skip or not apply(e) then
      failed[#failed + 1] = e.best
      leaveOutInside(e)
    end
  end
end

-- Reports best efforts that nothing asks for any more as given way.
leaveOut = function(effects)
  for _, e in ipairs(effects) do
    if e.best then failed[#failed + 1] = -e.best end
    leaveOutInside(e)
  end
end

-- Unix ms of a time on the wire, which is in seconds or in ms.
local function wireTimeMs(value)
  if not value or not string.match(value, '^%s*%d+%.?%d*%s*$') then return nil end
  local at = tonumber(value)
  if at <= 100000000000 then return at * 1000 end
  return at
end

-- Whether what is stored is of a later second.
local function isOlder(e)
  local at = wireTimeMs(redis.call('HGET', e.key, e.unless.field))
  return at and math.floor(at / 1000) > math.floor(e.unless.at / 1000)
end

-- The fields of an entry of the ledger that a worker writes by itself.
local function byWorker(flat)
  local fields = { unpack(flat) }
  for _, text in ipairs({ 'actor_known', named(flat).actor == 'unknown' and 'unknown' or 'worker' }) do
    fields[#fields + 1] = text
  end
  return fields
end

local function emit(e)
  if e.chained then
    local entry = chained(e.key, byWorker(e.fields))
    add(e.key, entry, #entry)
  else
    add(e.key, fieldsOf(e))
  end
  return true
end

local function hset(e)
  if e.unless and isOlder(e) then return false end
  local fields, width = fieldsOf(e)
  if e.late then laterMembers(fields, width, e.late) end
  if e.replace and types[e.key] ~= 'none' then redis.call('DEL', e.key) end
  redis.call('HSET', e.key, unpack(fields, 1, width))
  types[e.key] = 'hash'
  if e.ttl then redis.call('EXPIRE', e.key, digits(e.ttl)) end
  return true
end

local function set(e)
  local value = textOf(e.value)
  if e.late then value = laterSeconds(value) end
  if e.ttl then redis.call('SET', e.key, value, 'EX', digits(e.ttl)) else redis.call('SET', e.key, value) end
  types[e.key] = 'string'
  return true
end

local function push(e)
  redis.call('RPUSH', e.key, textOf(e.value))
  redis.call('LTRIM', e.key, '-' .. digits(e.keep), '-1')
  redis.call('EXPIRE', e.key, digits(e.ttl))
  types[e.key] = 'list'
  return true
end

local function del(e)
  redis.call('DEL', e.key)
  types[e.key] = nil
  return true
end

local function hdel(e)
  for _, name in ipairs(e.fields) do redis.call('HDEL', e.key, name) end
  types[e.key] = nil
  return true
end

local function zadd(e)
  redis.call('ZADD', e.key, e.late and laterScore(e.score) or e.score, e.member)
  types[e.key] = 'zset'
  if e.ttl then redis.call('EXPIRE', e.key, digits(e.ttl)) end
  return true
end

local function zrem(e)
  for _, member in ipairs(e.members) do redis.call('ZREM', e.key, member) end
  types[e.key] = nil
  return true
end

local function ztrim(e)
  if redis.call('ZREMRANGEBYSCORE', e.key, '-inf', '(' .. e.below) > 0 then types[e.key] = nil end
  return true
end

-- What is there may be no whole number.
local function hincr(e)
  local name = unpack(e.fields)
  types[e.key] = 'hash'
  return type(redis.pcall('HINCRBY', e.key, name, e.value)) == 'number'
end

-- Takes a key or a member once: who has it applies `taken`, everybody else `gone`, or `expired` where it may have.
local function take(e)
  local was
  if e.member then was = redis.call('ZREM', e.key, e.member) == 1 else was = redis.call('DEL', e.key) == 1 end
  types[e.key] = nil
  local way = was and e.taken or e.gone
  if not was and e.expires and nowMs() >= tonumber(e.expires) then way = e.expired end
  applyEach(way)
  for _, other in ipairs({ e.taken, e.gone, e.expired }) do
    if other ~= way then leaveOut(other) end
  end
  return true
end

-- The source entry as a dead letter, packed where it has more values than one command may be given.
local function dead(e)
  local fields = {}
  if #source > 2000 then
    fields = { 'dlq_packed', cmsgpack.pack(source) }
  else
    for i = 1, #source do fields[i] = source[i] end
  end
  for i = 1, #e.fields do fields[#fields + 1] = e.fields[i] end
  add(e.key, fields, #fields)
  return true
end

local ops = {
  emit = emit, hset = hset, set = set, push = push, del = del, hdel = hdel, zadd = zadd,
  zrem = zrem, ztrim = ztrim, hincr = hincr, take = take, dead = dead,
}

-- An effect that only the newest entry may have gives way where one of a newer id had it: that is no failure.
apply = function(e)
  if e.newer then
    local last = newest[e.newer]
    if last and newer(last, current) then
      leaveOut({ e })
      return true
    end
    redis.call('SET', e.newer, current, 'EX', '86400')
    newest[e.newer] = current
  end
  return ops[e.op](e)
end
