#!lua flags=allow-oom
-- Releases the limits on losses that were reached: what they are counted against begins with the next reading, and
-- losses in a row are counted anew. Nothing else changes: the trading state stays as it is.
--
-- KEYS from the fifth: the latch, the pauses after losses in a row, the counts of losses in a row.
-- ARGV: none of its own.
-- Answers the kinds of loss that were released; or why it was refused.
--@include ../../engine/commit/operation-head.lua
--@include ../../redis/clock.lua
local latch, pauses, streaks = KEYS[5], KEYS[6], KEYS[7]
local wrong = wrongType({ [latch] = 'hash', [pauses] = 'hash', [streaks] = 'hash', [opsLedger] = 'stream' })
if wrong then return finish({ refused = wrong }) end
local rev, tripped, waiting = unpack(redis.call('HMGET', latch, 'rev', 'tripped', 'released'))
local isJson, trips = pcall(cjson.decode, tripped or '{}')
if not isJson or type(trips) ~= 'table' then
  return finish({ refused = 'expected trips that can be read, got ' .. string.sub(tripped, 1, 60) })
end
local kinds = {}
for kind in pairs(trips) do kinds[#kinds + 1] = kind end
table.sort(kinds)
local paused = redis.call('HKEYS', pauses)
if #kinds == 0 and #paused == 0 then
  return finish({ refused = 'expected a loss limit that was reached, got none' })
end
local released, before = {}, {}
if #kinds > 0 then
  local names = table.concat(kinds, ',')
  redis.call('HSET', latch, 'rev', wholeText((tonumber(rev or '') or 0) + 1), 'tripped', '{}',
    'released', waiting and waiting .. ',' .. names or names)
  released[1], before[1] = names, tripped
end
table.sort(paused)
for _, symbol in ipairs(paused) do
  local name = symbol == '*' and 'consecutive_losses' or 'consecutive_losses in ' .. symbol
  before[#before + 1] = name .. ' ' .. redis.call('HGET', pauses, symbol)
  released[#released + 1] = name
  -- A count that is not there is not begun here: where nobody counts, nothing may open.
  if redis.call('HEXISTS', streaks, symbol) == 1 then
    redis.call('HSET', streaks, symbol, '{"losses":0,"at_ms":' .. wholeText(timeMs()) .. '}')
  end
end
redis.call('DEL', pauses)
event('LOSS_RELEASED')
ledger({ action = 'loss_release', gate = 'governor', before = table.concat(before, ' '), after = '' })
return finish({ released = table.concat(released, ',') })
