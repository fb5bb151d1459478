-- The part of the commit script that writes the decision log, and the index by which `explain` finds plans in it.
--
-- `record(log)`: writes an entry. `recordDuplicate(log)`: the same, with the verdict of a duplicate. `indexPlans()`:
-- one entry of the index for all that was recorded. Where the verdict and the plan are among the fields of a log, its
-- `places` say by name (compact.ts).
--@include ./commit-facts.lua
local function unwritten()
  local count = 0
  for _, best in ipairs(failed) do
    if best > 0 then count = count + 1 end
  end
  return count
end

local logged, firstLogged, lastLogged, plans = 0, nil, nil, {}
local function record(log)
  local fields, width = log.fields, log.width + 2
  local at = log.places.facts_entry
  local said = at and fields[at]
  if said then fields[at] = nameFacts(said) end
  fields[width - 1] = 'outputs'
  fields[width] = table.concat(outputs, ',')
  local lost = unwritten()
  if lost > 0 then
    width = width + 2
    fields[width - 1] = 'unwritten'
    fields[width] = lost
  end
  lastLogged = add(req.decisions, fields, width)
  -- The fields belong to the shape: the next message of it may have the same, and does not say it again.
  if said then fields[at] = said end
  firstLogged = firstLogged or lastLogged
  logged = logged + 1
  local plan = fields[log.places.plan_id]
  if plan and plan ~= '' then plans[#plans + 1] = plan end
end

-- As above of what the shape says: the verdict is put back.
local function recordDuplicate(log)
  local fields, at = log.fields, log.places.verdict
  local verdict = fields[at]
  fields[at] = 'DUPLICATE'
  record(log)
  fields[at] = verdict
end

local function indexPlans()
  if logged == 0 then return end
  local entry = {
    'from', firstLogged, 'to', lastLogged, 'decisions', logged, 'plans', ' ' .. table.concat(plans, ' ') .. ' ',
  }
  -- The index must not keep a commit from being answered: what is not in it is searched for in the log.
  local added = redis.pcall('XADD', req.planIndex, newId, unpack(entry))
  if added.err and req.clock then redis.pcall('XADD', req.planIndex, '*', unpack(entry)) end
end
