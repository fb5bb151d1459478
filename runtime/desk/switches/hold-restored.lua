#!lua flags=allow-oom
-- Holds plans that were sent up to now: they get no permit until somebody releases that.
--
-- KEYS from the fifth: the governor's state.
-- ARGV: none of its own.
-- Answers the Unix ms up to which plans are held; or why it was refused.
--@include ../../engine/commit/operation-head.lua
--@include ../../redis/clock.lua
local state = KEYS[5]
local wrong = wrongType({ [state] = 'hash' })
if wrong then return finish({ refused = wrong }) end
local ms = wholeText(timeMs())
local rev, before = unpack(redis.call('HMGET', state, 'rev', 'restored_ms'))
redis.call('HSET', state, 'rev', wholeText((tonumber(rev or '') or 0) + 1), 'restored_ms', ms)
ledger({ action = 'restored', gate = 'governor', before = before or '', after = ms })
return finish({ restored_ms = tonumber(ms) })
