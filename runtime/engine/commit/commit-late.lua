-- The part of the commit script that moves times on: those that count from the commit, by how long after the judgment
-- that comes.
--
-- `laterSeconds(value)`: Unix seconds in digits. `laterScore(score)`: Unix ms. `laterMembers(fields, width, names)`:
-- Unix ms in the members of these names of the JSON texts among the values.
local lateMs
local function late()
  lateMs = lateMs or (req.judgedMs and math.max(0, math.floor(nowMs()) - tonumber(req.judgedMs)) or 0)
  return lateMs
end

local function laterSeconds(value)
  if late() == 0 then return value end
  local seconds = string.format('%.3f', tonumber(value) + late() / 1000)
  return (string.gsub(seconds, '%.?0+$', ''))
end

local function laterScore(score)
  if late() == 0 then return score end
  return wholeText(tonumber(score) + late())
end

local function laterMembers(fields, width, names)
  if late() == 0 then return end
  for i = 2, width, 2 do
    for _, name in ipairs(names) do
      fields[i] = string.gsub(fields[i], '("' .. name .. '":)(%d+)', function(member, at)
        return member .. wholeText(tonumber(at) + late())
      end)
    end
  end
end
