# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Disks that fill up in the middle of a run.

# Runs a function where ./full is a file system of so many KiB, which nobody else sees and which is
# gone with it.
on_a_small_disk() { # KiB, function
    local space=(unshare --mount)
    [ "$(id -u)" = 0 ] || space=(unshare --map-root-user --mount)
    mkdir -p full
    "${space[@]}" mount -t tmpfs -o size=4k none full 2>/dev/null ||
        skip "no file system of one's own can be mounted here"
    # shellcheck disable=SC2046
    export -f $(compgen -A function) && export build here root work runner once to mode
    "${space[@]}" bash -euc '
        exec 3>&2
        mount -t tmpfs -o "size=$1k,mode=0777" none full
        "$2"' small_disk "$1" "$2"
}

small_disk_state() { (cd full && small_state); }

# What was there stays whole, and the ledger says so, once a file that fills the disk is gone.
full_in_the_middle() {
    small first.csv --param folder=full
    small_disk_state >before.txt
    expect 6 small second.csv --param folder=full 2>err
    holds err 'orchestra: cannot write "full/'
    holds err "hint: free disk space, or raise the quota or file size limit; nothing was published"
    small_disk_state >now.txt
    cmp before.txt now.txt
    equal "$(ls -A full | grep -vE '^small\.(gpkg|csv|csv\.ledger\.sqlite)$' || true)" "" "files left behind"
    equal "$(small_runs --param folder=full)" "failed 1 loaded 1" "runs"
    small third.csv --param folder=full
    equal "$(small_disk_state | grep -c 5003)" 1 "rows of the next run"
}

test_a_disk_that_fills_leaves_the_output_as_it_was() {
    need sqlite3 unshare
    small_inputs 100000
    small_rows third.csv 100 1 5000
    for to in files geopackage; do
        for mode in append replace upsert; do
            [ "$to $mode" = "files upsert" ] || on_a_small_disk 1500 full_in_the_middle
        done
    done
}

# The rows fit, their rejects do not fit into the ledger.
full_with_rejects() {
    small first.csv --param folder=full
    small_disk_state >before.txt
    expect 6 small rejected.csv --param folder=full --max-rejects 100% 2>err
    holds err 'small.csv.ledger.sqlite"'
    holds err "hint: free disk space"
    small_disk_state >now.txt
    cmp before.txt now.txt
    equal "$(ls -A full | tr '\n' ' ')" "small.csv small.csv.ledger.sqlite " "files"
}

test_a_disk_that_fills_with_the_ledger_leaves_the_output_as_it_was() {
    need unshare
    small_inputs 10
    { cat first.csv; awk 'BEGIN { for (i = 0; i < 20000; i++) print "M;never;" i }'; } >rejected.csv
    to=files mode=replace
    on_a_small_disk 700 full_with_rejects
}

full_spool() {
    local code=0
    cat big.csv | TMPDIR=$PWD/full small - 2>err || code=$?
    equal $code 4 "exit code"
    holds err "orchestra: cannot write a copy of standard input in \"$PWD/full\""
    holds err "No space left on device"
    holds err "hint: "
    equal "$(ls -A full)" "" "files left behind"
    [ ! -e small.csv ]
}

test_a_disk_that_fills_with_standard_input_is_told() {
    need unshare
    small_inputs 10
    small_rows big.csv 0 50000 1
    to=files mode=replace
    on_a_small_disk 300 full_spool
}

# A table space on a disk that fills, on a server that sees it.
full_server() {
    eval "$(bash "$here/postgres_server.sh" start "$PWD/pg2" "$$")"
    trap 'bash "$here/postgres_server.sh" stop "$PWD/pg2"' EXIT
    mkdir full/space
    chown "$(stat -c %u pg2/data)" full/space
    sql "create tablespace narrow location '$PWD/full/space'"
    sql "create database narrow tablespace narrow"
    export PGDATABASE=narrow
    to=postgres
    for mode in append replace upsert; do
        small_begin
        expect 6 small big.csv 2>err
        holds err "orchestra: cannot write into public.small"
        holds err "No space left on device"
        holds err "hint: Check free disk space."
        small_is before "on a full disk"
        equal "$(small_runs)" "failed 1 loaded 1" "runs of $mode"
        sql "vacuum"
        small_again
    done
}

test_a_server_whose_disk_fills_keeps_its_rows() {
    need unshare
    command -v psql >/dev/null || skip "no PostgreSQL server"
    small_inputs 2000
    small_rows big.csv 0 320000 1
    on_a_small_disk 18000 full_server
}
