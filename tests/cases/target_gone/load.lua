-- SPDX-License-Identifier: Apache-2.0
local o = require "orchestra"
local destinations = {
    files = o.destination.files { path = "trees_out.csv" },
    geopackage = o.destination.geopackage { path = "city.gpkg", table = "trees" },
}
return o.pipeline {
    name = "trees",
    source = o.source.csv { path = "trees.csv", delimiter = ";" },
    destination = destinations[o.param("to", "files")],
    mode = "replace",
}
