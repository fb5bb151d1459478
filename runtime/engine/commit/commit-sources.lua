-- The part of the commit script that reads and copies source entries, exact to the byte.
--
-- `sourceOf(at)`: the flat fields of the entry of row `at`; nil where it was trimmed. `copySource(into, width, copy)`
-- adds the fields of `source` behind `width` values, as `copy` says; answers the list and how many values it has now.

-- Neighbours are read together, since finding an entry costs Redis more than reading on; a few at a time, since each
-- may be as large as a producer likes.
local NEIGHBOURS = 10
local sources, readUpTo = {}, 0
local function sourceOf(at)
  local id = req.rows[at][1]
  if at > readUpTo then
    sources = {}
    readUpTo = math.min(at + NEIGHBOURS - 1, #req.rows)
    for _, entry in ipairs(redis.call('XRANGE', stream, id, req.rows[readUpTo][1], 'COUNT', NEIGHBOURS)) do
      local found, flat = unpack(entry)
      sources[found] = flat
    end
  end
  if sources[id] then return sources[id] end
  -- Rows need not be in the order of the stream.
  local entry = redis.call('XRANGE', stream, id, id)[1]
  return entry and entry[2]
end

-- The name under which each field is written; `false` where it is left out.
local function namesOf(copy)
  local names = {}
  for _, name in ipairs(copy.omit) do names[name] = false end
  for _, name in ipairs(copy.rename) do names[name] = 'input_' .. name end
  copy.names = names
  return names
end

local function copySource(into, width, copy)
  local names = copy.names or namesOf(copy)
  for i = 1, #source, 2 do
    local name = names[source[i]]
    if name == nil then name = source[i] end
    if name then
      into[width + 1] = name
      into[width + 2] = source[i + 1]
      width = width + 2
    end
  end
  return into, width
end
