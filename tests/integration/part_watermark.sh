# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# A PostgreSQL source that reads what came since the last run, into each destination.

watermark_begin() { # rows
    need_postgres
    sql "create table meter (id bigint primary key, kwh float8, changed timestamptz, day date,
             rank numeric, name text);
         insert into meter select i, i / 4.0, timestamptz '2026-01-01' + i * interval '1 minute',
             date '2026-01-01' + i / 100, i / 8.0, 'M' || i from generate_series(1, $1) i"
    cat >mark.lua <<'LUA'
local o = require "orchestra"
local col = o.column
local query, by = o.param("query", ""), o.param("by", "changed")
local destinations = {
    geopackage = o.destination.geopackage { path = "city.gpkg", table = "loaded" },
    postgres = o.destination.postgres { table = "loaded" },
    files = o.destination.files { path = "loaded.csv" },
}
return o.pipeline {
    name = "test.watermark",
    source = o.source.postgres {
        query = query ~= "" and query or nil,
        table = query == "" and o.param("from", "meter") or nil,
        watermark = by ~= "" and by or nil,
        watermark_overlap = o.param("overlap", "0s") ~= "" and o.param("overlap", "0s") or nil,
    },
    steps = { o.select { { "id", col.id }, { "kwh", col.kwh } } },
    destination = destinations[o.param("to", "postgres")],
    mode = o.param("mode", "append"),
    key = o.param("mode", "append") == "upsert" and { "id" } or nil,
}
LUA
}

mark() { orchestra run mark.lua --retry 0 --json "$@" >run.out 2>run.err; }

told() { sed -n "s/^  \"$1\": \"\{0,1\}\(.*[^\",]\)\"\{0,1\},\$/\1/p" run.out; }

marked() { # read, outcome
    equal "$(told read) $(told outcome)" "$1 $2" "records read, outcome"
}

refused() { # code, text, more arguments
    expect "$1" mark "${@:3}"
    holds run.err "$2"
    equal "$(grep -c 'Segmentation\|author' run.err)" 0 "blame"
}

loaded_once() { # to: every row of the source is there once
    case $1 in
    geopackage) sqlite3 -csv city.gpkg "select id, kwh from loaded order by 1" ;;
    postgres) psql -XAtqF, -c "select id, kwh from loaded order by 1" ;;
    files) tail -n +2 loaded.csv | tr -d '\r' | sort -n ;;
    esac | sed 's/\.0$//' >got
    psql -XAtqF, -c "select id, kwh from meter order by 1" >wanted
    diff wanted got
}

test_a_run_reads_what_came_since_the_last_one() {
    local to
    watermark_begin 20000
    for to in postgres geopackage files; do
        mark --param to=$to
        marked "$(sql "select count(*) from meter")" loaded
        mark --param to=$to
        marked 0 unchanged
        sql "insert into meter select max(id) + 1, 3, now() from meter"
        mark --param to=$to
        marked 1 loaded
        loaded_once $to
    done
}

test_a_target_that_is_gone_is_loaded_from_the_start() {
    local to
    watermark_begin 1000
    for to in postgres geopackage files; do
        mark --param to=$to
        marked 1000 loaded
        case $to in
        geopackage) sqlite3 city.gpkg "drop table loaded; delete from gpkg_contents" ;;
        postgres) sql "drop table loaded" ;;
        files) rm loaded.csv ;;
        esac
        mark --param to=$to
        marked 1000 loaded
        holds run.err "run.target_gone"
        loaded_once $to
        mark --param to=$to
        marked 0 unchanged
        equal "$(wc -c <run.err)" 0 "bytes said"
    done
}

