#!lua flags=allow-oom
-- Deletes a key while it holds what the caller put there: a lease, a turn or an invitation that somebody else has by
-- now stays theirs.
--
-- KEYS: the key.
-- ARGV: what the caller put there.
-- Answers 1 when it was deleted, else 0.
local key, mine = KEYS[1], ARGV[1]
if redis.call('GET', key) == mine then return redis.call('DEL', key) end
return 0
