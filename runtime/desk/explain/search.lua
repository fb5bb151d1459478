#!lua flags=no-writes
-- Looks at one page of a stream, newest first, and sends back the entries of a plan alone.
--
-- KEYS: the stream.
-- ARGV: the newest id, the oldest, the plan, how many entries are looked at.
-- Answers how many were looked at, the id of the last (or an empty text), and the entries found.
--@include ../../redis/named.lua
local stream, newest, oldest, plan, most = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local page = redis.call('XREVRANGE', stream, newest, oldest, 'COUNT', most)
local found, last = {}, ''
for _, entry in ipairs(page) do
  local id, flat = unpack(entry)
  last = id
  if named(flat).plan_id == plan then found[#found + 1] = entry end
end
return { #page, last, found }
