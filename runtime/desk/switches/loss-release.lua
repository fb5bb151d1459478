#!lua flags=allow-oom
-- Releases the latch of the loss limits that were reached; what they are counted against begins with the next reading.
-- Nothing else changes: the trading state stays as it is.
--
-- KEYS from the fifth: the latch.
-- ARGV: none of its own.
-- Answers the kinds of loss that were released; or why it was refused.
--@include ../../engine/commit/operation-head.lua
--@include ../../redis/clock.lua
local latch = KEYS[5]
local wrong = wrongType({ [latch] = 'hash', [opsLedger] = 'stream' })
if wrong then return finish({ refused = wrong }) end
local rev, tripped, waiting = unpack(redis.call('HMGET', latch, 'rev', 'tripped', 'released'))
local isJson, trips = pcall(cjson.decode, tripped or '{}')
if not isJson or type(trips) ~= 'table' then
  return finish({ refused = 'expected trips that can be read, got ' .. string.sub(tripped, 1, 60) })
end
local kinds = {}
for kind in pairs(trips) do kinds[#kinds + 1] = kind end
if #kinds == 0 then return finish({ refused = 'expected a loss limit that was reached, got none' }) end
table.sort(kinds)
local names = table.concat(kinds, ',')
redis.call('HSET', latch, 'rev', wholeText((tonumber(rev or '') or 0) + 1), 'tripped', '{}',
  'released', waiting and waiting .. ',' .. names or names)
event('LOSS_RELEASED')
ledger({ action = 'loss_release', gate = 'governor', before = tripped, after = '' })
return finish({ released = names })
