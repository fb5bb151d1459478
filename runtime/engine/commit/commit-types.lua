-- The part of the commit script that looks at keys before anything is written.
--
-- `typeOf(key)`: its type, asked for once; whoever writes a key notes in `types` what it is then.
-- `stillHolds(guard)`: whether a key, or a field of one, is as it was when the batch was judged.
-- `wrongKey(effects)`: the word for a message whose effects could not be written; nil where all can be.
-- `newest`: by key, the id of the newest entry that had an effect, once `wrongKey` has looked; false without one.
local types = {}
local function typeOf(key)
  local known = types[key]
  if not known then
    known = redis.call('TYPE', key).ok
    types[key] = known
  end
  return known
end

-- A key of another type holds nothing that could have been judged on: no guard says this word.
local function held(guard)
  local found = typeOf(guard.key)
  local wanted = guard.field and 'hash' or 'string'
  if found ~= wanted and found ~= 'none' then return '!type' end
  if guard.field then return redis.call('HGET', guard.key, guard.field) end
  return redis.call('GET', guard.key)
end

local function stillHolds(guard)
  local now = held(guard)
  if guard.hex and now then
    now = string.gsub(now, '.', function(byte) return string.format('%02x', string.byte(byte)) end)
  end
  return now == guard.value
end

local lastIds = {}
local function isFull(key)
  lastIds[key] = lastIds[key] or field(redis.call('XINFO', 'STREAM', key), 'last-generated-id')
  return (split(lastIds[key])) == '18446744073709551615'
end

local newest = {}
local function knowNewest(key)
  if newest[key] ~= nil then return true end
  local found = redis.pcall('GET', key)
  if type(found) == 'table' then
    if string.sub(found.err, 1, 9) == 'WRONGTYPE' then return false end
    found = redis.call('GET', key)
  end
  newest[key] = found
  return true
end

-- A best effort whose key is wrong is left out instead of stopping its message.
local function wrongKey(effects)
  for _, e in ipairs(effects) do
    if e.type then
      local found = typeOf(e.key)
      local isOther = found ~= 'none' and found ~= e.type
      local wrong = isOther and 'refused|' or found == 'stream' and isFull(e.key) and 'full|'
      if wrong and not e.best then return wrong .. e.key end
      if wrong then e.skip = true end
    end
    if e.newer and not knowNewest(e.newer) then return 'refused|' .. e.newer end
    if e.op == 'take' then
      local wrong = wrongKey(e.taken) or wrongKey(e.gone) or e.expired and wrongKey(e.expired)
      if wrong then return wrong end
    end
  end
  return nil
end
