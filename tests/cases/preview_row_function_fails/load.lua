-- SPDX-License-Identifier: Apache-2.0
local o = require "orchestra"

return o.pipeline {
    name = "test.boom",
    source = o.source.csv { path = "in.csv", skip_lines = 1, delimiter = ";" },
    steps = {
        o.each({ "a" }, function(a)
            if a == "2" then error("boom") end
            return a
        end, { { "a", "text" } }),
    },
    destination = o.destination.files { path = "out.csv", mode = "replace" },
}
