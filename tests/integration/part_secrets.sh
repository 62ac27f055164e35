# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Secrets and the numbers of meters: neither outputs, logs, errors nor tables hold them.

KEY=c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00
PASSWORD='sw0rd/f1sh'
ENCODED='sw0rd%2Ff1sh'

make_town() {
    sed -e 's/meters_are_public_buildings = true/meters_are_public_buildings = false/' \
        "$root/scripts/territories/example.lua" >town.lua
}

# Nothing of it in these files, whatever they are.
nowhere() { # text, file...
    local text=$1
    shift
    ! grep -aFl -- "$text" "$@"
}

test_meter_numbers_stay_out_of_the_geopackage() {
    need sqlite3
    make_town
    for format in csv r50; do
        (cd "$root" && ORCHESTRA_PSEUDONYM_KEY=$KEY orchestra run scripts/energy/load_curve.lua \
            --territory "$OLDPWD/town.lua" --param "geopackage=$OLDPWD/city.gpkg" \
            --param format=$format --log-level debug --json) >out 2>err
    done
    for meter in 99000000000017 99000000000025 99000000000033 99000000000041; do
        nowhere $meter city.gpkg out err
    done
    nowhere $KEY city.gpkg out err
    equal "$(sqlite3 city.gpkg "select count(distinct meter), min(length(meter)), max(length(meter)) from load_curve")" \
        "4|32|32" "pseudonyms"
    equal "$(sqlite3 city.gpkg "select count(*) from orchestra_reject")" 3 "rejects"
}

