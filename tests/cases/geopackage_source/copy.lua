-- SPDX-License-Identifier: Apache-2.0
local o = require "orchestra"
local col = o.column

return o.pipeline {
    name = "test.copy",
    source = o.source.geopackage { path = "city.gpkg", table = "meters" },
    destination = o.destination.files { path = "out.csv", newline = "lf" },
}
