-- SPDX-License-Identifier: Apache-2.0
-- Road speeds of one year: a script that uses a module, a territory and a parameter.
local o = require "orchestra"
local speed = require "speeds.speed"
local col = o.column

local year = o.param("year", 2024)

return o.pipeline {
    name = "mobility.traffic",
    title = "Road speeds of " .. year,
    source = o.source.csv {
        path = o.territory.exports .. "/traffic-" .. year .. ".csv",
        delimiter = o.territory("delimiter", ";"),
        columns = o.territory.columns,
    },
    steps = {
        o.where(col.datetime:timestamp():year():eq(year)),
        o.select {
            section = col.section:trim():required(),
            at = col.datetime:timestamp(),
            speed = speed.plausible(col.speed),
            limit = o.value(o.territory.limits[2]),
        },
    },
    destination = o.destination.files { path = "speeds.csv", password = "${env:SECRET}" },
}
