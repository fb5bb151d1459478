-- Reads one key, in one of the ways in which facts are read, a letter each. A key of another type answers its error.
local readKey = {
  -- A hash.
  h = function(key) return redis.pcall('HGETALL', key) end,
  -- A text.
  t = function(key) return redis.pcall('GET', key) end,
  -- A sorted set.
  z = function(key) return redis.pcall('ZRANGE', key, 0, -1, 'WITHSCORES') end,
  -- Its members with the lowest scores, up to that rank.
  l = function(key, lastLowest) return redis.pcall('ZRANGE', key, 0, lastLowest, 'WITHSCORES') end,
  -- The policy of a gate.
  p = function(key) return redis.pcall('HMGET', key, 'mode', 'version', 'settings', 'candidate') end,
  -- The newest of its history.
  n = function(key) return redis.pcall('XREVRANGE', key, '+', '-', 'COUNT', 1) end,
}
