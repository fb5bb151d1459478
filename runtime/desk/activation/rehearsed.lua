#!lua flags=allow-oom
-- Puts a rehearsal on record, in the place of the last one.
--
-- KEYS from the fifth: the record.
-- ARGV from the third: gate, what came of it in words, then fields of the record.
-- Answers that it is recorded.
--@include ../../engine/commit/operation-head.lua
local record, gate, said = KEYS[5], ARGV[3], ARGV[4]
local FIRST_FIELD = 5
redis.call('DEL', record)
redis.call('HSET', record, unpack(ARGV, FIRST_FIELD))
ledger({ action = 'rollback_rehearsed', gate = gate, after = said })
return finish({ recorded = true })
