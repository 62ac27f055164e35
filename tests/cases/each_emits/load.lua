-- SPDX-License-Identifier: Apache-2.0
local o = require "orchestra"
local col = o.column

return o.pipeline {
    name = "test.meters",
    source = o.source.csv { path = "meters.csv", delimiter = ";" },
    steps = {
        o.each({ "meter", col.kwh:number(), emit = true }, function(emit, meter, kwh)
            for i = 1, math.floor(kwh) // 3 do
                emit(meter, i)
            end
        end, { { "meter", "text" }, { "part", "integer" } }),
    },
    destination = o.destination.geopackage { path = "city.gpkg", table = "meters" },
}
