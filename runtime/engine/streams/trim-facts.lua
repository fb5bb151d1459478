#!lua
-- Trims the facts that decisions share below what the oldest decision that names any may need: an entry says in
-- `floor` the oldest that was needed when it was written, and decisions after it need nothing older. One step, so that
-- nothing is trimmed by a decision that is gone.
--
-- KEYS: the decision log; the facts.
-- ARGV: how many decisions are looked at. Where none of them names facts, nothing is trimmed; nor while the oldest that
--   does names an entry that was ahead of the clock: a repair may have given it another id.
-- Answers how many entries went, or nothing.
--@include ../../redis/named.lua
--@include ../../redis/clock.lua
--@include ../commit/id-order.lua
local log, facts, most = KEYS[1], KEYS[2], ARGV[1]
if redis.call('TYPE', log).ok ~= 'stream' or redis.call('TYPE', facts).ok ~= 'stream' then return end
local nowMs = timeMs()

local function mayHaveMoved(id, decisionId)
  return aheadOf(id, (split(decisionId))) or aheadOf(id, nowMs)
end

for _, decision in ipairs(redis.call('XRANGE', log, '-', '+', 'COUNT', most)) do
  local id = string.match(named(decision[2]).facts_entry or '', '^%S+ (%d+%-%d+) %x+$')
  local found = id and redis.pcall('XRANGE', facts, id, id)
  if found and not found.err then
    if mayHaveMoved(id, decision[1]) then return end
    if found[1] then
      local entry = named(found[1][2])
      local floor = entry.floor ~= '' and entry.floor or entry.whole or id
      return redis.pcall('XTRIM', facts, 'MINID', floor)
    end
  end
end
