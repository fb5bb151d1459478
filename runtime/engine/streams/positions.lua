#!lua flags=no-writes
-- How far streams and their groups are, all at one moment.
--
-- KEYS: the streams.
-- ARGV: none.
-- Answers seconds and microseconds of the clock, then for each key its last id, its number of entries, and name,
--   position and numbers of pending entries and of consumers of each group. A key that is no stream has none.
--@include ../../redis/named.lua
local found = {}
for at, key in ipairs(KEYS) do
  local one = { '0-0', 0 }
  if redis.call('TYPE', key).ok == 'stream' then
    local stream = named(redis.call('XINFO', 'STREAM', key))
    one = { stream['last-generated-id'], stream['length'] }
    for _, flat in ipairs(redis.call('XINFO', 'GROUPS', key)) do
      local group = named(flat)
      one[#one + 1] = group['name']
      one[#one + 1] = group['last-delivered-id']
      one[#one + 1] = group['pending']
      one[#one + 1] = group['consumers']
    end
  end
  found[at] = one
end
local seconds, micros = unpack(redis.call('TIME'))
return { seconds, micros, found }
