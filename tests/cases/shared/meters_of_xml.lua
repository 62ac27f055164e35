-- SPDX-License-Identifier: Apache-2.0
local o = require "orchestra"
local col = o.column

return o.pipeline {
    name = "test.meters",
    source = o.source.xml {
        path = "meters.xml",
        record = "meter",
        fields = { meter = "@id", kwh = "kwh" },
    },
    steps = {
        o.select {
            meter = col.meter, kwh = col.kwh:number(),
        },
    },
    destination = o.destination.geopackage { path = "city.gpkg", table = "meters" },
}
