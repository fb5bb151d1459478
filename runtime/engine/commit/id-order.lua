-- The order of stream ids, by their texts: the parts are 64-bit numbers, which Lua's own cannot tell apart.
--
-- `split(id)`: its milliseconds and its number within them. `newer(a, b)`: whether `a` comes after `b`.
-- `aheadOf(id, ms)`: whether it is of a later millisecond.
local function larger(a, b)
  if #a ~= #b then return #a > #b end
  return a > b
end

local parts = {}
local function split(id)
  local known = parts[id]
  if not known then
    local ms, seq = string.match(id, '^(%d+)-(%d+)$')
    known = { ms, seq }
    parts[id] = known
  end
  return known[1], known[2]
end

local function newer(a, b)
  local ams, aseq = split(a)
  local bms, bseq = split(b)
  if ams ~= bms then return larger(ams, bms) end
  return larger(aseq, bseq)
end

local function aheadOf(id, ms)
  return larger((split(id)), string.format('%.0f', ms))
end
