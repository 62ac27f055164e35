-- SPDX-License-Identifier: Apache-2.0
-- What differs between two municipalities. Copy this file, change the values, and pass it with
-- --territory (or ORCHESTRA_TERRITORY): the pipelines themselves stay as they are.
return {
    name = "Example-sur-Vilaine",
    siren = "219900017",   -- invented
    insee = "99001",       -- invented
    zone = "Europe/Paris", -- of the local times in exports
    crs = "2154",          -- Lambert-93

    -- Where the exports lie, and where results go.
    exports = "tests/data/energy",
    geopackage = "build/quickstart/city.gpkg",

    energy = {
        -- The meters listed by these exports measure public buildings: their numbers identify no
        -- person. Without this line meter numbers become keyed pseudonyms: the run then needs
        -- the key in ORCHESTRA_PSEUDONYM_KEY (32 bytes or more: openssl rand -hex 32).
        meters_are_public_buildings = true,
        -- Minutes a value stands for where the export does not say.
        step_minutes = 30,
        -- Values above are taken for faults of the export.
        most_watts = 36000000,
    },

    -- kgCO2e for each kWh, with the source and the year that the figure stands for.
    emission_factors = {
        electricity = {
            kg_per_kwh = 0.052,
            year = 2022,
            source = "ADEME, Base Empreinte: electricity, average mix, mainland France",
        },
    },
}
