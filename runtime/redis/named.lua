-- `named(flat)`: a list of names and values, such as a stream's entry holds, as a table of the values by their names.
local function named(flat)
  local values = {}
  for i = 1, #flat, 2 do values[flat[i]] = flat[i + 1] end
  return values
end
