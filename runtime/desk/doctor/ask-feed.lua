#!lua flags=allow-oom
-- Asks the worker that collects a feed to ask the exchange at once.
--
-- KEYS from the fifth: the lease of the feeds, and the ask.
-- ARGV from the third: the feed, what an ask holds that nobody has taken up, and its life (ms).
-- Answers the feed and the worker that has the lease; or why it was refused.
--@include ../../engine/commit/operation-head.lua
local lease, ask, feed, asked, lifeMs = KEYS[5], KEYS[6], ARGV[3], ARGV[4], ARGV[5]
local wrong = wrongType({ [lease] = 'string', [ask] = 'string', [opsLedger] = 'stream' })
if wrong then return finish({ refused = wrong }) end
local worker = redis.call('GET', lease)
if not worker then
  local wanted = 'expected a running process that collects the feed ' .. feed
  return unchanged({ refused = wanted .. ', got none: start one' })
end
local leftMs = redis.call('PTTL', ask)
if leftMs > 0 then
  local wait = math.ceil(leftMs / 1000) .. ' s'
  return unchanged({ refused = 'expected one ask in ' .. lifeMs / 1000 .. ' s, got another: wait for ' .. wait })
end

redis.call('SET', ask, asked, 'PX', lifeMs)
ledger({ action = 'feed_ask', after = feed })
return finish({ feed = feed, worker = worker })
