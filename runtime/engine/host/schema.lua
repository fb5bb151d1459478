#!lua
-- Says on a portfolio which schema its keys have, where nothing does. Data of before there was a number have the first;
-- a portfolio without any has the newest.
--
-- KEYS: the number; then keys that are there once a worker has worked.
-- ARGV: the form of facts that was asked for (`shared`, `inline` or empty); the newest schema.
-- Answers the number that stands there.
local schema, form, newest = KEYS[1], ARGV[1], ARGV[2]
local found = redis.call('GET', schema)
local isNew = not found
for i = 2, #KEYS do
  if redis.call('EXISTS', KEYS[i]) == 1 then isNew = false end
end
local number = tonumber(found or '1')
if isNew and form ~= 'inline' or form == 'shared' and number and number < tonumber(newest) then
  redis.call('SET', schema, newest)
elseif not found then
  redis.call('SET', schema, '1')
end
return redis.call('GET', schema)
