-- SPDX-License-Identifier: Apache-2.0
local o = require "orchestra"
local col = o.column

return o.pipeline {
    name = "test.meters",
    source = o.source.csv { path = "readings.csv", delimiter = ";" },
    steps = {
        o.where(col.kind:ne("test") & col.kwh:is_null():eq(false)),
        o.select {
            { "meter", col.meter:squeeze():upper() },
            { "kind", col.kind:map { E = "electricity", G = "gas" } },
            { "size", o.case(col.kwh:number { decimal = "," }:ge(100), "large", col.kwh:number { decimal = "," }:ge(10), "middle", "small") },
            { "kwh", col.kwh:number { decimal = "," }:round(1) },
            { "share", col.kwh:number { decimal = "," } / 1000 },
            { "day", col.day:date("%d/%m/%Y") },
            { "weekday", col.day:date("%d/%m/%Y"):weekday() },
            { "code", col.meter:extract("([0-9]+)"):digits(4) },
            { "note", col.note:empty_null():default("none") },
            { "open", col.open:boolean { yes = { "oui" }, no = { "non" } } },
        },
    },
    destination = o.destination.geopackage { path = "city.gpkg", table = "meters" },
}
