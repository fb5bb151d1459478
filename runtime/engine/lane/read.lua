#!lua flags=no-writes
-- Reads what a batch is judged on, all at one moment. A hundred reads of one script cost a fifth of a hundred commands,
-- here and in Redis.
--
-- KEYS: the policy of the gate, its history, its state token, the keys to read, then the streams.
-- ARGV: how each key is read, a letter each (read-key.lua), the last rank of `l`, how many entries of a stream are
--   read, then for each stream the id behind which it is read.
-- Answers the time, the policy (mode, version, settings, candidate), the newest of its history, the token, what each
--   key holds, and the entries of each stream. A key of another type answers its error.
--@include ./read-key.lua
local policy, history, token = KEYS[1], KEYS[2], KEYS[3]
local kinds, lastLowest, page = ARGV[1], ARGV[2], ARGV[3]
local BEFORE_KEYS, BEFORE_IDS = 3, 3

local found, streams = {}, {}
for at = 1, #kinds do found[at] = readKey[string.sub(kinds, at, at)](KEYS[BEFORE_KEYS + at], lastLowest) end
local beforeStreams = BEFORE_KEYS + #kinds
for at = 1, #ARGV - BEFORE_IDS do
  streams[at] = redis.pcall('XRANGE', KEYS[beforeStreams + at], '(' .. ARGV[BEFORE_IDS + at], '+', 'COUNT', page)
end
return { redis.call('TIME'), readKey.p(policy), readKey.n(history), redis.pcall('GET', token), found, streams }
