-- SPDX-License-Identifier: Apache-2.0
local o = require "orchestra"
return o.pipeline {
    name = "trees",
    source = o.source.csv { path = "trees.csv", delimiter = ";" },
    destination = o.destination.geopackage { path = "city.gpkg", table = "trees" },
}
