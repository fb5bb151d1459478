#!lua flags=no-writes
-- Looks at the keys of several, and tells each what its keys hold unless that is what it was told last. A key that
-- cannot be read says why, and leaves the others.
--
-- KEYS: of each the keys that it looks at.
-- ARGV: how many plans, each a JSON list of how the keys of one are read (a command and its arguments behind the
--   key); then for each which plan, from 1 on, and the SHA-1 that it was told last, else an empty text.
-- Answers for each nothing where all is as it was; else the SHA-1, and for each of its keys the value and an empty
--   text, or nothing and why it cannot be read.
local count, BEFORE_PLANS, PER_LOOK = tonumber(ARGV[1]), 1, 2
local plans = {}
for nth = 1, count do plans[nth] = cjson.decode(ARGV[BEFORE_PLANS + nth]) end

local function lookAt(plan, before)
  local values = {}
  for nth, read in ipairs(plan) do values[nth] = redis.pcall(read[1], KEYS[before + nth], unpack(read, 2)) end
  return values, redis.sha1hex(cmsgpack.pack(values))
end

local function told(values)
  local answers = {}
  for nth, value in ipairs(values) do
    local problem = type(value) == 'table' and value.err
    answers[nth] = problem and { false, problem } or { value, '' }
  end
  return answers
end

local answers, before = {}, 0
for at = BEFORE_PLANS + count + 1, #ARGV, PER_LOOK do
  local plan, known = plans[tonumber(ARGV[at])], ARGV[at + 1]
  local values, digest = lookAt(plan, before)
  before = before + #plan
  answers[#answers + 1] = digest ~= known and { digest, told(values) }
end
return answers
