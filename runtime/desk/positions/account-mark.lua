#!lua flags=allow-oom
-- Sets the high-water mark of the account's equity. A reading that is being judged meanwhile is judged again on it.
--
-- KEYS from the fifth: what the account feed remembers, and the state token of its handler.
-- ARGV from the third: the mark in US dollars, and a token that nobody has.
-- Answers the mark before (empty without one) and after; or why it was refused.
--@include ../../engine/commit/operation-head.lua
local memory, stateToken, mark, newToken = KEYS[5], KEYS[6], ARGV[3], ARGV[4]
local wrong = wrongType({ [memory] = 'hash', [stateToken] = 'string', [opsLedger] = 'stream' })
if wrong then return finish({ refused = wrong }) end
if redis.call('HEXISTS', memory, 'equity_usd') == 0 then
  return finish({ refused = 'expected an account that was read, got none: the account feed keeps its mark' })
end

local before = redis.call('HGET', memory, 'hwm_usd') or ''
redis.call('HSET', memory, 'hwm_usd', mark, 'settled_usd', mark, 'recent', '[]')
redis.call('SET', stateToken, newToken)
ledger({ action = 'account_mark', before = before, after = mark })
return finish({ before = before, after = mark })
