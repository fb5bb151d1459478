#!lua flags=allow-oom
-- Deletes dead letters for good, an entry of the ledger for each.
--
-- KEYS from the fifth: the dead letters.
-- ARGV from the third: the name of their stream, then ids.
-- Answers the ids that were dropped and those that were missing; or why it was refused.
--@include ../../engine/commit/operation-head.lua
local dead, stream = KEYS[5], ARGV[3]
local FIRST_ID = 4
local wrong = wrongType({ [dead] = 'stream', [opsLedger] = 'stream' })
if wrong then return finish({ refused = wrong }) end
local dropped, missing = {}, {}
for i = FIRST_ID, #ARGV do
  local id = ARGV[i]
  if redis.call('XDEL', dead, id) == 0 then
    missing[#missing + 1] = id
  else
    dropped[#dropped + 1] = id
    ledger({ action = 'dlq_drop', gate = stream, before = id, after = '' })
  end
end
return finish({ dropped = table.concat(dropped, ' '), missing = table.concat(missing, ' ') })
