#!lua
-- Takes names of workers, each on its portfolio, or keeps them.
--
-- KEYS: who has each name.
-- ARGV: for how long (ms); then for each name who asks, and a holder that is known to be dead (empty: none).
-- Answers for each name who has it, where that is somebody else; else an empty text.
local lifeMs = ARGV[1]
local answers = {}
for nth, slot in ipairs(KEYS) do
  local asking, dead = ARGV[2 * nth], ARGV[2 * nth + 1]
  local holder = redis.call('GET', slot)
  if holder and holder ~= asking and holder ~= dead then
    answers[nth] = holder
  else
    redis.call('SET', slot, asking, 'PX', lifeMs)
    answers[nth] = ''
  end
end
return answers