test_numbers_dates_and_times_are_watermarks() {
    local by overlap
    watermark_begin 1000
    for by in id:0 rank:0 changed:0s day:0s 'changed::timestamp:0s'; do
        overlap=${by##*:} by=${by%:*}
        sql "drop table if exists loaded; drop schema if exists orchestra cascade"
        [ "$by" = "${by%::*}" ] || sql "alter table meter alter changed type timestamp"
        by=${by%::*}
        mark --param "by=$by" --param "overlap=$overlap"
        marked "$(sql "select count(*) from meter")" loaded
        sql "insert into meter select max(id) + 1, 3, max(changed) + interval '1 hour', max(day) + 1, max(rank) + 0.125 from meter"
        mark --param "by=$by" --param "overlap=$overlap"
        marked 1 loaded
        mark --param "by=$by" --param "overlap=$overlap"
        marked 0 unchanged
        loaded_once postgres
    done
}

# What a transaction writes early and commits late lies below the watermark by then.
test_an_overlap_finds_what_was_committed_late() {
    watermark_begin 1000
    local usual="--param mode=upsert --param overlap=10m"
    mkfifo go
    psql -Xq <go >/dev/null &
    exec 4>go
    echo "begin; insert into meter values (5000, 1, now());" >&4
    until_true eval '[ "$(sql "select count(*) from pg_stat_activity where state = '\''idle in transaction'\''")" -gt 0 ]'
    sleep 0.1
    sql "insert into meter values (5001, 2, now())"
    # shellcheck disable=SC2086
    mark $usual
    marked 1001 loaded
    echo "commit;" >&4
    exec 4>&-
    wait
    # shellcheck disable=SC2086
    mark $usual
    marked 2 loaded
    equal "$(told inserted) $(told unchanged)" "1 1" "inserted, unchanged"
    loaded_once postgres
}

test_a_killed_run_moves_neither_rows_nor_position() {
    watermark_begin 1000
    mark
    sql "insert into meter select i, 2, timestamptz '2026-02-01' + i * interval '1 second'
             from generate_series(2000, 400000) i"
    for wait in 0.1 0.3 0.5; do
        orchestra run mark.lua --quiet --log-level error & run=$!
        sleep $wait
        kill -KILL $run || true
        wait $run || true
    done
    until_true mark --wait 20s
    loaded_once postgres
    equal "$(sql "select count(distinct position) from orchestra.orchestra_run where status = 'loaded'")" 2 positions
}

test_a_row_that_no_run_could_find_ends_the_run() {
    watermark_begin 10
    sql "insert into meter values (11, 1, null), (12, 1, null)"
    refused 4 'the watermark "changed" of public.meter is null in 2 rows'
    mark --param "query=select *, coalesce(changed, '2025-01-01') as at from meter;" --param by=at
    marked 12 loaded
    sql "update meter set changed = case id when 11 then 'infinity' else now() end where id > 10"
    refused 4 'the highest watermark "changed" of public.meter is infinity' --from-start
    sql "update meter set rank = 'NaN' where id = 11; update meter set rank = 1 where rank is null"
    refused 4 'is NaN' --from-start --param by=rank --param overlap=0
    equal "$(sql "select count(*) from loaded")" 12 rows
}

test_a_position_of_something_else_is_refused() {
    watermark_begin 10
    sql "create table other as select * from meter"
    mark
    refused 4 'the position of the last run is not one of column "changed" of public.other' --param from=other
    holds run.err '"of":"public.meter","after":"2026-01-01 00:10:00+00"}'
    refused 4 'is not one of column "day"' --param by=day
    refused 4 'is not one of column "changed" of the query' --param "query=select * from meter"
    refused 4 "the last run kept a position, but no watermark is set" --param by= --param overlap=
    mark --param mode=replace --param by= --param overlap=
    marked 10 loaded
    mark --param by= --param overlap= --from-start
    mark --param by= --param overlap=
}

test_a_watermark_that_cannot_be_one_is_refused() {
    watermark_begin 10
    refused 3 "a watermark needs the option watermark_overlap" --param overlap=
    refused 3 "watermark_overlap is nothing without watermark" --param by=
    for overlap in -1s 10q 's' '1 d' '1d ago' 1.5h; do
        refused 3 "watermark_overlap \"$overlap\" is no number with or without a unit" --param "overlap=$overlap"
    done
    refused 4 'watermark_overlap "10" has no unit, and the column is one of times' --param overlap=10
    refused 4 'watermark_overlap "10m" has a unit, and the column is one of numbers' --param overlap=10m --param by=id
    refused 4 'column "name" of public.meter cannot be a watermark' --param by=name
    refused 4 'public.meter has no column "chnged" for the watermark' --param by=chnged
    refused 4 'has no column "x" of the table; drop table meter; --"' --param 'by=x" of the table; drop table meter; --'
    equal "$(sql "select count(*) from meter")" 10 rows
}
