-- SPDX-License-Identifier: Apache-2.0
-- Electricity load curves of public buildings, in one table whatever the export:
--
--   --param format=csv   customer CSV of "Mon compte": two header blocks, mean power of the step
--                        that ends at Horodate (the default)
--   --param format=r50   SGE R50 XML: 30-minute curve of small meters, measures may be missing
--
--   --param to=geopackage   one file for GIS and spreadsheets (the default)
--   --param to=postgres     a table of the database that PGHOST, PGDATABASE ... name
--
-- One row a meter and step: meter, start, end (UTC), kWh, kgCO2e, quality, origin.
local o = require "orchestra"
local col = o.column
local territory = o.territory
local energy = territory.energy

local formats = {
    csv = {
        source = o.source.csv {
            path = territory.exports .. "/enedis/*.csv",
            delimiter = ";",
            metadata = true,
            encoding = "UTF-8",
        },
        meter = col["Identifiant PRM"],
        ends_at = col.Horodate,
        value = col.Valeur,
        minutes = col["Pas en minutes"]:integer():default(energy.step_minutes),
        watts_per_unit = col.Unite:trim():map { W = 1.0, kW = 1000.0 },
        plausible = o.value("measured"),
    },
    r50 = {
        source = o.source.xml {
            path = territory.exports .. "/sge/*_R50_*.xml",
            record = "PRM/Donnees_Releve/PDC",
            fields = {
                meter = "../../Id_PRM",
                step = "../../../En_Tete_Flux/Pas_Publication",
                ends_at = "H",
                value = "V",
                plausibility = "IV",
            },
        },
        meter = col.meter,
        ends_at = col.ends_at,
        value = col.value,
        minutes = col.step:integer():default(energy.step_minutes),
        watts_per_unit = o.value(1.0),
        plausible = col.plausibility:default("0"):map { ["0"] = "measured", ["1"] = "doubtful" },
    },
}

local name = o.param("format", "csv")
local format = formats[name] or error("format is csv or r50, not " .. name)

-- A meter number is personal data unless the meter is a public building's.
local meter = format.meter:digits(14)
if not energy("meters_are_public_buildings", false) then
    meter = meter:pseudonym { key = "${env:ORCHESTRA_PSEUDONYM_KEY}" }
end

local watts = (format.value:number() * format.watts_per_unit):between(0, energy.most_watts)
local ends_at = format.ends_at:timestamp("iso"):required()
local kwh = watts * format.minutes / 60000

local destinations = {
    geopackage = o.destination.geopackage {
        path = o.param("geopackage", territory.geopackage),
        table = "load_curve",
    },
    postgres = o.destination.postgres { table = "energy.load_curve" },
}

local to = o.param("to", "geopackage")
local destination = destinations[to] or error("to is geopackage or postgres, not " .. to)

return o.pipeline {
    name = "energy.load_curve." .. name,
    title = "Electricity load curve by meter and step",
    source = format.source,
    steps = {
        o.select {
            { "meter", meter:required() },
            { "start", ends_at:shift(-format.minutes, "minutes") },
            { "end", ends_at },
            { "kwh", kwh },
            { "kgco2e", kwh * territory.emission_factors.electricity.kg_per_kwh },
            { "quality", o.case(kwh:is_null(), "missing", format.plausible) },
            { "origin", o.value("enedis " .. name) },
        },
    },
    destination = destination,
    mode = "upsert",
    key = { "meter", "start" },
}
