-- SPDX-License-Identifier: Apache-2.0
-- Speeds that a road can have.
local speed = {}

function speed.plausible(value)
    return value:integer():between(0, 200)
end

return speed
