-- SPDX-License-Identifier: Apache-2.0
local o = require "orchestra"
local col = o.column
return o.pipeline {
    name = o.param("name", "test.positions"),
    source = o.source.counter { to = o.param("to", "10"), how = o.param("how", "well"),
                                 key = o.param("key", "0a1b2c3d") },
    steps = { o.select { { "meter", col.meter }, { "at", col.at:timestamp() },
                         { "kwh", col.kwh:number() } } },
    destination = o.destination.geopackage { path = "city.gpkg", table = o.param("table", "readings") },
    mode = o.param("mode", "append"),
    max_rejects = "50 %",
}
