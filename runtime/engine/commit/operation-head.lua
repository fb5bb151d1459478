-- What every operation script begins with (operation.ts). Its own keys and arguments come after these.
--
-- KEYS: where the reply is kept under the operation's own id, the ops ledger, the governor's events, its policy.
-- ARGV: actor (and behind a zero byte how it was known), reason.
--@include ./ledger-chain.lua
local keptReply, opsLedger, governorEvents, governorPolicy = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local actor, reason = ARGV[1], ARGV[2]
local signed, howKnown = string.match(actor, '^(.*)%z(.*)$')
actor, howKnown = signed or actor, howKnown or 'unknown'

-- A command that the client sends twice, because a reply was lost, is done once.
local prior = redis.call('GET', keptReply)
if prior then return prior end
local seconds = redis.call('TIME')[1]

-- Ends an operation that changed something, or was refused.
local function finish(reply)
  local text = cjson.encode(reply)
  redis.call('SET', keptReply, text, 'EX', 600)
  return text
end

-- Ends one that did nothing: asked again, it may look again.
local function unchanged(reply) return cjson.encode(reply) end

-- What is wrong with the keys of a table that says the type of each, in words; nil where each is of its type or absent.
local function wrongType(wanted)
  for key, want in pairs(wanted) do
    local found = redis.call('TYPE', key).ok
    if found ~= 'none' and found ~= want then
      return 'expected a ' .. want .. ' at ' .. key .. ', found a ' .. found
    end
  end
end

-- A text of the ledger: of what somebody wrote past Portcullis it may be any length, and hashing it holds Redis.
local MOST_BYTES = 16384
local function cut(text)
  if #text <= MOST_BYTES then return text end
  local kept = string.gsub(string.sub(text, 1, MOST_BYTES), '[\192-\255]?[\128-\191]*$', '')
  return kept .. '… (' .. #text .. ' bytes, SHA-1 ' .. redis.sha1hex(text) .. ')'
end

-- Appends to the ops ledger; says whether it could. A change that must be possible at any time goes on without it.
local function ledger(entry)
  local found = redis.call('TYPE', opsLedger).ok
  if found ~= 'none' and found ~= 'stream' then return false end
  local fields = {
    'action', entry.action, 'actor', entry.actor or actor, 'reason', entry.reason or reason, 'gate', entry.gate or '',
    'symbol', entry.symbol or '', 'before', cut(entry.before or ''), 'after', cut(entry.after or ''),
    'timestamp', seconds,
    'actor_known', entry.actor == 'unknown' and 'unknown' or howKnown,
  }
  for _, text in ipairs(entry.more or {}) do fields[#fields + 1] = text end
  local added = redis.pcall('XADD', opsLedger, '*', unpack(chained(opsLedger, fields)))
  return not (type(added) == 'table' and added.err)
end

-- Tells those who follow the governor's events, where its stream takes an entry.
local function event(name, why)
  local mode = redis.pcall('HGET', governorPolicy, 'mode')
  if type(mode) ~= 'string' then mode = '' end
  redis.pcall('XADD', governorEvents, '*', 'event', name, 'plan_id', '', 'symbol', '', 'action', '',
    'reason', why or reason, 'mode', mode, 'checks', '[]', 'timestamp', seconds)
end
