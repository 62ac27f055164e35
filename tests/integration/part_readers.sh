# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Who reads while a run writes sees the rows before or the rows after, whole.

# "rows sum" as a reader sees them, or what it is told
seen_once() {
    local query="select count(*) || ' ' || sum(kwh) from small"
    case $to in
    geopackage) sqlite3 -readonly -cmd '.timeout 5000' small.gpkg "$query" 2>&1 ;;
    postgres) PGOPTIONS='-c lock_timeout=50ms' psql -XAtqc "$query" 2>&1 ;;
    files) awk -F, 'NR > 1 { n++; s += $3 } END { printf "%d %.2f\n", n, s }' small.csv 2>&1 ;;
    esac
}

read_on() {
    local now last=""
    while [ -d "$PWD" ] && [ ! -e stop ]; do # a test that is killed takes its folder along
        now=$(seen_once)
        [ "$now" = "$last" ] || echo "$now"
        last=$now
    done
}

# One line before, one line after, and nothing else.
read_while_it_runs() {
    local before after
    small_clear
    small first.csv
    before=$(seen_once)
    rm -f stop seen
    read_on >seen &
    until_true test -s seen
    small big.csv
    until_true eval '[ "$(wc -l <seen)" -gt 1 ]'
    : >stop
    wait
    after=$(seen_once)
    [ "$before" != "$after" ]
    equal "$(cat seen)" "$before
$after" "what a reader of $to saw ($mode)"
}

test_a_reader_sees_the_rows_before_or_after_a_run() {
    need sqlite3
    need_postgres
    small_inputs 10
    small_rows big.csv 200 50000 1000
    each_small read_while_it_runs
}

# A transaction that began before the run reads the rows before after it, and holds nobody up.
test_an_open_snapshot_in_postgres_outlives_a_replacement() {
    need_postgres
    small_inputs 3000
    to=postgres mode=replace
    small_begin
    mkfifo ask
    psql -XAtq <ask >seen 2>&1 &
    exec 4>ask
    echo "begin isolation level repeatable read; select count(*), sum(kwh) from small;" >&4
    until_true test -s seen
    PGOPTIONS='-c statement_timeout=10s' small second.csv
    small_is after "beside an open snapshot"
    echo "select count(*), sum(kwh) from small; commit; select count(*) from small;" >&4
    exec 4>&-
    wait
    equal "$(uniq -c seen | awk '{ print $1 }' | tr '\n' ' ')" "2 1 " "reads before and after"
    equal "$(tail -n 1 seen)" 3000 "rows after the snapshot's end"
}

# A read without patience: what it saw goes into `seen`.
read_at_once() {
    sqlite3 -readonly small.gpkg "select printf('%d %.2f', count(*), sum(kwh)) from small" >>seen
}

still_runs() { grep -q '^State:.[^Z]' "/proc/$run/status" 2>/dev/null; }

# The load is several times the cache, and would lock the file from when that is full to the end.
# Whenever the run is held up, at most the moments in which the file changes its mode are in the way.
test_readers_of_a_geopackage_do_not_wait_for_a_load() {
    need sqlite3
    small_inputs 10
    small_rows big.csv 200 400000 1000
    to=geopackage
    for mode in replace append upsert; do
        small_clear
        small first.csv
        rm -f seen
        read_at_once
        cp seen wanted
        small_begin_running big.csv
        while still_runs; do
            kill -STOP $run 2>/dev/null || break
            until_true read_at_once
            kill -CONT $run
            sleep 0.05
        done
        wait $run
        read_at_once
        tail -n 1 seen >>wanted
        equal "$(uniq wanted | wc -l)" 2 "states"
        diff wanted <(uniq seen)
        small first.csv --force # it finds the file alone, whatever readers made of the one before
        equal "$(sqlite3 small.gpkg 'pragma journal_mode')" delete "journal mode"
        small_no_trace
    done
}

# Who keeps the file open keeps it in the mode with a log; a run that finds it alone brings it back.
test_a_reader_that_stays_keeps_the_log_of_a_geopackage() {
    need sqlite3
    small_inputs 300
    small_rows big.csv 0 400000 1
    to=geopackage mode=replace
    small first.csv
    mkfifo ask
    sqlite3 small.gpkg <ask >seen 2>&1 &
    local reader=$!
    exec 4>ask
    small_begin_running big.csv
    kill -STOP $run
    echo "select count(*) from small;" >&4
    until_true test -s seen
    kill -CONT $run
    wait $run
    echo "select count(*) from small; select count(*) from orchestra_wal;" >&4
    echo ".quit" >&4
    exec 4>&-
    wait $reader
    equal "$(tr '\n' ' ' <seen)" "400 400000 0 " "rows, and rows of the mark"
    equal "$(sqlite3 small.gpkg 'pragma journal_mode')" wal "journal mode beside a reader"
    small second.csv
    equal "$(sqlite3 small.gpkg "pragma journal_mode; select count(*) from sqlite_master
        where name = 'orchestra_wal'" | tr '\n' ' ')" "delete 0 " "journal mode and mark"
    small_no_trace
}

# A mode that somebody else has chosen is theirs.
test_a_geopackage_in_wal_mode_stays_in_it() {
    need sqlite3
    small_inputs 3000
    to=geopackage mode=append
    small first.csv
    equal "$(sqlite3 small.gpkg 'pragma journal_mode = wal')" wal "journal mode"
    small second.csv
    equal "$(sqlite3 small.gpkg 'pragma journal_mode')" wal "journal mode after a run"
    equal "$(sqlite3 small.gpkg 'select count(*) from small')" 3400 "rows"
    small_no_trace
}

# A read that is open when the run begins keeps it out of the mode with a log; then SQLite has
# readers and a commit wait for each other: the run waits half a minute for them.
test_an_open_read_of_a_geopackage_is_waited_for() {
    need sqlite3
    small_inputs 3000
    to=geopackage mode=replace
    small_begin
    mkfifo ask
    sqlite3 small.gpkg <ask >seen 2>&1 &
    exec 4>ask
    echo "begin; select count(*) from small;" >&4
    until_true test -s seen
    small second.csv &
    local run=$!
    until_true test -e small.gpkg-journal
    sleep 0.5
    echo "select count(*) from small; commit;" >&4
    wait $run
    exec 4>&-
    wait
    equal "$(uniq seen)" 400 "rows of the open read"
    small_is after "behind an open read"
    small_no_trace
}

# The worker that reads may not write beside its input: no index of a log can be made there.
test_a_geopackage_that_was_left_in_wal_mode_is_read() {
    need sqlite3
    small_inputs 3000
    to=geopackage mode=append
    small first.csv
    equal "$(sqlite3 small.gpkg 'pragma journal_mode = wal')" wal "journal mode"
    cat >copy.lua <<'LUA'
local o = require "orchestra"
return o.pipeline {
    name = "test.copy",
    source = o.source.geopackage { path = "small.gpkg", table = "small" },
    steps = { o.select { { "meter", o.column.meter }, { "kwh", o.column.kwh } } },
    destination = o.destination.files { path = "copy.csv" },
    mode = "replace",
}
LUA
    orchestra run copy.lua
    equal "$(wc -l <copy.csv)" 401 "lines"
    small_no_trace
    sqlite3 small.gpkg <<'SQL' >/dev/null
.filectrl persist_wal 1
delete from small where kwh > 50;
SQL
    orchestra run copy.lua --force
    equal "$(($(wc -l <copy.csv) - 1))" "$(sqlite3 small.gpkg 'select count(*) from small')" "rows"
}
