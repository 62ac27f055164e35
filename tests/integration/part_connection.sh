# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# The connection to PostgreSQL is cut, falls silent, or loses its server in the middle of a run.

sever() { # how, where
    proxy_start "$1" "$2"
    expect 6 through small second.csv 2>err
    [ -e port.hit ]
    until_true eval '[ "$(locks)" -eq 0 ]'
}

cut_in_copy() {
    small_begin
    local how
    for how in rst fin; do
        sever $how up:200000
        holds err "orchestra: cannot write into public.small"
        holds err "connection to 127.0.0.1:$(cat port) lost"
        holds err "hint: check that the server runs and can be reached"
        small_is before "cut with $how in mid-COPY"
    done
    equal "$(small_runs)" "failed 2 loaded 1" "runs of $mode"
    proxy_stop
    small_again
}

test_a_connection_cut_in_mid_copy_commits_nothing() {
    need python3
    need_postgres
    small_inputs 20000
    to=postgres
    for mode in append replace upsert; do cut_in_copy; done
}

cut_in_commit() {
    small_begin
    sever rst ask:COMMIT
    holds err "orchestra: cannot commit"
    holds err "it has not taken effect, says the ledger; run it again"
    small_is before "cut before the server hears of the COMMIT"
    equal "$(small_runs)" "failed 1 loaded 1" "runs of $mode"
    proxy_start fin told:COMMIT
    through small second.csv 2>err
    [ -e port.hit ]
    holds err "run.commit_confirmed"
    small_is after "cut after the COMMIT"
    equal "$(small_runs)" "failed 1 loaded 2" "runs of $mode"
    proxy_stop
    small second.csv --summary >out 2>&1
    holds out "test.small: unchanged"
    small_again
}

test_a_connection_cut_in_the_commit_is_found_out() {
    need python3
    need_postgres
    small_inputs 2000
    to=postgres
    for mode in append replace upsert; do cut_in_commit; done
}

# ---- silence ---------------------------------------------------------------------------------

# A proxy that stops forwarding still acknowledges packets: what bounds the wait is for the sender
# TCP's user timeout, for who waits for an answer the statement's own.
test_a_connection_that_falls_silent_ends_the_run() {
    need python3
    need_postgres
    small_inputs 2000
    small_rows more_than_buffers_hold.csv 0 160000 1
    to=postgres mode=replace
    small_begin
    proxy_start hole up:200000
    uri="postgresql://?tcp_user_timeout=1500" expect 6 through small more_than_buffers_hold.csv 2>err
    holds err "orchestra: cannot write into public.small"
    holds err "connection to 127.0.0.1:$(cat port) lost"
    proxy_stop
    small_is before "silent in mid-COPY"
    proxy_start hole ask:COMMIT
    expect 6 through small second.csv --param limit=1s 2>err
    holds err "orchestra: cannot commit at 127.0.0.1:$(cat port)"
    holds err "127.0.0.1:$(cat port) says nothing, and statement_timeout is over by 3 s"
    holds err "it may have taken effect: the next run finds out by itself from the ledger"
    proxy_stop
    until_true eval '[ "$(locks)" -eq 0 ]'
    small_is before "silent in the COMMIT"
    small_again
}

# Both ends give up on a peer that vanished, within five minutes unless the uri says otherwise.
test_both_ends_of_a_connection_ask_whether_the_other_lives() {
    need strace
    need_postgres
    cat >ask.lua <<'LUA'
local o = require "orchestra"
return o.pipeline {
    name = "test.ask",
    source = o.source.postgres { uri = "${env:ASK_URI}", query = [[select
        current_setting('tcp_keepalives_idle') as idle, current_setting('tcp_user_timeout') as wait]] },
    destination = o.destination.files { path = "ask.csv", newline = "lf" },
}
LUA
    sql "create role asker login password 'asked'"
    local ask="postgresql://asker:asked@127.0.0.1:$PGPORT/postgres"
    ASK_URI=$ask strace -f -qq -e trace=setsockopt -o calls orchestra run ask.lua --in-process
    holds calls "TCP_KEEPIDLE, [60]"
    holds calls "TCP_USER_TIMEOUT, [300000]"
    equal "$(tail -n 1 ask.csv)" "60,300000" "settings of the server"
    ASK_URI="$ask?keepalives_idle=7&tcp_user_timeout=9000" strace -f -qq -e trace=setsockopt \
        -o calls orchestra run ask.lua --in-process --force
    holds calls "TCP_KEEPIDLE, [7]"
    holds calls "TCP_USER_TIMEOUT, [9000]"
}

# ---- the server restarts ---------------------------------------------------------------------

# The run is held in the middle by the proxy until the server is down.
restarted() { # exit code, how pg_ctl stops it, where it is held, command...
    local wanted=$1 how=$2 where=$3 code=0
    shift 3
    proxy_start hold "$where"
    through "$@" 2>err &
    local run=$!
    until_true test -e port.hit
    server restart "$how"
    : >port.go
    wait $run || code=$?
    equal $code "$wanted" "exit code after a restart ($how)"
    holds err "hint: "
}

test_a_server_that_restarts_in_mid_copy_commits_nothing() {
    need python3
    need_postgres
    small_inputs 20000
    own_server
    to=postgres
    local how=fast
    for mode in append upsert; do
        small_begin
        restarted 6 $how up:200000 small second.csv
        holds err "orchestra: cannot write into public.small"
        small_is before "restarted ($how) in mid-COPY"
        equal "$(small_runs)" "failed 1 loaded 1" "runs of $mode"
        small_again
        how=immediate
    done
}

test_a_source_whose_server_restarts_ends_the_run() {
    need python3 sqlite3
    need_postgres
    own_server
    sql "create table rows as select i as meter, repeat('x', 100) as note from generate_series(1, 30000) i"
    cat >read.lua <<'LUA'
local o = require "orchestra"
return o.pipeline {
    name = "test.read",
    source = o.source.postgres { table = "rows" },
    destination = o.destination.geopackage { path = "small.gpkg", table = "small" },
    mode = "replace",
}
LUA
    orchestra run read.lua
    sql "update rows set note = 'new'"
    local how
    for how in fast immediate; do
        restarted 4 $how down:300000 orchestra run read.lua $once
        holds err "orchestra: cannot read public.rows"
        equal "$(sqlite3 small.gpkg "select count(*), sum(note = 'new') from small")" "30000|0" "rows"
    done
    equal "$(orchestra runs small.gpkg --csv | tail -n +2 | cut -d, -f4 | sort | uniq -c | tr -s ' \n' ' ')" \
        " 2 failed 1 loaded " "runs"
    orchestra run read.lua
    equal "$(sqlite3 small.gpkg "select count(*), sum(note = 'new') from small")" "30000|30000" "rows"
    equal "$(ls -A | grep small)" small.gpkg "files"
}
