-- SPDX-License-Identifier: Apache-2.0
local o = require "orchestra"
return o.pipeline {
    name = "test.ending",
    source = o.source.misbehaving { how = o.param("how"), where = o.param("at") },
    destination = o.destination.files { path = "rows.csv" },
    mode = "replace",
}
