#!lua flags=allow-oom
-- Lengthens the life of a key while it holds what the caller put there.
--
-- KEYS: the key.
-- ARGV: what the caller put there, the life (s).
-- Answers 1 when it lives on, else 0.
local key, mine, lifeSec = KEYS[1], ARGV[1], ARGV[2]
if redis.call('GET', key) == mine then return redis.call('EXPIRE', key, lifeSec) end
return 0
