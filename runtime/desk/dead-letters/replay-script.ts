/**
 * Puts dead letters back. KEYS[5] their stream, KEYS[6] the source stream; ARGV[3] the source's name, then the ids.
 * Fields go from one command to the next inside Redis, where they are exact; an entry is put back only if it is
 * there, and deleted in the same step, so that it is put back once.
 */
export const REPLAY_BODY = `
local dead, source, stream = KEYS[5], KEYS[6], ARGV[3]
local wrong = wrongType({ [dead] = 'stream', [source] = 'stream', [KEYS[2]] = 'stream' })
if wrong then return finish({ refused = wrong }) end
local MOST_VALUES = 7900

local function ownFields(flat)
  local marks = { dlq_id = true, dlq_group = true, dlq_reason = true, dlq_attempts = true, dlq_ts = true, dlq_packed = true }
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
    if keep[i] then own[#own + 1] = flat[i]; own[#own + 1] = flat[i + 1] end
  end
  return own
end

local replayed, missing, tooLarge = {}, {}, {}
for i = 4, #ARGV do
  local id = ARGV[i]
  local entry = redis.call('XRANGE', dead, id, id)[1]
  local own = entry and ownFields(entry[2])
  if not entry then missing[#missing + 1] = id
  elseif #own == 0 or #own > MOST_VALUES then tooLarge[#tooLarge + 1] = id
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
`;
