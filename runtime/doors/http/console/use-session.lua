#!lua flags=allow-oom
-- Looks a session up, and notes that it is used now. Whether its time is over is decided by the clock of Redis: the
-- key's own expiry only clears up.
--
-- KEYS: the session.
-- ARGV: how long a session lasts without a request, how often a use is noted (ms): not every look is a write.
-- Answers role, name, CSRF token, proof and end; false where there is none, or its time is over.
--@include ../../../redis/clock.lua
local session, idleMs, notedEveryMs = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local role, name, csrf, proof, endsMs, usedMs =
  unpack(redis.call('HMGET', session, 'role', 'name', 'csrf', 'proof', 'ends_ms', 'used_ms'))
local ends, used = tonumber(endsMs or ''), tonumber(usedMs or '')
if not ends or not used then return false end
local nowMs = timeMs()
if nowMs >= ends or nowMs - used >= idleMs then
  redis.call('DEL', session)
  return false
end
if nowMs - used >= notedEveryMs then
  redis.call('HSET', session, 'used_ms', wholeText(nowMs))
  redis.call('PEXPIRE', session, math.min(idleMs, ends - nowMs))
end
return { role, name, csrf, proof, endsMs }
