# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Runs that are stopped, killed, or meet each other: the destination shows the state before or the
# state after, nothing between, and the next run needs no help.

ROWS=600000

# big.csv holds what small.csv holds, with other values: a finished run has changed all of it.
make_readings() {
    awk -v n=$ROWS 'BEGIN {
        print "meter;at;kwh"
        for (i = 0; i < n; i++)
            printf "M%06d;2025-%02d-%02dT%02d:00:00Z;%d.5\n", i % 1000, 1 + int(i / 28000) % 12,
                1 + int(i / 1000) % 28, int(i / 336000) % 24, i % 97
    }' >big.csv
    head -n 1001 big.csv | sed 's/[0-9.]*$/1000.25/; 1s/.*/meter;at;kwh/' >small.csv
    cat >load.lua <<'LUA'
local o = require "orchestra"
local col = o.column
local destinations = {
    geopackage = o.destination.geopackage { path = "city.gpkg", table = "readings" },
    postgres = o.destination.postgres { table = "readings" },
    files = o.destination.files { path = "readings.csv" },
}
local to = o.param("to")
local keyed = to ~= "files"
return o.pipeline {
    name = "test.readings",
    source = o.source.csv { path = o.param("input", "big.csv"), delimiter = ";" },
    steps = { o.select {
        { "meter", col.meter },
        { "at", col.at:timestamp() },
        { "kwh", col.kwh:number() },
    } },
    destination = destinations[to],
    mode = keyed and "upsert" or "replace",
    key = keyed and { "meter", "at" } or nil,
}
LUA
}

load() { orchestra run load.lua --param "to=$to" "$@"; }

begin_load() {
    # No function here: the signals must reach the program, not a shell around it.
    orchestra run load.lua --param "to=$to" "$@" >run.out 2>run.err &
    run=$!
    until_true has_begun
}

has_begun() {
    case $to in
    geopackage) [ -e city.gpkg-journal ] || [ -e city.gpkg-wal ] ;;
    postgres) [ "$(locks)" -gt 0 ] ;;
    files) compgen -G '.readings.csv.*' ;;
    esac
}

locks() { sql "select count(*) from pg_locks where locktype = 'advisory' and granted"; }

# "rows sum", or "none" without a table
state() {
    local query="select count(*), sum(kwh) from readings"
    case $to in
    geopackage) sqlite3 -separator ' ' city.gpkg "$query" 2>/dev/null || echo none ;;
    postgres) psql -XAtq -F ' ' -c "$query" 2>/dev/null || echo none ;;
    files)
        if [ -e readings.csv ]; then
            awk -F, 'NR > 1 { n++; s += $3 } END { print n, s }' readings.csv
        else
            echo none
        fi
        ;;
    esac
}

# Workers of a host that was killed follow it at once, but not in no time.
workers_gone() {
    local pid
    for pid in $(pgrep -f -- '--worker'); do
        [ "$(readlink "/proc/$pid/cwd")" != "$PWD" ] || return 1
    done
}

settled() {
    until_true workers_gone
    [ "$to" != postgres ] || until_true eval '[ "$(locks)" -eq 0 ]'
}

# Runs until `signal` at some moments; the state must stay `before`.
disturb() { # signal, code, state before, arguments
    local signal=$1 wanted=$2 before=$3 delay code hit=0
    shift 3
    for delay in 0 0.15 0.4; do
        begin_load --force "$@"
        sleep $delay
        kill -"$signal" $run 2>/dev/null || true
        code=0
        wait $run || code=$?
        if [ $code -eq 0 ]; then # it was quicker: undo what it did
            restore "$before"
            continue
        fi
        hit=$((hit + 1))
        equal $code "$wanted" "exit code of $to after SIG$signal"
        settled
        # A kill may come between the commit and the end of the process: then all of it is there.
        if [ "$signal" = KILL ] && [ "$(state)" != "$before" ]; then
            same_state "$(after)"
            restore "$before"
            continue
        fi
        equal "$(state)" "$before" "rows of $to after SIG$signal and $delay s"
        [ "$signal" = KILL ] || no_trace
        [ "$signal" = KILL ] || equal "$(cat run.err)" "orchestra: interrupted; nothing was committed" "message"
    done
    [ $hit -gt 0 ]
}

restore() { # state
    case $to in
    geopackage) rm -f city.gpkg ;;
    postgres) sql "set client_min_messages = error; drop table if exists readings;
        drop schema if exists orchestra cascade" ;;
    files) rm -f readings.csv* ;;
    esac
    [ "$1" = none ] || load --param input=small.csv --force
}

# No file but those that belong there, no table of a stage.
no_trace() {
    local odd
    odd=$(find . -type f | grep -vE '^\./(big|small|readings)\.csv$|^\./load\.lua$|^\./run\.(out|err)$|^\./city\.gpkg$|^\./readings\.csv\.ledger\.sqlite$' || true)
    equal "$odd" "" "files left behind"
    [ "$to" != postgres ] || equal "$(sql "select count(*) from pg_tables
        where schemaname not in ('pg_catalog', 'information_schema', 'orchestra')
        and tablename <> 'readings'")" 0 "tables left behind"
    [ "$to" != geopackage ] || [ ! -e city.gpkg ] || equal "$(sqlite3 city.gpkg "select count(*) from
        sqlite_master where type = 'table' and name not like 'gpkg\_%' escape '\'
        and name not like 'orchestra\_%' escape '\' and name not in ('readings', 'sqlite_sequence')")" \
        0 "tables left behind"
}

