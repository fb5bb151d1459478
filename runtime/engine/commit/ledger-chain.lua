-- `chained(key, fields)`: the flat fields of a new entry of the ops ledger at `key`, with its number `seq`, the hash of
-- the entry before it in `prev`, the SHA-256 of that in `prev_sha256`, its own in `sha256`, and its hash in `hash`.
-- Each of its two is over every text of the entry before it in order, field names and values, each written as
-- `<bytes>:<text>`: `hash` is SHA-1, by which older releases verify the chain.
--@include ../../redis/named.lua
--@include ./sha256.lua
local function chained(key, fields)
  local _, last = unpack(redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1] or {})
  local before = named(last or {})
  local entry, texts = {}, {}
  local function add(text)
    entry[#entry + 1] = text
    texts[#texts + 1] = #text .. ':' .. text
  end
  for i = 1, #fields do add(fields[i]) end
  local links = { 'seq', string.format('%d', (tonumber(before.seq) or 0) + 1), 'prev', before.hash or '' }
  for _, text in ipairs(links) do add(text) end
  for _, text in ipairs({ 'prev_sha256', before.sha256 or '' }) do add(text) end
  local sha256 = sha256hex(table.concat(texts))
  add('sha256')
  add(sha256)
  entry[#entry + 1] = 'hash'
  entry[#entry + 1] = redis.sha1hex(table.concat(texts))
  return entry
end
