import { LEDGER_CHAIN } from './ledger-script.ts';

/** The part of the commit script that applies effects: one function for each `op` of a `PackedEffect`. */
export const COMMIT_OPS = `${LEDGER_CHAIN}
local outputs
local newId = req.clock and req.clock .. '-*' or '*'
local function add(key, fields, width)
  local added = redis.pcall('XADD', key, newId, unpack(fields, 1, width))
  if type(added) == 'table' and added.err then added = redis.call('XADD', key, '*', unpack(fields, 1, width)) end
  types[key] = 'stream'
  outputs[#outputs + 1] = key .. ' ' .. added
  return added
end

local function fieldsOf(e)
  local width = e.width or #e.fields
  if e.copy then return copySource(e.fields, width, e.copy) end
  return e.fields, width
end

local lateMs
local function late()
  lateMs = lateMs or (req.judgedMs and math.max(0, math.floor(nowMs()) - tonumber(req.judgedMs)) or 0)
  return lateMs
end

local function laterSeconds(value)
  if late() == 0 then return value end
  local seconds = string.format('%.3f', tonumber(value) + late() / 1000)
  return (string.gsub(seconds, '%.?0+$', ''))
end

local function laterScore(score)
  if late() == 0 then return score end
  return string.format('%.0f', tonumber(score) + late())
end

local function laterMembers(fields, width, names)
  if late() == 0 then return end
  for i = 2, width, 2 do
    for _, name in ipairs(names) do
      fields[i] = string.gsub(fields[i], '("' .. name .. '":)(%d+)', function(member, at)
        return member .. string.format('%.0f', tonumber(at) + late())
      end)
    end
  end
end

local failed, apply, leaveOut
local function leaveOutInside(e)
  if e.op ~= 'take' then return end
  leaveOut(e.taken)
  leaveOut(e.gone)
  if e.expired then leaveOut(e.expired) end
end

local function applyEach(list)
  for _, e in ipairs(list) do
    if e.skip or not apply(e) then
      failed[#failed + 1] = e.best
      leaveOutInside(e)
    end
  end
end

local function wireTimeMs(value)
  if not value or not string.match(value, '^%s*%d+%.?%d*%s*$') then return nil end
  local at = tonumber(value)
  if at <= 100000000000 then return at * 1000 end
  return at
end

leaveOut = function(list)
  for _, e in ipairs(list) do
    if e.best then failed[#failed + 1] = -e.best end
    leaveOutInside(e)
  end
end

local ops = {
  emit = function(e)
    if e.chained then
      local entry = chained(e.key, e.fields)
      add(e.key, entry, #entry)
    else add(e.key, fieldsOf(e)) end
    return true
  end,
  hset = function(e)
    if e.unless then
      local at = wireTimeMs(redis.call('HGET', e.key, e.unless.field))
      if at and math.floor(at / 1000) > math.floor(e.unless.at / 1000) then return false end
    end
    local fields, width = fieldsOf(e)
    if e.late then laterMembers(fields, width, e.late) end
    if e.replace then redis.call('DEL', e.key) end
    redis.call('HSET', e.key, unpack(fields, 1, width))
    types[e.key] = 'hash'
    if e.ttl then redis.call('EXPIRE', e.key, e.ttl) end
    return true
  end,
  set = function(e)
    local value = textOf(e.value)
    if e.late then value = laterSeconds(value) end
    if e.ttl then redis.call('SET', e.key, value, 'EX', e.ttl) else redis.call('SET', e.key, value) end
    types[e.key] = 'string'
    return true
  end,
  del = function(e) redis.call('DEL', e.key); types[e.key] = nil return true end,
  hdel = function(e)
    for _, field in ipairs(e.fields) do redis.call('HDEL', e.key, field) end
    types[e.key] = nil
    return true
  end,
  zadd = function(e)
    redis.call('ZADD', e.key, e.late and laterScore(e.score) or e.score, e.member)
    types[e.key] = 'zset'
    if e.ttl then redis.call('EXPIRE', e.key, e.ttl) end
    return true
  end,
  zrem = function(e)
    for _, member in ipairs(e.members) do redis.call('ZREM', e.key, member) end
    types[e.key] = nil
    return true
  end,
  ztrim = function(e)
    if redis.call('ZREMRANGEBYSCORE', e.key, '-inf', '(' .. e.below) > 0 then types[e.key] = nil end
    return true
  end,
  hincr = function(e)
    types[e.key] = 'hash'
    return type(redis.pcall('HINCRBY', e.key, e.fields[1], e.value)) == 'number'
  end,
  take = function(e)
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
  end,
  dead = function(e)
    local fields = {}
    if #source > 2000 then fields = { 'dlq_packed', cmsgpack.pack(source) } else
      for i = 1, #source do fields[i] = source[i] end
    end
    for i = 1, #e.fields do fields[#fields + 1] = e.fields[i] end
    add(e.key, fields, #fields)
    return true
  end,
}

local current
apply = function(e)
  if e.newer then
    local last = redis.call('GET', e.newer)
    if last and newer(last, current) then
      leaveOut({ e })
      return true
    end
    redis.call('SET', e.newer, current, 'EX', 86400)
  end
  return ops[e.op](e)
end
`;
