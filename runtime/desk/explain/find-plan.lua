#!lua flags=no-writes
-- Looks at one page of the index of plans, newest first, for the commits that decided about a plan.
--
-- KEYS: the index.
-- ARGV: the newest id, the oldest, the plan between two spaces, how many entries are looked at.
-- Answers how many were looked at, the id of the last, how many decisions they stand for, the first of these of the
--   oldest, and of each commit found the first and the last decision.
--@include ../../redis/named.lua
local index, newest, oldest, plan, most = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local page = redis.call('XREVRANGE', index, newest, oldest, 'COUNT', most)
local found, decisions, last, from = {}, 0, '', ''
for _, entry in ipairs(page) do
  local id, flat = unpack(entry)
  local commit = named(flat)
  last, from = id, commit.from or from
  decisions = decisions + (tonumber(commit.decisions) or 0)
  if string.find(commit.plans or '', plan, 1, true) then found[#found + 1] = { commit.from, commit.to } end
end
return { #page, last, decisions, from, found }
