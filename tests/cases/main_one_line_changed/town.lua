-- SPDX-License-Identifier: Apache-2.0
return {
    name = "Town",
    exports = "exports",
    geopackage = "city.gpkg",
    energy = { meters_are_public_buildings = true, step_minutes = 30, most_watts = 36000000 },
    emission_factors = { electricity = { kg_per_kwh = 0.052 } },
}
