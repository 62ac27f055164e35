-- SPDX-License-Identifier: Apache-2.0
local all = {}
for i = 1, 1e9 do
    all[i] = ("x"):rep(10000) .. i
end