after() { # the state of a finished run
    awk -F';' 'NR > 1 { n++; s += $3 } END { printf "%d %.1f\n", n, s }' big.csv
}

# A number however it is printed: 29099952.0, 2.91e+07
same_state() {
    equal "$(state | awk '{ printf "%d %.1f\n", $1, $2 }')" "$1" "rows of $to"
}

stopped_by() { # signal, exit code
    make_readings
    disturb "$1" "$2" none
    load --param input=small.csv
    equal "$(state | awk '{ printf "%d %.1f\n", $1, $2 }')" "1000 1000250.0" "old rows"
    disturb "$1" "$2" "$(state)"
    load --wait 20s
    same_state "$(after)"
    settled
    no_trace
}

test_interrupted_runs_leave_the_geopackage_as_it_was() {
    need sqlite3
    to=geopackage
    stopped_by INT 130
}

test_terminated_runs_leave_the_geopackage_as_it_was() {
    need sqlite3
    to=geopackage
    stopped_by TERM 143
}

test_killed_runs_leave_the_geopackage_as_it_was() {
    need sqlite3
    to=geopackage
    stopped_by KILL 137
}

test_interrupted_runs_leave_postgres_as_it_was() {
    need_postgres
    to=postgres
    stopped_by INT 130
}

test_killed_runs_leave_postgres_as_it_was() {
    need_postgres
    to=postgres
    stopped_by KILL 137
}

test_interrupted_runs_leave_the_file_as_it_was() {
    to=files
    stopped_by TERM 143
}

test_killed_runs_leave_the_file_as_it_was() {
    to=files
    stopped_by KILL 137
}

# ---- two runs at once ------------------------------------------------------------------------

two_at_once() {
    make_readings
    load --param input=small.csv
    begin_load
    kill -STOP $run
    expect 7 load --param input=small.csv --force 2>second.err
    holds second.err "hint: wait for the other run with --wait 10m"
    orchestra run load.lua --param "to=$to" --param input=small.csv --force --wait 50s &
    local waiting=$!
    sleep 0.5
    kill -CONT $run
    wait $run
    wait $waiting
    equal "$(orchestra runs load.lua --param "to=$to" --csv | tail -n +2 | cut -d, -f4 | sort | uniq -c | tr -s ' ')" \
        " 3 loaded" "runs"
}

test_two_runs_into_one_geopackage_take_turns() {
    need sqlite3
    to=geopackage
    two_at_once
}

test_two_runs_of_one_pipeline_in_postgres_take_turns() {
    need_postgres
    to=postgres
    two_at_once
}

test_two_runs_into_one_file_take_turns() {
    to=files
    two_at_once
}

test_other_pipelines_do_not_wait_in_postgres() {
    need_postgres
    to=postgres
    make_readings
    sed 's/test.readings/test.other/; s/table = "readings" }/table = "other" }/' load.lua >other.lua
    begin_load
    kill -STOP $run
    orchestra run other.lua --param to=postgres --param input=small.csv
    kill -CONT $run
    wait $run
    equal "$(sql "select count(*) from other")" 1000 "rows"
}

# ---- the server ------------------------------------------------------------------------------

test_a_server_that_stops_in_the_middle_is_told() {
    own_server
    make_readings
    load --param input=small.csv
    begin_load --retry 0
    server crash
    local code=0
    wait $run || code=$?
    equal $code 6 "exit code"
    holds run.err "orchestra: cannot write into public.readings"
    holds run.err "connection to $work/own:"
    holds run.err " lost"
    holds run.err "hint: "
    server again
    equal "$(state)" "1000 1000250" "rows after the crash"
    load
    same_state "$(after)"
}

test_a_server_that_refuses_is_told_without_the_password() {
    need_postgres
    local from="postgresql://%s@127.0.0.1:$PGPORT/%s"
    sql "create role loader login password 'sword/fish'"
    printf 'a;b\n1;2\n' >a.csv
    cat >load.lua <<'LUA'
local o = require "orchestra"
return o.pipeline {
    name = "test.refused",
    source = o.source.csv { path = "a.csv", delimiter = ";" },
    destination = o.destination.postgres { uri = "${env:CITY_URI}", table = "a" },
}
LUA
    refused() { # user:password, database, what the message holds...
        # shellcheck disable=SC2059
        CITY_URI=$(printf "$from" "$1" "$2") expect 6 orchestra run load.lua --log-level debug \
            --json >out 2>err || { cat err; return 1; }
        ! grep -Eiq 'fish|%2F' out err
        shift 2
        while [ $# -gt 0 ]; do
            holds err "$1"
            shift
        done
    }
    refused 'loader:cat%2Ffish' postgres "127.0.0.1:$PGPORT" "password" "hint: "
    refused 'nobody:sword%2Ffish' postgres "nobody" "hint: "
    refused 'loader:sword%2Ffish' nowhere "nowhere" "hint: "
    sql "revoke all on schema public from public; revoke create on database $PGDATABASE from public"
    refused 'loader:sword%2Ffish' "$PGDATABASE" "hint: "
    sql "grant create on database $PGDATABASE to loader; grant all on schema public to loader"
    # shellcheck disable=SC2059
    CITY_URI=$(printf "$from" 'loader:sword%2Ffish' "$PGDATABASE") orchestra run load.lua
    equal "$(sql "select a, b from a")" "1|2" "rows"
}
