#!lua flags=allow-oom
-- Notes that a worker goes by a version of a policy, from now on.
--
-- KEYS: what each worker goes by.
-- ARGV: the worker, the version.
-- Answers nothing.
--@include ../../redis/clock.lua
local followed, worker, version = KEYS[1], ARGV[1], ARGV[2]
redis.call('HSET', followed, worker, version .. ' ' .. wholeText(timeMs()))
redis.call('EXPIRE', followed, 86400)
