#!lua flags=no-writes
-- Counts the different values of a field in a stream.
--
-- KEYS: the stream.
-- ARGV: the field.
-- Answers how many there are; entries without the field count as one.
local stream, name = KEYS[1], ARGV[1]
local AT_ONCE = 1000
local seen, different, from = {}, 0, '-'

local function valueIn(flat)
  local value = ''
  for at = 1, #flat, 2 do
    if flat[at] == name then value = flat[at + 1] end
  end
  return value
end

repeat
  local page = redis.call('XRANGE', stream, from, '+', 'COUNT', AT_ONCE)
  for _, entry in ipairs(page) do
    local id, flat = unpack(entry)
    local value = valueIn(flat)
    if not seen[value] then
      seen[value] = true
      different = different + 1
    end
    from = '(' .. id
  end
until #page == 0
return different
