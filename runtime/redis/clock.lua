-- `timeMs()`: Unix ms by the server's clock, a whole number. `wholeText(number)`: it in digits, without an exponent.
local function timeMs()
  local seconds, micros = unpack(redis.call('TIME'))
  return seconds * 1000 + math.floor(micros / 1000)
end

local function wholeText(number)
  return string.format('%.0f', number)
end
