# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Failures that may pass: the run tries again, rows are there once, and what lasts is told at once.
# make_readings, load, state and others are those of part_disturbed.sh.

# Lines of the log that tell of another attempt.
retries() { grep -c 'run\.retry' "$1" || true; }

ledger() { # column... of all runs, in their order
    sql "select $1 from orchestra.orchestra_run order by started"
}

told_attempts() { # file: how many the summary in JSON tells
    sed -n 's/^  "attempts": \([0-9]*\),$/\1/p' "$1"
}

retried_once() {
    same_state "$(after)"
    equal "$(ledger "status")" loaded "runs in the ledger"
    [ "$(retries run.err)" -ge 1 ]
    equal "$(ledger "attempts")" "$(told_attempts run.out)" "attempts"
    equal "$(retries run.err)" "$(($(told_attempts run.out) - 1))" "retries in the log"
}

test_a_server_that_comes_up_late_is_waited_for() {
    own_server
    make_readings
    server crash
    (sleep 3; server again) &
    load --json >run.out 2>run.err
    wait
    holds run.err "cannot connect to PostgreSQL at "
    retried_once
}

restarted_during_the_copy() { # how
    own_server
    make_readings
    begin_load --json
    until_true eval '[ "$(sql "select count(*) from pg_stat_progress_copy")" -gt 0 ]'
    server "$1"
    server again
    wait $run || { cat run.err; return 1; }
    retried_once
    no_stage
}

no_stage() {
    equal "$(sql "select count(*) from pg_tables where schemaname not in
        ('pg_catalog', 'information_schema', 'orchestra') and tablename <> 'readings'")" 0 "tables"
}

test_a_server_that_crashes_in_the_middle_of_the_rows_gets_them_again() {
    restarted_during_the_copy crash
}

test_a_server_that_is_restarted_in_the_middle_of_the_rows_gets_them_again() {
    restarted_during_the_copy halt
}

test_what_lasts_is_not_tried_again() {
    need_postgres
    to=postgres
    make_readings
    local uri="postgresql://%s@127.0.0.1:$PGPORT/%s"
    sql "create role reader login password 'right'; create role reader2 login password 'right'"
    sed 's/table = "readings" }/table = "readings", uri = "${env:CITY_URI}" }/' load.lua >uri.lua
    lasts() { # user:password, database, text
        # shellcheck disable=SC2059
        CITY_URI=$(printf "$uri" "$1" "$2") expect 6 orchestra run uri.lua --param to=postgres \
            --param input=small.csv 2>run.err
        equal "$(retries run.err)" 0 "retries"
        holds run.err "$3"
    }
    lasts reader:wrong "$PGDATABASE" "password authentication failed"
    lasts reader:right nowhere "does not exist"
    sql "revoke create on schema public from public, reader"
    lasts reader:right "$PGDATABASE" "permission denied"
    load --param input=small.csv
    sql "alter table readings add constraint few check (kwh > 1000)"
    expect 6 load --retry 1m 2>run.err
    equal "$(retries run.err)" 0 "retries"
    sql "drop role reader2"
}

test_without_a_budget_nothing_is_tried_again() {
    own_server
    make_readings
    server crash
    expect 6 load --retry 0 2>run.err
    equal "$(retries run.err)" 0 "retries"
    ! grep -q attempts run.err
    expect 6 load --retry 1500ms --param input=small.csv --log-level debug 2>run.err
    equal "$(retries run.err)" 2 "retries"
    holds run.err "  3 attempts in "
}

# The second attempt cannot even start its source, while its destination starts beside it.
test_an_input_that_is_gone_by_the_next_attempt_is_told() {
    own_server
    make_readings
    for way in "" --in-process; do
        sql "drop schema if exists orchestra cascade; drop table if exists readings"
        cp big.csv input.csv
        begin_load --json --param input=input.csv $way
        until_true eval '[ "$(sql "select count(*) from pg_stat_progress_copy")" -gt 0 ]'
        server crash
        until_true grep -q 'run\.retry' run.err
        kill -STOP $run # until the server is there again, which takes longer than the pause at times
        rm input.csv
        server again
        kill -CONT $run
        expect 4 wait $run
        holds run.err "input.csv"
        equal "$(ledger "status")" failed "runs in the ledger"
    done
}

test_a_table_that_others_hold_is_tried_again() {
    need_postgres
    to=postgres
    make_readings
    load --param input=small.csv
    psql -XAtq -c "begin; lock table readings" -c "select pg_sleep(6)" -c "commit" >/dev/null &
    until_true eval '[ "$(sql "select count(*) from pg_locks where relation = '\''readings'\''::regclass
        and mode = '\''AccessExclusiveLock'\''")" -gt 0 ]'
    load --json >run.out 2>run.err
    wait
    holds run.err "run.retry"
    same_state "$(after)"
    equal "$(ledger "status")" "$(printf 'loaded\nloaded')" "runs"
}

