-- SPDX-License-Identifier: Apache-2.0
-- The job of the benchmark: dirty readings to a typed table of thirteen columns, bad rows rejected.
local o = require "orchestra"
local col = o.column

local factors = {
    ["Électricité"] = 0.052,
    ["Gaz naturel"] = 0.227,
    ["Fioul"] = 0.324,
    ["Réseau de chaleur"] = 0.110,
    ["Bois"] = 0.030,
}

local energy = col["Énergie"]:trim()
local kwh = col["Consommation (kWh)"]:number { decimal = "," }:between(0, 1e9)

local destinations = {
    csv = function(path)
        return o.destination.files { path = path, newline = "lf", mode = "replace" }
    end,
    geopackage = function(path)
        return o.destination.geopackage { path = path, table = "energy", mode = "replace" }
    end,
    postgres = function()
        return o.destination.postgres { table = "public.energy", mode = "append" }
    end,
}

local to = o.param("to", "csv")

return o.pipeline {
    name = "bench.readings." .. to,
    source = o.source.csv {
        path = o.param("input", ""),
        delimiter = ";",
        encoding = "windows-1252",
    },
    steps = {
        o.select {
            { "pdl", col.PDL },
            { "name", col["Nom du bâtiment"]:trim() },
            { "address", col.Adresse:trim() },
            { "insee", col.Commune },
            { "ts", col.Horodate:timestamp("%d/%m/%Y %H:%M", "UTC"):required() },
            { "kwh", kwh:required() },
            { "quality", col["Qualité"] },
            { "tariff", col.Tarif },
            { "power_kva", col.Puissance:number { decimal = "," } },
            { "energy", energy },
            { "comment", col.Commentaire },
            { "source", col.Source },
            { "kgco2e", kwh * energy:map(factors) },
        },
    },
    destination = destinations[to](o.param("output", "")),
}
