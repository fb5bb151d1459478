#!lua flags=allow-oom
-- Keeps a one-time link. It works on a server that is out of memory: whoever wants to stop trading must get in.
--
-- KEYS: the link.
-- ARGV: for whom it is, how long it can be used (ms).
-- Answers nothing.
local link, name, lifeMs = KEYS[1], ARGV[1], ARGV[2]
redis.call('SET', link, name, 'PX', lifeMs)
