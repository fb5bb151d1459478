#!lua
-- Puts alerts into the outbox and notes what they leave open, together or not at all: two processes that looked at the
-- same moment tell once.
--
-- KEYS: the hash of what was told, the outbox.
-- ARGV: the revision that the look was made on, what is open (JSON), the most entries the outbox keeps, then each alert
-- (JSON).
-- Answers 1, or 0 where another process was first, or the wrong type of a key in words.
local told, outbox = KEYS[1], KEYS[2]
local revision, open, most = ARGV[1], ARGV[2], ARGV[3]
for key, want in pairs({ [told] = 'hash', [outbox] = 'stream' }) do
  local found = redis.call('TYPE', key).ok
  if found ~= want and found ~= 'none' then return key .. ' is a ' .. found .. ', where a ' .. want .. ' belongs' end
end
if (redis.call('HGET', told, 'revision') or '') ~= revision then return 0 end
redis.call('HSET', told, 'revision', redis.sha1hex(revision .. table.concat(ARGV, ' ')), 'open', open)
for at = 4, #ARGV do
  redis.call('XADD', outbox, 'MAXLEN', most, '*', 'alert', ARGV[at])
end
return 1