test_meter_numbers_stay_out_of_a_failed_run() {
    need sqlite3
    make_town
    cp -r "$root/tests/data/energy" exports
    sed -i "s|exports = .*|exports = \"exports\",|" town.lua
    sed -i '20,$s/;[0-9-]*$/;n.c./; 7s/$/;too;many/' exports/enedis/*17_202510.csv
    ORCHESTRA_PSEUDONYM_KEY=$KEY expect 5 orchestra run "$root/scripts/energy/load_curve.lua" \
        --territory town.lua --param geopackage=city.gpkg --log-level debug --json >out 2>err
    # A byte that cannot be decoded, too far on to be met before the run has begun.
    cp "$root"/tests/data/energy/enedis/*17_202510.csv exports/enedis/
    for n in $(seq 20000); do echo "2025-11-01T00:00:00+01:00;$n"; done >>exports/enedis/*17_202510.csv
    printf '\xff\n' >>exports/enedis/*17_202510.csv
    ORCHESTRA_PSEUDONYM_KEY=$KEY expect 4 orchestra run "$root/scripts/energy/load_curve.lua" \
        --territory town.lua --param geopackage=city.gpkg 2>/dev/null
    sqlite3 city.gpkg "select error from orchestra_run" >errors
    holds errors 'cannot decode "exports/enedis/Enedis_Conso_Heure_***_202510.csv"'
    equal "$(sqlite3 city.gpkg "select count(*) from orchestra_run where status = 'failed'")" 2 "runs"
    [ "$(sqlite3 city.gpkg "select count(*) from orchestra_reject")" -gt 100 ]
    nowhere 99000000000017 city.gpkg out err
    nowhere $KEY city.gpkg out err
}

test_meter_numbers_stay_out_of_postgres() {
    need pg_dump
    need_postgres
    make_town
    (cd "$root" && ORCHESTRA_PSEUDONYM_KEY=$KEY orchestra run scripts/energy/load_curve.lua \
        --territory "$OLDPWD/town.lua" --param to=postgres --log-level debug --json) >out 2>err
    pg_dump >dump.sql
    holds dump.sql "orchestra_reject"
    nowhere 99000000000017 dump.sql out err
    nowhere 99000000000025 dump.sql out err
    nowhere $KEY dump.sql out err
}

test_one_key_gives_one_pseudonym_everywhere() {
    need sqlite3
    need_postgres
    make_town
    for to in geopackage postgres; do
        (cd "$root" && ORCHESTRA_PSEUDONYM_KEY=$KEY orchestra run scripts/energy/load_curve.lua \
            --territory "$OLDPWD/town.lua" --param "to=$to" --param "geopackage=$OLDPWD/city.gpkg")
    done
    equal "$(sqlite3 city.gpkg "select distinct meter from load_curve order by 1")" \
        "$(sql "select distinct meter from energy.load_curve order by 1")" "pseudonyms"
}

test_passwords_stay_out_of_every_output() {
    need pg_dump
    need_postgres
    sql "create role keeper login password '$PASSWORD'"
    sql "grant create on database $PGDATABASE to keeper; grant all on schema public to keeper"
    printf 'a;b\n1;x\nn.c.;y\n' >a.csv
    cat >load.lua <<'LUA'
local o = require "orchestra"
local col = o.column
return o.pipeline {
    name = "test.secret",
    source = o.source.csv { path = "a.csv", delimiter = ";" },
    steps = { o.select { a = col.a:integer(), b = col.b } },
    destination = o.destination.postgres {
        uri = "${env:CITY_URI}",
        table = o.param("table", "a"),
        statement_timeout = o.param("timeout", "60s"),
    },
    max_rejects = "50 %",
}
LUA
    export CITY_URI="postgresql://keeper:$ENCODED@127.0.0.1:$PGPORT/$PGDATABASE"
    local n=0
    say() { # code, command...
        local code=$1
        shift
        n=$((n + 1))
        expect "$code" "$@" >out.$n 2>err.$n || { cat out.$n err.$n; return 1; }
    }
    say 0 orchestra run load.lua --log-level debug --json
    say 0 orchestra run load.lua --force --log-level debug --log-format json --summary
    say 0 orchestra check load.lua --json
    say 0 orchestra preview load.lua
    say 0 orchestra runs load.lua --json
    say 0 orchestra rejects load.lua --csv
    say 0 orchestra runs --destination postgres --set "uri=\${env:CITY_URI}" --csv
    say 3 orchestra run load.lua --param timeout=soon --log-level debug
    say 6 orchestra run load.lua --param table=pg_catalog.pg_class --log-level debug
    sql "create view public.v as select 1 as a, 'x' as b; grant all on public.v to keeper"
    say 6 orchestra run load.lua --param table=v --log-level debug --log-format json
    sql "alter table public.a drop column b; alter table public.a add column c integer not null default 1"
    say 6 orchestra run load.lua --force --log-level debug --json
    CITY_URI="postgresql://keeper:$ENCODED@127.0.0.1:1/$PGDATABASE" \
        say 6 orchestra run load.lua --log-level debug --json
    CITY_URI="postgresql://keeper:$PASSWORD@127.0.0.1:$PGPORT/$PGDATABASE" \
        say 3 orchestra run load.lua --log-level debug --json
    CITY_URI="host=127.0.0.1 password='$PASSWORD' port=$PGPORT user=nobody" \
        say 6 orchestra run load.lua --log-level debug --json
    pg_dump >dump.sql
    holds dump.sql "test.secret"
    for text in "$PASSWORD" "$ENCODED" f1sh; do nowhere "$text" dump.sql out.* err.*; done
}

test_a_secret_in_a_file_serves_and_stays_there() {
    need sqlite3
    make_town
    printf '%s\n' $KEY >key
    chmod 600 key
    sed 's/${env:ORCHESTRA_PSEUDONYM_KEY}/${file:key}/' "$root/scripts/energy/load_curve.lua" >load.lua
    sed -i "s|exports = .*|exports = \"$root/tests/data/energy\",|" town.lua
    orchestra run load.lua --territory town.lua --param geopackage=city.gpkg --log-level debug \
        --json >out 2>err
    nowhere $KEY city.gpkg out err
    equal "$(sqlite3 city.gpkg "select count(distinct meter), max(length(meter)) from load_curve")" \
        "2|32" "pseudonyms"
}
