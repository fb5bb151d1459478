import { ID_ORDER } from '../commit/id-order-script.ts';

/**
 * Keeps the newer of what is stored and what is given for each symbol, then moves the id the checkpoint stands at.
 * An id beyond the last one of the stream is one that a repair has taken away. KEYS[1] the checkpoint, KEYS[2] the snapshots; ARGV[1] the id (empty: it stays), then symbol, id and figures of each.
 */
export const CHECKPOINT_SCRIPT = `#!lua
${ID_ORDER}
local last
if redis.call('TYPE', KEYS[2]).ok == 'stream' then
  local info = redis.call('XINFO', 'STREAM', KEYS[2])
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then last = info[i + 1] end
  end
end
local function wasThere(id) return not last or not newer(id, last) end
for i = 2, #ARGV, 3 do
  local stored = redis.call('HGET', KEYS[1], ARGV[i])
  if not wasThere(ARGV[i + 1]) then stored = nil
  elseif not stored or newer(ARGV[i + 1], string.match(stored, '^(%S+)')) then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1] .. ' ' .. ARGV[i + 2])
  end
end
local at = redis.call('HGET', KEYS[1], ':at')
if ARGV[1] ~= '' and wasThere(ARGV[1]) and (not at or newer(ARGV[1], at)) then redis.call('HSET', KEYS[1], ':at', ARGV[1]) end
return 1
`;

/**
 * Copies snapshots that cannot be understood to the dead letters, each once however many workers see it.
 * KEYS[1] the snapshots, KEYS[2] their dead letters, KEYS[3] the last one copied; ARGV: id and reason of each, in order.
 */
export const BURY_SCRIPT = `#!lua
${ID_ORDER}
local kind = redis.call('TYPE', KEYS[2]).ok
if kind ~= 'none' and kind ~= 'stream' then return redis.error_reply('WRONGTYPE ' .. KEYS[2] .. ' is no stream') end
local seconds = redis.call('TIME')[1]
for i = 1, #ARGV, 2 do
  local entry = redis.call('XRANGE', KEYS[1], ARGV[i], ARGV[i])[1]
  if entry and newer(ARGV[i], redis.call('GET', KEYS[3]) or '0-0') then
    local fields = entry[2]
    if #fields > 2000 then fields = { 'dlq_packed', cmsgpack.pack(fields) } end
    for _, text in ipairs({ 'dlq_id', ARGV[i], 'dlq_group', 'position_book', 'dlq_reason', ARGV[i + 1],
      'dlq_attempts', '1', 'dlq_ts', seconds }) do fields[#fields + 1] = text end
    redis.call('XADD', KEYS[2], '*', unpack(fields))
    redis.call('SET', KEYS[3], ARGV[i])
  end
end
return 1
`;