# A reader waits ten seconds for a writer's commit by itself; then the run tries again.
somebody_sleeps() {
    [ "$(sql "select count(*) from pg_stat_activity where wait_event = 'PgSleep'")" -gt 0 ]
}

test_a_table_that_another_session_creates_meanwhile_is_used() {
    need_postgres
    to=postgres
    make_readings
    load --param input=small.csv
    sql "create table pattern (like public.readings including all); drop table public.readings"
    psql -XAtqc "begin; create table public.readings (like pattern including all);
        select pg_sleep(1.5)" -c commit >created &
    until_true somebody_sleeps
    load --force >run.out 2>run.err
    wait
    holds run.err "cannot create table public.readings"
    same_state "$(after)"
}

test_a_geopackage_that_another_program_writes_is_read_later() {
    need sqlite3
    to=geopackage
    make_readings
    load --param input=small.csv
    cat >copy.lua <<'LUA'
local o = require "orchestra"
return o.pipeline {
    name = "test.copy",
    source = o.source.geopackage { path = "city.gpkg", table = "readings" },
    destination = o.destination.files { path = "readings.csv" },
    mode = "replace",
}
LUA
    (echo "begin exclusive;"; sleep 12; echo "rollback;") | sqlite3 -cmd ".timeout 5000" city.gpkg &
    until_true eval '! sqlite3 city.gpkg "select count(*) from readings"'
    orchestra run copy.lua --json >run.out 2>run.err
    wait
    [ "$(retries run.err)" -ge 1 ]
    to=files
    equal "$(awk -F, 'NR > 1' readings.csv | wc -l)" 1000 "rows"
    # Where it is the destination, who writes it may be another run: that is what --wait is for.
    to=geopackage
    (echo "begin immediate;"; sleep 2; echo "rollback;") | sqlite3 -cmd ".timeout 5000" city.gpkg &
    until_true eval '! sqlite3 city.gpkg "begin immediate"'
    expect 7 load 2>run.err
    equal "$(retries run.err)" 0 "retries"
    load --wait 20s
    wait
    same_state "$(after)"
}

test_a_run_that_waits_to_try_again_ends_when_it_is_told_to() {
    own_server
    make_readings
    server crash
    orchestra run load.lua --param to=postgres --retry 1h >run.out 2>run.err &
    run=$!
    until_true eval '[ "$(retries run.err)" -ge 4 ]' # the next wait takes eight seconds and more
    local began=$SECONDS code=0
    kill -TERM $run
    wait $run || code=$?
    equal $code 143 "exit code"
    [ $((SECONDS - began)) -le 2 ]
    holds run.err "orchestra: interrupted; nothing was committed"
}

# ---- a commit whose answer is lost -----------------------------------------------------------

lose_answer() { # what comes of later connections: fin lets them pass, gone refuses them
    need python3
    own_server
    make_readings
    proxy_start "$1" told:COMMIT
    sed 's/table = "readings" }/table = "readings", uri = o.param("uri", "") }/' load.lua >way.lua
    uri="host=127.0.0.1 port=$(cat port) sslmode=disable gssencmode=disable"
}

way() {
    orchestra run way.lua --param to=postgres --param "uri=$uri" "$@"
}

test_rows_whose_commit_was_not_answered_are_there_once() {
    lose_answer fin
    way --json >run.out 2>run.err
    holds run.err "run.retry"
    holds run.err "run.commit_confirmed"
    holds run.out '"outcome": "loaded"'
    holds run.out "\"read\": $ROWS"
    same_state "$(after)"
    equal "$(ledger "status || ' ' || attempts")" "loaded 1" "runs" # the row of the first attempt
    way --json >run.out
    holds run.out '"outcome": "unchanged"'
}

test_rows_that_are_added_are_not_added_twice() {
    lose_answer fin
    sed -i 's/mode = keyed and "upsert" or "replace"/mode = "append"/; s/key = keyed and .*/key = nil,/' way.lua
    way --force >run.out 2>run.err
    holds run.err "run.commit_confirmed"
    same_state "$(after)"
}

test_nobody_says_that_nothing_was_committed_when_nobody_knows() {
    lose_answer gone
    expect 6 way --retry 200ms 2>run.err
    holds run.err "it may have taken effect"
    same_state "$(after)"
    equal "$(ledger status)" loaded "runs"
}

# ---- a worker that ends ----------------------------------------------------------------------

test_a_run_whose_destination_was_killed_stands_in_the_ledger() {
    need_postgres
    to=postgres
    make_readings
    load --param input=small.csv
    begin_load
    # The destination's worker is the first: it is opened before the source.
    kill -KILL "$(pgrep -P $run | head -n 1)"
    local code=0
    wait $run || code=$?
    equal $code 8 "exit code"
    equal "$(retries run.err)" 0 "retries"
    equal "$(ledger "status || ' ' || (coalesce(error, '') like 'the process of connector postgres %')")" \
        "$(printf 'loaded false\nfailed true')" "runs"
    equal "$(state)" "1000 1000250" "rows"
}
