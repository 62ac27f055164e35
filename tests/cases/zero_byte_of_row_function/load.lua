-- SPDX-License-Identifier: Apache-2.0
local o = require "orchestra"
local col = o.column

return o.pipeline {
    name = "test.meters",
    source = o.source.csv { path = "meters.csv", delimiter = ";" },
    steps = {
        o.each({ "meter", "note" }, function(meter, note)
            return meter, note == "roof" and note or note .. "\0"
        end, { { "meter", "text" }, { "note", "text" } }),
    },
    destination = o.destination.files { path = "out.csv", newline = "lf" },
    max_rejects = 1,
}
