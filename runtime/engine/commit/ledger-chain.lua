-- `chained(key, fields)`: the flat fields of a new entry of the ops ledger at `key`, with its number `seq`, the hash of
-- the entry before it in `prev`, and its own in `hash`: SHA-1 over every text of the entry in order, field names and
-- values up to and with `prev`, each written as `<bytes>:<text>`.
--@include ../../redis/named.lua
local function chained(key, fields)
  local _, last = unpack(redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1] or {})
  local before = named(last or {})
  local seq = tonumber(before.seq) or 0
  local entry, texts = {}, {}
  for i = 1, #fields do entry[i] = fields[i] end
  for _, text in ipairs({ 'seq', string.format('%d', seq + 1), 'prev', before.hash or '' }) do
    entry[#entry + 1] = text
  end
  for i, text in ipairs(entry) do texts[i] = #text .. ':' .. text end
  entry[#entry + 1] = 'hash'
  entry[#entry + 1] = redis.sha1hex(table.concat(texts))
  return entry
end
