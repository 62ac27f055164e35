-- SPDX-License-Identifier: Apache-2.0
local o = require "orchestra"
local col = o.column

return o.pipeline {
    name = "test.meters",
    source = o.source.csv { path = o.territory.exports .. "/meters.csv", delimiter = ";" },
    steps = {
        o.select {
            meter = col.meter:required(),
            day = col.day:date(),
            kwh = col.kwh:number(),
        },
    },
    destination = o.destination.geopackage { path = "city.gpkg", table = "meters" },
}
