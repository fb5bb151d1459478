#!lua flags=no-writes
-- Looks at one page of a stream, newest first, and sends back the entries of a plan alone.
--
-- KEYS: the stream.
-- ARGV: the newest id, the oldest, the plan, how many entries are looked at.
-- Answers how many were looked at, the id of the last (or an empty text), the entries found, and how many bytes their
--   names and values have together.
local stream, newest, oldest, plan, most = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local page = redis.call('XREVRANGE', stream, newest, oldest, 'COUNT', most)
local found, last, bytes = {}, '', 0
for _, entry in ipairs(page) do
  local id, flat = unpack(entry)
  local of
  for i = 1, #flat, 2 do
    bytes = bytes + #flat[i] + #flat[i + 1]
    if flat[i] == 'plan_id' then of = flat[i + 1] end
  end
  last = id
  if of == plan then found[#found + 1] = entry end
end
return { #page, last, found, bytes }
