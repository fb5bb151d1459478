-- `field(flat, name)`: the value after the first `name` in a list of names and values, such as XINFO answers.
local function field(flat, name)
  for i = 1, #flat, 2 do
    if flat[i] == name then return flat[i + 1] end
  end
end
