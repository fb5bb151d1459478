-- `beginsAfter(stream, newest)`: whether a stream has nothing up to an id, as XREVRANGE takes it. Asked for that
-- all the same, Redis goes through the whole stream, from its end.
local function isLess(a, b)
  return #a < #b or (#a == #b and a < b)
end

local function beginsAfter(stream, newest)
  if newest == '+' then return false end
  local first = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  if not first then return true end
  local open, ms, seq = string.match(newest, '^(%(?)(%d+)%-?(%d*)$')
  if not ms then return false end
  local firstMs, firstSeq = string.match(first[1], '^(%d+)%-(%d+)$')
  if ms ~= firstMs then return isLess(ms, firstMs) end
  if seq == '' then return false end
  return isLess(seq, firstSeq) or (open == '(' and seq == firstSeq)
end
