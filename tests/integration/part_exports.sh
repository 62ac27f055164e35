# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Published exports of real software, read where they lie; they are no part of this tree.

need_export() { # path below shared/exports
    export_path=$root/../shared/exports/$1
    [ -e "$export_path" ] || skip "the export $1 is not here"
}

records() { python3 -c 'import json; print(json.load(open("result.json"))["read"])'; }

test_enedis_customer_csv_becomes_a_load_curve() {
    need sqlite3 python3
    need_export enedis-moncompte-csv/Enedis_Conso_Heure.csv
    mkdir -p exports/enedis
    ln -s "$export_path" exports/enedis/
    sed "s|exports = .*|exports = \"exports\",|" "$root/scripts/territories/example.lua" >town.lua
    orchestra run "$root/scripts/energy/load_curve.lua" --territory town.lua \
        --param geopackage=city.gpkg --json >result.json
    equal "$(records)" "$(tail -n +4 "$export_path" | grep -c .)" "records"
    equal "$(sqlite3 city.gpkg "select count(*) from load_curve")" "$(python3 -c 'import json
r = json.load(open("result.json")); print(r["read"] - r["merged"] - r["rejected"])')" "rows"
    # Power times time, here and by hand.
    equal "$(sqlite3 city.gpkg "select printf('%.3f', sum(kwh)) from load_curve")" \
        "$(tail -n +4 "$export_path" | awk -F';' '$2 != "" { s += $2 * 30 / 60000 } END { printf "%.3f", s }')" \
        "energy"
    equal "$(sqlite3 city.gpkg "select start from load_curve order by start limit 1")" \
        "2022-01-17T23:00:00.000Z" "first step"
}

test_enedis_soap_answers_are_read_by_paths() {
    need_export enedis-sge-xml/consulterMesuresDetailleesResponse.xml
    orchestra preview "$export_path" --set record=mesure --set fields=prm=../../pointId \
        --set fields=v=v --set fields=d=d --rows 100 >out
    equal "$(grep -c T0 out)" "$(grep -o '<mesure>' "$export_path" | wc -l)" "rows"
    equal "$(awk 'NR == 3 { print $2, $3 }' out)" "100 2020-03-01T00:00:00.000+01:00" "first row"
}

test_trees_are_read_without_options() {
    need_export trees-csv/paris_les-arbres.csv
    orchestra preview "$export_path" --rows 1 --json >out
    holds out '"ARRONDISSEMENT"'
    holds out '"geo_point_2d": "48.90803131107554, 2.4010154634366474"'
    cat >trees.lua <<LUA
local o = require "orchestra"
local col = o.column
local place = col.geo_point_2d
return o.pipeline {
    name = "climate.trees",
    source = o.source.csv { path = "$export_path" },
    steps = { o.select {
        { "id", col.IDBASE:integer():required() },
        { "species", col.GENRE:concat(" ", col.ESPECE) },
        { "height_m", col["HAUTEUR (m)"]:integer() },
        { "lat", place:split_part(", ", 1):number() },
        { "lon", place:split_part(", ", 2):number() },
    } },
    destination = o.destination.files { path = "trees.csv", newline = "lf" },
}
LUA
    orchestra run trees.lua
    equal "$(sed -n 2p trees.csv)" \
        "149725,Aesculus hippocastanum,18,48.90803131107554,2.4010154634366474" "first tree"
    equal "$(wc -l <trees.csv)" "$(tr -d '\r' <"$export_path" | grep -c .)" "lines"
}

test_permits_with_two_header_lines_are_read() {
    need_export sitadel-csv/Liste-des-permis-damenager.2026-01.csv
    orchestra preview "$export_path" --set header_lines=2 --set header_row=2 --rows 1 --json >out
    holds out '"NUM_PA": "03155505M0018"'
    holds out '"REG_LIBELLE": "Midi-Pyrénées"'
    holds out '"SUPERFICIE_TERRAIN": "1319"'
}

test_public_procurement_xml_shows_its_own_columns() {
    need_export decp/Marche.xml
    orchestra preview "$export_path" --set record=marche --rows 1 --json >out
    holds out '"acheteur_id": "21750001630040"'
    holds out '"considerationsSociales_considerationSociale": "Clause sociale; Critère social"'
    orchestra preview "$export_path" --set record=marche --set explode=titulaires/titulaire \
        --set fields=id=id --set fields=holder=titulaires/titulaire/id --rows 50 >rows
    equal "$(grep -c TEST2022 rows)" "$(grep -c '<titulaire>' "$export_path")" "holders"
}
