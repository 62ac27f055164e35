-- SPDX-License-Identifier: Apache-2.0
local o = require "orchestra"
local col = o.column

return o.pipeline {
    name = "test.meters",
    source = o.source.csv { path = "meters.csv", delimiter = ";" },
    steps = {
        o.select {
            { "text", col.meter },
            { "date", col.day:date() },
            { "timestamp", col.day:timestamp("%Y-%m-%d", "Europe/Paris") },
            { "number", col.kwh:number() },
            { "integer", col.kwh:number():floor() },
            { "boolean", col.kwh:number():ge(5) },
            { "null", o.value(nil):text() },
        },
    },
    destination = o.destination.files { path = "out.csv", newline = "lf" },
}
