#!lua flags=allow-oom
-- Sets the trading state, or arms or disarms the governor. Both fields are written every time: a state hash is whole
-- from its first change on.
--
-- KEYS from the fifth: the governor's state, the errors of today, the mark of today's auto-disarm.
-- ARGV from the third: the field, its value, the action of the ledger, the name of the event, and the one value that
-- may be changed (empty: each may).
-- Answers the revision, and the field before and after; or why it was refused.
--@include ../../engine/commit/operation-head.lua
--@include ../../redis/clock.lua
local state, errors, marker = KEYS[5], KEYS[6], KEYS[7]
local field, value, action, eventName, only = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local wrong = wrongType({ [state] = 'hash', [opsLedger] = 'stream', [governorEvents] = 'stream' })
if wrong then return finish({ refused = wrong }) end
local revBefore, tradingState, armed = unpack(redis.call('HMGET', state, 'rev', 'trading_state', 'armed'))
local kept = { trading_state = tradingState or 'ACTIVE', armed = armed or '1' }
local before = kept[field]
if only ~= '' and before ~= only then return unchanged({ rev = revBefore or '0', before = before, after = before }) end
kept[field] = value
local rev = wholeText((tonumber(revBefore or '') or 0) + 1)
redis.call('HSET', state, 'rev', rev, 'trading_state', kept.trading_state, 'armed', kept.armed,
  'reason', reason, 'actor', actor, 'since', seconds)
-- Armed again, the governor is not disarmed at once by the errors of before.
if action == 'arm' then redis.call('DEL', errors, marker) end
event(eventName)
ledger({ action = action, gate = 'governor', before = before, after = value })
return finish({ rev = rev, before = before, after = value })
