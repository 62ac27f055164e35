-- SPDX-License-Identifier: Apache-2.0
local town = { name = "Town" }
