#!lua flags=allow-oom
-- Lets plans from before a restore be judged like any other.
--
-- KEYS from the fifth: the governor's state.
-- ARGV: none of its own.
-- Answers the Unix ms up to which plans were held, an empty text where none were; or why it was refused.
--@include ../../engine/commit/operation-head.lua
--@include ../../redis/clock.lua
local state = KEYS[5]
local wrong = wrongType({ [state] = 'hash', [opsLedger] = 'stream' })
if wrong then return finish({ refused = wrong }) end
local rev, held = unpack(redis.call('HMGET', state, 'rev', 'restored_ms'))
if not held then return finish({ restored_ms = '' }) end
redis.call('HSET', state, 'rev', wholeText((tonumber(rev or '') or 0) + 1))
redis.call('HDEL', state, 'restored_ms')
ledger({ action = 'restore_released', gate = 'governor', before = held, after = '' })
return finish({ restored_ms = held })
