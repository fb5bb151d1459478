#!lua flags=allow-oom
-- Deletes a consumer that has nothing pending. DELCONSUMER alone would destroy pending entries.
--
-- KEYS: the stream, the set of our consumers.
-- ARGV: the group, the consumer.
-- Answers 0 where it was left.
local stream, ours = KEYS[1], KEYS[2]
local group, consumer = ARGV[1], ARGV[2]
local pending = redis.pcall('XPENDING', stream, group, '-', '+', 1, consumer)
if pending.err or #pending > 0 then return 0 end
redis.call('SREM', ours, consumer)
return redis.call('XGROUP', 'DELCONSUMER', stream, group, consumer) + 1
