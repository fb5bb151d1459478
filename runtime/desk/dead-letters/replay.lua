#!lua flags=allow-oom
-- Puts dead letters back on their stream. Fields go from one command to the next inside Redis, where they are exact; an
-- entry is put back only if it is there, and deleted in the same step, so that it is put back once.
--
-- KEYS from the fifth: the dead letters, their source stream.
-- ARGV from the third: the name of the source, then ids.
-- Answers `id=new id` of those put back, and the ids of those that were missing or are too large; or why it was
--   refused.
--@include ../../engine/commit/operation-head.lua
local dead, source, stream = KEYS[5], KEYS[6], ARGV[3]
local FIRST_ID = 4
-- How many values one command may be given out of a table.
local MOST_VALUES = 7900
local wrong = wrongType({ [dead] = 'stream', [source] = 'stream', [opsLedger] = 'stream' })
if wrong then return finish({ refused = wrong }) end

-- The fields that the entry had. The marks were appended to them: of a name that is there twice, the last is the mark.
local function ownFields(flat)
  local marks = {
    dlq_id = true, dlq_group = true, dlq_reason = true, dlq_attempts = true, dlq_ts = true, dlq_packed = true,
  }
  local keep, own, packed = {}, {}, nil
  for i = #flat - 1, 1, -2 do
    if marks[flat[i]] then
      marks[flat[i]] = nil
      if flat[i] == 'dlq_packed' then packed = flat[i + 1] end
    else
      keep[i] = true
    end
  end
  if packed then return cmsgpack.unpack(packed) end
  for i = 1, #flat - 1, 2 do
    if keep[i] then
      own[#own + 1] = flat[i]
      own[#own + 1] = flat[i + 1]
    end
  end
  return own
end

local replayed, missing, tooLarge = {}, {}, {}
for i = FIRST_ID, #ARGV do
  local id = ARGV[i]
  local entry = redis.call('XRANGE', dead, id, id)[1]
  local own = entry and ownFields(entry[2])
  if not entry then
    missing[#missing + 1] = id
  elseif #own == 0 or #own > MOST_VALUES then
    tooLarge[#tooLarge + 1] = id
  else
    local added = redis.call('XADD', source, '*', unpack(own))
    redis.call('XDEL', dead, id)
    ledger({ action = 'dlq_replay', gate = stream, before = id, after = added })
    replayed[#replayed + 1] = id .. '=' .. added
  end
end
return finish({
  replayed = table.concat(replayed, ' '),
  missing = table.concat(missing, ' '),
  tooLarge = table.concat(tooLarge, ' '),
})
