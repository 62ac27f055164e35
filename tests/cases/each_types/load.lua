-- SPDX-License-Identifier: Apache-2.0
local o = require "orchestra"
local col = o.column

return o.pipeline {
    name = "test.meters",
    source = o.source.csv { path = "meters.csv", delimiter = ";" },
    steps = {
        o.each({ "meter", col.day:date(), col.day:timestamp("%Y-%m-%d", "Europe/Paris"), col.kwh:number() },
            function(meter, day, at, kwh)
                return meter .. "!", day, at, math.floor(kwh), kwh > 5, nil
            end, {
                { "meter", "text" },
                { "day", "date" },
                { "at", "timestamp" },
                { "whole", "integer" },
                { "much", "boolean" },
                { "nothing", "number" },
            }),
    },
    destination = o.destination.geopackage { path = "city.gpkg", table = "meters" },
}
