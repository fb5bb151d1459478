#!lua flags=no-writes
-- Counts what a group was not given yet, where Redis lost count.
--
-- KEYS: the stream.
-- ARGV: the id behind which is counted, how many entries are counted at most.
-- Answers how many there are, and the id of the first; an empty text where there is none.
local stream, id, most = KEYS[1], ARGV[1], ARGV[2]
local found = redis.call('XRANGE', stream, '(' .. id, '+', 'COUNT', most)
return { #found, found[1] and found[1][1] or '' }
