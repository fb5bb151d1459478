#!lua flags=allow-oom
-- Has finished entries judged again, as new ones. Fields go from one command to the next inside Redis, where they are
-- exact.
--
-- KEYS from the fifth: the stream.
-- ARGV from the third: its name, then ids.
-- Answers `id=new id` of those judged again, and the ids of those that are missing or too large; or why it was refused.
--@include ../../engine/commit/operation-head.lua
local stream, name = KEYS[5], ARGV[3]
local FIRST_ID = 4
-- How many values one command may be given out of a table.
local MOST_VALUES = 7900
local wrong = wrongType({ [stream] = 'stream', [opsLedger] = 'stream' })
if wrong then return finish({ refused = wrong }) end
local again, missing, tooLarge = {}, {}, {}
for i = FIRST_ID, #ARGV do
  local id = ARGV[i]
  local entry = redis.call('XRANGE', stream, id, id)[1]
  if not entry then
    missing[#missing + 1] = id
  elseif #entry[2] > MOST_VALUES then
    tooLarge[#tooLarge + 1] = id
  else
    local added = redis.call('XADD', stream, '*', unpack(entry[2]))
    ledger({ action = 'stream_rejudge', gate = name, before = id, after = added })
    again[#again + 1] = id .. '=' .. added
  end
end
return finish({
  again = table.concat(again, ' '),
  missing = table.concat(missing, ' '),
  tooLarge = table.concat(tooLarge, ' '),
})
