-- SPDX-License-Identifier: Apache-2.0
local n = 0
while true do
    n = n + 1
end
