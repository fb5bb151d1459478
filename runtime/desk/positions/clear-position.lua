#!lua flags=allow-oom
-- Declares a position closed: a zero snapshot, and its hashes deleted.
--
-- KEYS from the fifth: the snapshots, then the hash of the position's snapshot and that of its state.
-- ARGV from the third: the symbol.
-- Answers the symbol, the quantity before (empty where no hash named one), the id of the snapshot and how many hashes
--   were deleted; or why it was refused.
--@include ../../engine/commit/operation-head.lua
local snapshots, snapshotHash, stateHash, symbol = KEYS[5], KEYS[6], KEYS[7], ARGV[3]
local wrong = wrongType({ [snapshots] = 'stream', [opsLedger] = 'stream' })
if wrong then return finish({ refused = wrong }) end

-- The quantity that a hash names; an empty text where it names none, or is no hash.
local function quantityIn(hash)
  local figures = redis.pcall('HMGET', hash, 'position_qty', 'position_amt')
  if figures.err then return '' end
  local quantity, amount = unpack(figures)
  return quantity or amount or ''
end

local before = quantityIn(snapshotHash)
if before == '' then before = quantityIn(stateHash) end
local id = redis.call('XADD', snapshots, '*', 'symbol', symbol, 'side', 'FLAT', 'position_qty', '0',
  'position_notional_usd', '0', 'timestamp', seconds, 'source', 'operator', 'reason', reason)
local hashes = redis.call('DEL', snapshotHash, stateHash)
ledger({ action = 'positions_clear', symbol = symbol, before = before, after = 'FLAT' })
return finish({ symbol = symbol, before = before, id = id, hashes = hashes })
