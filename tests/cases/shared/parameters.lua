-- SPDX-License-Identifier: Apache-2.0
local o = require "orchestra"
local col = o.column

local year = o.param("year", 2025)

return o.pipeline {
    name = "test.meters",
    source = o.source.csv { path = o.param("file"), delimiter = ";" },
    steps = {
        o.select {
            year = o.value(year),
        },
    },
    destination = o.destination.geopackage { path = "city.gpkg", table = "meters" },
}
