-- SPDX-License-Identifier: Apache-2.0
local o = require "orchestra"
local col = o.column

return o.pipeline {
    name = "test.meters",
    source = o.source.csv { path = "odd*.csv", delimiter = ";" },
    destination = o.destination.geopackage { path = "city.gpkg", table = "meters" },
}
