#!lua
-- Copies snapshots that cannot be understood to the dead letters, each once however many workers see it.
--
-- KEYS: the snapshots, their dead letters, the last one copied.
-- ARGV: id and reason of each, in order.
-- Answers 1, or WRONGTYPE where the dead letters are no stream.
--@include ../commit/id-order.lua
local snapshots, deadLetters, lastCopied = KEYS[1], KEYS[2], KEYS[3]
local MOST_VALUES = 2000
local kind = redis.call('TYPE', deadLetters).ok
if kind ~= 'none' and kind ~= 'stream' then
  return redis.error_reply('WRONGTYPE ' .. deadLetters .. ' is no stream')
end
local seconds = redis.call('TIME')[1]

local function bury(id, flat, reason)
  if #flat > MOST_VALUES then flat = { 'dlq_packed', cmsgpack.pack(flat) } end
  local marks = {
    'dlq_id', id, 'dlq_group', 'position_book', 'dlq_reason', reason, 'dlq_attempts', '1', 'dlq_ts', seconds,
  }
  for _, text in ipairs(marks) do flat[#flat + 1] = text end
  redis.call('XADD', deadLetters, '*', unpack(flat))
  redis.call('SET', lastCopied, id)
end

for i = 1, #ARGV, 2 do
  local id, reason = ARGV[i], ARGV[i + 1]
  local entry = redis.call('XRANGE', snapshots, id, id)[1]
  if entry and newer(id, redis.call('GET', lastCopied) or '0-0') then bury(id, entry[2], reason) end
end
return 1
