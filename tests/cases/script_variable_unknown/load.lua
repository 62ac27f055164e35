-- SPDX-License-Identifier: Apache-2.0
local o = require "orchestra"
local col = o.column

local wats = 1000

return o.pipeline {
    name = "test.meters",
    source = o.source.csv { path = "meters.csv", delimiter = ";" },
    steps = {
        o.select {
            kwh = col.kwh:number() * watts,
        },
    },
    destination = o.destination.geopackage { path = "city.gpkg", table = "meters" },
}
