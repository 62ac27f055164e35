# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# A small pipeline for tests that disturb it, into each destination in each mode, and what it leaves
# behind as text that can be compared. run.sh reads it before the parts.

# Runs whose failure is looked at do not try again by themselves.
once="--retry 0"

# first.csv holds the state before, second.csv another one: half of the keys of the first come
# again, with other values.
small_inputs() { # rows of the second
    small_rows first.csv 0 400 1
    small_rows second.csv 200 "$1" 1000
    cat >small.lua <<'LUA'
local o = require "orchestra"
local col = o.column
local to, mode, input = o.param("to"), o.param("mode"), o.param("input")
local destinations = {
    geopackage = o.destination.geopackage { path = o.param("folder", ".") .. "/small.gpkg", table = "small" },
    postgres = o.destination.postgres { table = "small", uri = "${env:SMALL_URI}",
        statement_timeout = o.param("limit", "1h") },
    files = o.destination.files { path = o.param("folder", ".") .. "/small.csv" },
}
return o.pipeline {
    name = "test.small",
    source = input:match("%.xml$") and o.source.xml { path = input, record = "row",
            fields = { meter = "meter", at = "at", kwh = "kwh" } }
        or o.source.csv { path = input, delimiter = ";" },
    steps = { o.select {
        { "meter", col.meter },
        { "at", col.at:timestamp() },
        { "kwh", col.kwh:number() },
    } },
    destination = destinations[to],
    mode = mode,
    key = mode == "upsert" and { "meter", "at" } or nil,
}
LUA
}

small_rows() { # file, first key, rows, value
    awk -v from="$2" -v n="$3" -v v="$4" 'BEGIN {
        print "meter;at;kwh"
        for (i = from; i < from + n; i++)
            printf "M%04d;2025-%02d-%02dT%02d:00:00Z;%d.25\n", i % 500, 1 + int(i / 336000) % 12,
                1 + int(i / 12000) % 28, int(i / 500) % 24, v + i % 97
    }' >"$1"
}

small() { # input, more arguments
    local input=$1
    shift
    # shellcheck disable=SC2086
    SMALL_URI=${uri-postgresql://} orchestra run small.lua $once --param "to=$to" --param "mode=$mode" --param "input=$input" "$@"
}

# All rows in order; "none" without a table or file.
small_state() {
    case $to in
    geopackage) [ ! -e small.gpkg ] && echo none ||
        sqlite3 -cmd '.timeout 5000' -csv small.gpkg "select meter, at, kwh from small order by 1, 2, 3" \
            2>/dev/null || echo none ;;
    postgres) psql -XAtqc "select meter, at, kwh from small order by 1, 2, 3" 2>/dev/null ||
        echo none ;;
    files) [ ! -e small.csv ] && echo none || sort small.csv ;;
    esac
}

small_clear() {
    case $to in
    geopackage) rm -f small.gpkg* ;;
    postgres) sql "set client_min_messages = error; drop table if exists small;
        drop schema if exists orchestra cascade" ;;
    files) rm -f small.csv* .small.csv* ;;
    esac
}

# The files before.txt and after.txt of a destination and mode; the destination is then as before.
small_begin() {
    small_clear
    small first.csv
    small_state >before.txt
    small second.csv
    small_state >after.txt
    ! cmp -s before.txt after.txt
    small_clear
    small first.csv
}

small_is() { # before or after, what
    small_state >now.txt
    cmp -s now.txt "$1.txt" && return 0
    echo "$to $mode, $2: the rows are not those $1"
    diff "$1.txt" now.txt | head -n 5
    return 1
}

# "loaded 2 failed 1": what the ledger says of runs
small_runs() { # more arguments
    SMALL_URI=postgresql:// orchestra runs small.lua --param "to=$to" --param "mode=$mode" --param input=first.csv "$@" --csv |
        tail -n +2 | cut -d, -f4 | sort | uniq -c | awk '{ printf "%s%s %d", (NR > 1 ? " " : ""), $2, $1 }'
}

# Another run leads to the state after; nothing but data and ledger is left.
small_again() {
    small second.csv "$@"
    small_is after "after the next run"
    small_no_trace
}

small_no_trace() {
    local odd
    odd=$(find . -maxdepth 1 \( -name '*-journal' -o -name '*-wal' -o -name '*-shm' -o -name '.*' \) \
        ! -name . | sort)
    equal "$odd" "" "files left behind"
    [ "$to" != postgres ] || equal "$(sql "select count(*) from pg_tables
        where schemaname not in ('pg_catalog', 'information_schema', 'orchestra')
        and tablename <> 'small'")" 0 "tables left behind"
    [ "$to" != postgres ] || until_true eval '[ "$(locks)" -eq 0 ]'
    [ "$to" != geopackage ] || equal "$(sqlite3 small.gpkg "select count(*) from
        sqlite_master where type = 'table' and name not like 'gpkg\_%' escape '\'
        and name not like 'orchestra\_%' escape '\' and name not in ('small', 'sqlite_sequence')")" \
        0 "tables left behind"
}

# Every destination and mode that there is: each_small COMMAND, with $to and $mode set.
each_small() {
    for to in files geopackage postgres; do
        for mode in append replace upsert; do
            [ "$to $mode" = "files upsert" ] || "$@"
        done
    done
}
