#!lua flags=allow-oom
-- Puts into the ledger that a kill switch that was on, or a trading state, is gone. What came back meanwhile, or was
-- reported by somebody else, is not reported; a kill whose last report is still there is the watcher's to report.
--
-- KEYS from the fifth: the kill switch, its last report, the trading state, the mark that it was reported.
-- ARGV from the third: whether the kill switch was on (`1`), the trading state (empty: there was none), whether it was
--   armed (`0` or `1`), which one it was, the gate of the switches.
-- Answers what was reported.
--@include ../commit/operation-head.lua
local kill, seen, state, marker = KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local killWas, stateWas, wasArmed, identity, gate = ARGV[3] == '1', ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local told = {}
if killWas and redis.call('EXISTS', kill) == 0 and redis.call('EXISTS', seen) == 0 then
  redis.call('SET', seen, '0')
  event('KILL_OFF')
  ledger({ action = 'kill_off', gate = gate, before = 'on', after = 'off' })
  told[#told + 1] = 'kill'
end
if stateWas ~= '' and redis.call('EXISTS', state) == 0 and redis.call('SET', marker, identity, 'NX', 'EX', 3600) then
  event('STATE_CHANGED')
  ledger({ action = 'trading_state', gate = gate, before = stateWas, after = 'ACTIVE' })
  if wasArmed == '0' then ledger({ action = 'arm', gate = gate, before = '0', after = '1' }) end
  told[#told + 1] = 'state'
end
return unchanged({ told = table.concat(told, ' ') })
