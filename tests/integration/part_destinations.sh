# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# The main job into GeoPackage and PostgreSQL: the same rows, and what other programs think of them.

gpkg_rows() { # file
    sqlite3 -csv "$1" "select meter, start, \"end\", iif(kwh is null, '', printf('%!.17g', kwh)),
        iif(kgco2e is null, '', printf('%!.17g', kgco2e)), quality, origin
        from load_curve order by meter, start"
}

postgres_rows() {
    psql -XAtq --csv -c "set extra_float_digits = 3" -c "select meter,
        to_char(start at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'),
        to_char(\"end\" at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'),
        kwh, kgco2e, quality, origin from energy.load_curve order by meter collate \"C\", start"
}

test_postgres_holds_the_rows_of_the_geopackage() {
    need sqlite3 python3
    need_postgres
    for format in csv r50; do
        load_curve --param "geopackage=$PWD/city.gpkg" --param format=$format
        load_curve --param to=postgres --param format=$format
    done
    gpkg_rows city.gpkg >gpkg.csv
    postgres_rows >postgres.csv
    equal "$(wc -l <gpkg.csv)" 5957 "rows"
    python3 "$here/same_rows.py" gpkg.csv postgres.csv
}

test_types_arrive_in_both_destinations() {
    need sqlite3
    need_postgres
    cat >types.lua <<'LUA'
local o = require "orchestra"
local col = o.column
local to = o.param("to")
return o.pipeline {
    name = "test.types",
    source = o.source.csv { path = "types.csv", delimiter = ";" },
    steps = { o.select {
        { "name", col.name },
        { "n", col.n:integer() },
        { "x", col.x:number() },
        { "b", col.b:boolean() },
        { "d", col.d:date() },
        { "t", col.t:timestamp("iso", "Europe/Paris") },
    } },
    destination = to == "postgres" and o.destination.postgres { table = "types" }
        or o.destination.geopackage { path = "types.gpkg", table = "types" },
}
LUA
    {
        printf 'name;n;x;b;d;t\n'
        printf '"O'\''Neil; ""x""";-9223372036854775808;0.1;true;0001-01-01;1899-12-31T23:59:59.999\n'
        printf '\xc3\x89cole;9223372036854775807;-1e300;false;9999-12-31;2025-07-14T00:00:00\n'
        printf 'null;;;;;\n'
    } >types.csv
    sed -i 's/number()/number { scientific = true }/' types.lua
    orchestra run types.lua --param to=postgres
    orchestra run types.lua --param to=geopackage
    equal "$(sql "select name, n, x, b::int, d, to_char(t, 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') from types order by n")" \
        "O'Neil; \"x\"|-9223372036854775808|0.1|1|0001-01-01|1899-12-31T23:50:38.999Z
École|9223372036854775807|-1e+300|0|9999-12-31|2025-07-13T22:00:00.000Z
null|||||" "rows of PostgreSQL"
    equal "$(sqlite3 types.gpkg "select name, n, x, b, d, t from types order by n is null, n")" \
        "O'Neil; \"x\"|-9223372036854775808|0.1|1|0001-01-01|1899-12-31T23:50:38.999Z
École|9223372036854775807|-1.0e+300|0|9999-12-31|2025-07-13T22:00:00.000Z
null|||||" "rows of the GeoPackage"
}

test_geopackage_keeps_the_rules_of_the_format() {
    need sqlite3
    load_curve --param "geopackage=$PWD/city.gpkg"
    equal "$(sqlite3 city.gpkg "pragma application_id")" 1196444487 "application_id (GPKG)"
    local version
    version=$(sqlite3 city.gpkg "pragma user_version")
    [ "$version" -ge 10200 ] && [ "$version" -lt 20000 ]
    equal "$(sqlite3 city.gpkg "select srs_id from gpkg_spatial_ref_sys where srs_id in (-1, 0, 4326) order by 1" | tr '\n' ' ')" \
        "-1 0 4326 " "reference systems"
    equal "$(sqlite3 city.gpkg "select table_name, data_type from gpkg_contents where table_name = 'load_curve'")" \
        "load_curve|attributes" "gpkg_contents"
    equal "$(sqlite3 city.gpkg "select count(*) from gpkg_contents where table_name not in (select name from sqlite_master)")" \
        0 "contents without a table"
    sqlite3 city.gpkg "select last_change from gpkg_contents" |
        grep -Eq '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$'
    equal "$(sqlite3 city.gpkg "pragma integrity_check")" ok "integrity_check"
    equal "$(sqlite3 city.gpkg "pragma foreign_key_check")" "" "foreign_key_check"
    equal "$(sqlite3 city.gpkg "select \"notnull\" || pk || type from pragma_table_info('load_curve') where pk > 0")" \
        11INTEGER "primary key"
    equal "$(ls)" city.gpkg "files left"
}

test_ogr_reads_the_geopackage_without_a_warning() {
    need ogrinfo sqlite3
    load_curve --param "geopackage=$PWD/city.gpkg"
    ogrinfo -ro -so -al city.gpkg >ogr.out 2>ogr.err
    equal "$(cat ogr.err)" "" "what ogrinfo says on stderr"
    ! grep -i warning ogr.out
    holds ogr.out "Layer name: load_curve"
    holds ogr.out "Feature Count: 2977"
    holds ogr.out "start: DateTime"
    holds ogr.out "kwh: Real"
}

test_unchanged_inputs_are_skipped_and_one_line_updates_one_row() {
    need sqlite3 python3
    need_postgres
    cp -r "$root/tests/data/energy" exports
    sed -e "s|exports = .*|exports = \"$PWD/exports\",|" \
        "$root/scripts/territories/example.lua" >town.lua
    local to counts
    run() {
        orchestra run "$root/scripts/energy/load_curve.lua" --territory town.lua --param "to=$to" \
            --param "geopackage=$PWD/city.gpkg" --json 2>/dev/null >result.json
        counts=$(python3 -c 'import json
r = json.load(open("result.json"))
print(r["outcome"], r["inserted"], r["updated"], r["unchanged"], r["merged"], r["rejected"])')
    }
    for to in geopackage postgres; do
        cp "$root"/tests/data/energy/enedis/*17_202510.csv exports/enedis/
        run; equal "$counts" "loaded 2977 0 0 1 3" "first run into $to"
        run; equal "$counts" "unchanged 0 0 0 0 0" "second run into $to"
        touch exports/enedis/*.csv
        run; equal "$counts" "unchanged 0 0 0 0 0" "touched files into $to"
        sed -i '10s/;[0-9]*$/;4242/' exports/enedis/*17_202510.csv
        run; equal "$counts" "loaded 0 1 2976 1 3" "one line changed, into $to"
        run; equal "$counts" "unchanged 0 0 0 0 0" "after it, into $to"
    done
    equal "$(sqlite3 city.gpkg "select kwh from load_curve where meter = '99000000000017' and start = '2025-10-01T01:00:00.000Z'")" \
        2.121 "the changed value"
    equal "$(sql "select kwh from energy.load_curve where meter = '99000000000017' and start = '2025-10-01T01:00:00Z'")" \
        2.121 "the changed value"
}

test_a_connector_that_changed_runs_again() {
    need sqlite3
    mkdir connectors
    cp "$build/connectors/csv.so" connectors/
    ORCHESTRA_CONNECTORS=$PWD/connectors load_curve --param "geopackage=$PWD/city.gpkg"
    printf ' ' >>connectors/csv.so
    ORCHESTRA_CONNECTORS=$PWD/connectors load_curve --param "geopackage=$PWD/city.gpkg" --json \
        2>/dev/null | grep -q '"unchanged": 2977'
}

test_the_ledger_of_postgres_is_no_target() {
    need_postgres
    printf 'a;b\n1;2\n' >a.csv
    cat >load.lua <<'LUA'
local o = require "orchestra"
return o.pipeline {
    name = "test.ledger",
    source = o.source.csv { path = "a.csv" },
    destination = o.destination.postgres { table = "orchestra.orchestra_run" },
}
LUA
    expect 6 orchestra run load.lua 2>err
    holds err "orchestra: orchestra.orchestra_run cannot be written"
    holds err "hint: name a table of another schema"
    equal "$(sql "select count(*) from pg_namespace where nspname = 'orchestra'")" 0 "schemas made"
}

# ---- from a store into files -----------------------------------------------------------------

copy_script() { # source
    cat >copy.lua <<LUA
local o = require "orchestra"
return o.pipeline {
    name = "test.copy",
    source = $1,
    destination = o.destination.files { path = "copy.csv", newline = "lf" },
}
LUA
}

test_a_query_of_postgres_becomes_a_file() {
    need python3
    need_postgres
    load_curve --param to=postgres
    copy_script 'o.source.postgres { query = [[select meter, start, "end", kwh, kgco2e, quality, origin
        from energy.load_curve order by meter collate "C", start]] }'
    orchestra run copy.lua
    equal "$(head -n 1 copy.csv)" "meter,start,end,kwh,kgco2e,quality,origin" "header"
    postgres_rows | sed 's/\.000Z/Z/g' >wanted.csv
    tail -n +2 copy.csv >got.csv
    python3 "$here/same_rows.py" wanted.csv got.csv
}

test_a_layer_of_a_geopackage_becomes_a_file() {
    need sqlite3 python3
    load_curve --param "geopackage=$PWD/city.gpkg"
    copy_script 'o.source.geopackage { path = "city.gpkg", query = [[select meter, start, "end", kwh,
        kgco2e, quality, origin from load_curve order by meter, start]] }'
    orchestra run copy.lua
    gpkg_rows city.gpkg | sed 's/\.000Z/Z/g' >wanted.csv
    tail -n +2 copy.csv >got.csv
    python3 "$here/same_rows.py" wanted.csv got.csv
}
