-- `sha256hex(text)`: the SHA-256 of a text, hexadecimal (FIPS 180-4): Redis offers scripts SHA-1 alone. What it needs
-- is made when it is called, so that a script which does not call it pays nothing.
local function sha256Constants()
  return {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
  }
end

local function sha256hex(text)
  local band, bnot, bxor, ror, shift, whole = bit.band, bit.bnot, bit.bxor, bit.ror, bit.rshift, bit.tobit
  local k, words = sha256Constants(), '>' .. string.rep('I4', 16)
  local state = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
  }
  local padded = text .. '\128' .. string.rep('\0', (55 - #text) % 64) .. struct.pack('>I4I4', 0, #text * 8)
  for at = 1, #padded, 64 do
    local w = { struct.unpack(words, padded, at) }
    for i = 17, 64 do
      local x, y = w[i - 15], w[i - 2]
      local before = bxor(ror(x, 7), ror(x, 18), shift(x, 3))
      w[i] = whole(w[i - 16] + before + w[i - 7] + bxor(ror(y, 17), ror(y, 19), shift(y, 10)))
    end
    local a, b, c, d, e, f, g, h = unpack(state)
    for i = 1, 64 do
      local choice = bxor(band(e, f), band(bnot(e), g))
      local one = h + bxor(ror(e, 6), ror(e, 11), ror(e, 25)) + choice + k[i] + w[i]
      local majority = bxor(band(a, b), band(a, c), band(b, c))
      local two = bxor(ror(a, 2), ror(a, 13), ror(a, 22)) + majority
      a, b, c, d, e, f, g, h = whole(one + two), a, b, c, whole(d + one), e, f, g
    end
    for i, value in ipairs({ a, b, c, d, e, f, g, h }) do state[i] = whole(state[i] + value) end
  end
  local hex = {}
  for i = 1, 8 do hex[i] = bit.tohex(state[i]) end
  return table.concat(hex)
end
