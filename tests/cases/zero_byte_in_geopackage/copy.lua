-- SPDX-License-Identifier: Apache-2.0
local o = require "orchestra"

return o.pipeline {
    name = "test.copy",
    source = o.source.geopackage { path = "city.gpkg", table = "meters" },
    destination = o.destination.geopackage { path = "out.gpkg", table = "meters" },
    max_rejects = 1,
}
