-- SPDX-License-Identifier: Apache-2.0
local o = require "orchestra"
local col = o.column

return o.pipeline {
    name = "test.meters",
    source = o.source.csv { path = "meters.csv", delimiter = ";" },
    steps = {
        o.each({ "meter", col.kwh:number() }, function(meter, kwh)
            if kwh > 10 then
                o.reject("more than " .. 10)
            end
            return meter:lower(), kwh * 2
        end, { { "meter", "text" }, { "twice", "number" } }),
    },
    destination = o.destination.geopackage { path = "city.gpkg", table = "meters" },
}
