#!lua
-- Puts the seal of a range of decisions into the ops ledger, behind the entry that it was made for and no other.
--
-- KEYS: the ops ledger.
-- ARGV: the hash of that entry, empty where there is none; then names and values of the seal in turn.
-- Answers 1; or 0 where the newest entry is another, and nothing was written.
--@include ../../engine/commit/ledger-chain.lua
local ledger, head = KEYS[1], ARGV[1]
local _, newest = unpack(redis.call('XREVRANGE', ledger, '+', '-', 'COUNT', 1)[1] or {})
if (named(newest or {}).hash or '') ~= head then return 0 end
local fields = {}
for i = 2, #ARGV do fields[i - 1] = ARGV[i] end
redis.call('XADD', ledger, '*', unpack(chained(ledger, fields)))
return 1
