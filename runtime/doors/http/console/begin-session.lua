#!lua flags=allow-oom
-- Begins a session. It works on a server that is out of memory: whoever wants to stop trading must get in.
--
-- KEYS: the session.
-- ARGV: role, name, CSRF token, proof, how long a session lasts and how long without a request (ms).
-- Answers the Unix ms at which it ends.
--@include ../../../redis/clock.lua
local session = KEYS[1]
local role, name, csrf, proof, lifeMs, idleMs = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local nowMs = timeMs()
local ends = wholeText(nowMs + lifeMs)
redis.call('HSET', session, 'role', role, 'name', name, 'csrf', csrf, 'proof', proof,
  'ends_ms', ends, 'used_ms', wholeText(nowMs))
redis.call('PEXPIRE', session, idleMs)
return ends
