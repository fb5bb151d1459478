/** The part of the commit script that puts a message together again from its row and the shapes of its parts. */
export const COMMIT_ROWS = `local function textOf(v)
  if type(v) == 'number' then return ARGV[v] end
  if type(v) ~= 'table' then return v end
  for i = 1, #v do
    if type(v[i]) == 'number' then v[i] = ARGV[v[i]] end
  end
  return table.concat(v)
end

for _, shape in ipairs(req.shapes) do
  if shape.part.fields then shape.part.width = #shape.part.fields end
end

local function messageOf(row)
  local m = { id = row[1], effects = {} }
  local from = 2
  while from <= #row do
    local shape = req.shapes[row[from]]
    local part, members, at = shape.part, shape.members, shape.at
    local fields = part.fields
    for i = 1, #members do part[members[i]] = row[from + i] end
    from = from + #members
    for i = 1, #at do fields[at[i]] = textOf(row[from + i]) end
    from = from + #at + 1
    if shape.kind == 'effect' then
      part.skip = nil
      m.effects[#m.effects + 1] = part
    elseif shape.kind == 'log' then m.log = part
    else m.says = part end
  end
  return m
end
`;

/**
 * The part of the commit script that reads and copies source entries. Neighbours are read together, since finding an
 * entry costs Redis more than reading on; a few at a time, since each may be as large as a producer likes.
 */
export const COMMIT_SOURCES = `local NEIGHBOURS = 10
local sources, readUpTo = {}, 0
local function sourceOf(at)
  local id = req.rows[at][1]
  if at > readUpTo then
    sources = {}
    readUpTo = math.min(at + NEIGHBOURS - 1, #req.rows)
    for _, entry in ipairs(redis.call('XRANGE', stream, id, req.rows[readUpTo][1], 'COUNT', NEIGHBOURS)) do
      sources[entry[1]] = entry[2]
    end
  end
  if sources[id] then return sources[id] end
  local entry = redis.call('XRANGE', stream, id, id)[1]
  return entry and entry[2]
end

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
`;
