#!lua flags=no-writes
-- Reads keys, each by a command of its own. One that cannot be read says why, and leaves the others.
--
-- KEYS: what is read.
-- ARGV: for each key the command, how many fields it is asked for, and those.
-- Answers for each key its value and an empty text, or nothing and why it cannot be read.
local answers, at = {}, 0
for nth, key in ipairs(KEYS) do
  local command, fields = ARGV[at + 1], tonumber(ARGV[at + 2])
  local value = redis.pcall(command, key, unpack(ARGV, at + 3, at + 2 + fields))
  local problem = type(value) == 'table' and value.err
  answers[nth] = problem and { false, problem } or { value, '' }
  at = at + 2 + fields
end
return answers
