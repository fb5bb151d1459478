/**
 * Lua: `chained(key, fields)` gives the flat fields of a new entry of the ops ledger at `key`, with its number `seq`,
 * the hash of the entry before it in `prev`, and its own in `hash`: SHA-1 over every text of the entry in order, field
 * names and values up to and with `prev`, each written as `<bytes>:<text>`.
 */
export const LEDGER_CHAIN = `local function chained(key, fields)
  local seq, prev = 0, ''
  local last = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1]
  local said = last and last[2] or {}
  for i = 1, #said, 2 do
    if said[i] == 'seq' then seq = tonumber(said[i + 1]) or 0 end
    if said[i] == 'hash' then prev = said[i + 1] end
  end
  local entry, texts = {}, {}
  for i = 1, #fields do entry[i] = fields[i] end
  for _, text in ipairs({ 'seq', string.format('%d', seq + 1), 'prev', prev }) do entry[#entry + 1] = text end
  for i, text in ipairs(entry) do texts[i] = #text .. ':' .. text end
  entry[#entry + 1] = 'hash'
  entry[#entry + 1] = redis.sha1hex(table.concat(texts))
  return entry
end
`;
