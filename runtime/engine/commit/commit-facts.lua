-- The part of the commit script that writes the facts that many decisions rest on, once for all of them.
--
-- `nameFacts(said)`: what a log says of its facts: their name, the id of the newest entry of their kind, which is
-- written where it says something else, and their hash. Whatever else is stored or missing, an entry is named that is
-- the newest of its kind: the process may be wrong about that, this script is not.
local MOST_PATCHES, WHOLE_FOR_MS, SCHEMA = 99, 300000, 2

local function isThere(id)
  local found = redis.pcall('XRANGE', req.facts.stream, id, id)
  return not found.err and #found == 1
end

local function parsed(text)
  local id, whole, sha256, patches, at = string.match(text, '^(%d+%-%d+) (%d+%-%d+) (%x+) (%d+) (%d+)$')
  if not id then return nil end
  return { id = id, whole = whole, sha256 = sha256, patches = tonumber(patches), at = tonumber(at) }
end

-- By kind. What is forgotten here is never named again: the stream may be trimmed past it.
local newestFacts
local function allNewest()
  if newestFacts then return newestFacts end
  newestFacts = {}
  local flat = redis.call('HGETALL', req.facts.newest)
  for i = 1, #flat, 2 do
    local known = parsed(flat[i + 1])
    local age = known and nowMs() - known.at
    if known and age >= 0 and age < WHOLE_FOR_MS and isThere(known.id) and isThere(known.whole) then
      newestFacts[flat[i]] = known
    else
      redis.call('HDEL', req.facts.newest, flat[i])
    end
  end
  return newestFacts
end

-- The oldest entry that a decision may need from now on.
local function floorOf(all)
  local floor
  for _, known in pairs(all) do
    if not floor or newer(floor, known.whole) then floor = known.whole end
  end
  return floor or ''
end

local function raiseSchema()
  local found = tonumber(redis.pcall('GET', req.facts.schema))
  if not found or found < SCHEMA then redis.call('SET', req.facts.schema, SCHEMA) end
end

local function write(all, shared)
  local known, patch = all[shared.kind], shared.patch
  if known and patch and patch.base == known.sha256 and known.patches < MOST_PATCHES then
    local fields = {
      'kind', shared.kind, 'floor', floorOf(all), 'base', known.id, 'whole', known.whole, 'patch', patch.text,
    }
    known.id = append(req.facts.stream, fields, #fields)
    known.patches = known.patches + 1
  else
    all[shared.kind] = nil
    local fields = { 'kind', shared.kind, 'floor', floorOf(all), 'facts', textOf(shared.json) }
    local id = append(req.facts.stream, fields, #fields)
    known = { id = id, whole = id, patches = 0, at = math.floor(nowMs()) }
    all[shared.kind] = known
    raiseSchema()
  end
  known.sha256 = shared.sha256
  local text = known.id .. ' ' .. known.whole .. ' ' .. known.sha256 .. ' ' .. wholeText(known.patches)
  redis.call('HSET', req.facts.newest, shared.kind, text .. ' ' .. wholeText(known.at))
  return known
end

local function nameFacts(said)
  local shared, all = req.facts.shared[said], allNewest()
  local known = all[shared.kind]
  if not known or known.sha256 ~= shared.sha256 then known = write(all, shared) end
  return shared.name .. ' ' .. known.id .. ' ' .. shared.sha256
end
