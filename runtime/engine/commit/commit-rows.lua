-- The part of the commit script that puts a message together again from its row and the shapes of its parts
-- (compact.ts).
--
-- `textOf(value)`: a text, from its pieces where it is in pieces; a number stands for an argument of the script.
-- `digits(number)`: a whole number as a text.
-- `messageOf(row)`: the message: `id`, `says` (what it says itself), `log` and `effects`. Parts belong to their shapes
-- and are filled anew for each message: nothing of one may be kept for the next.
local function textOf(v)
  if type(v) == 'number' then return ARGV[v] end
  if type(v) ~= 'table' then return v end
  for i = 1, #v do
    if type(v[i]) == 'number' then v[i] = ARGV[v[i]] end
  end
  return table.concat(v)
end

-- Redis writes a number with all its places, each time it is given one.
local written = {}
local function digits(number)
  local text = written[number]
  if not text then
    text = wholeText(number)
    written[number] = text
  end
  return text
end

-- A part may be given more fields when it is written: how many are its own is noted before.
for _, shape in ipairs(req.shapes) do
  if shape.part.fields then shape.part.width = #shape.part.fields end
end

-- A row is the id, then for each part the number of its shape and what that leaves open: members first, then fields.
local function messageOf(row)
  local m = { id = row[1], effects = {} }
  local from = 2
  while from <= #row do
    local shape = req.shapes[row[from]]
    local part, members, at = shape.part, shape.members, shape.at
    local fields = part.fields
    for i = 1, #members do part[members[i]] = row[from + i] end
    from = from + #members
    for i = 1, #at do
      local value = row[from + i]
      fields[at[i]] = type(value) == 'string' and value or textOf(value)
    end
    from = from + #at + 1
    if shape.kind == 'effect' then
      part.skip = nil
      m.effects[#m.effects + 1] = part
    elseif shape.kind == 'log' then m.log = part
    else m.says = part end
  end
  return m
end
