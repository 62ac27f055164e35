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
    until [ -e stop ]; do
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
    rm -f stop
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

# SQLite has readers and a commit wait for each other: the run waits half a minute for them.
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
