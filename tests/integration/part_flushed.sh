# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# What reaches the disk, and in which order: a run that is told as loaded survives a power failure,
# and one that is killed at any of these calls is found out.

FLUSHES=fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat

# "fsync .small.csv.RUN.part": the calls of a run with the names of what they are about
flushed_by() { # arguments of small
    strace -f -y -qq -e "trace=$FLUSHES" -e signal=none -o calls bash -c '
        small "$@"' flushed "$@"
    sed -E -n 's/^[0-9]+ +//; s/\(([0-9]+<|")/ /; s/^fdatasync/fsync/
        s|^([a-z]+) ([^>"]*/)?([^>"/]*)[>"].*|\1 \3|p' calls |
        sed -E "s/$RUN_NAME/RUN/; s/ $(basename "$PWD")\$/ FOLDER/" | uniq
}
RUN_NAME='[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}'

small_for_strace() {
    need strace
    strace -f -o /dev/null true 2>/dev/null || skip "no process may be traced here"
    export -f small
    export to mode once
}

sqlite_commit() { # file
    printf '%s\n' "fsync $1-journal" "fsync FOLDER" "fsync $1-journal" "fsync $1" "unlink $1-journal" \
        "fsync FOLDER"
}

# The rows, the ledger's commit with the mark, the file's new name, the end of the mark: each of them
# on disk before the next begins.
test_a_file_is_on_disk_before_it_gets_its_name() {
    small_for_strace
    small_inputs 300
    to=files
    for mode in append replace; do
        small first.csv --force
        flushed_by second.csv --force >got
        {
            printf 'fsync .small.csv.RUN.part\nfsync FOLDER\n'
            sqlite_commit small.csv.ledger.sqlite
            printf 'rename .small.csv.RUN.part\nfsync FOLDER\n'
            sqlite_commit small.csv.ledger.sqlite
        } >wanted
        diff wanted got
    done
}

# Into the mode with a log and its mark, both written; the rows in the log: from here on they are
# loaded; the log in the file; out of the mode, and the mark gone.
geopackage_commit() { # file
    sqlite_commit "$1"
    printf '%s\n' "fsync $1-wal" "fsync FOLDER" "fsync $1-wal" "fsync $1"
    printf '%s\n' "fsync $1-wal" "fsync $1"
    printf '%s\n' "unlink $1-shm" "unlink $1-wal"
    sqlite_commit "$1"
    printf '%s\n' "unlink $1-wal" "unlink $1-shm"
    sqlite_commit "$1"
}

test_a_geopackage_is_on_disk_before_its_log_goes() {
    need sqlite3
    small_for_strace
    small_inputs 300
    to=geopackage
    for mode in append replace upsert; do
        small first.csv --force
        flushed_by second.csv --force >got
        geopackage_commit small.gpkg >wanted
        diff wanted got
    done
}

# The host, with the destination in its process, is struck at its Nth call: its exit code is in $code.
struck_at_call() { # "signal=KILL" or "error=EIO", call, N; false: it made no Nth
    code=0
    { strace -f -qq -o calls -e "trace=$2" -e "inject=$2:$1:when=$3" bash -c '
        exec orchestra run small.lua $once --in-process --param "to=$to" --param "mode=$mode" \
            --param input=second.csv'; } 2>struck.err || code=$? # the shell tells of a kill
    [ $code -gt 128 ] || grep -q INJECTED calls
}

# What is there, and what was said of it.
struck_and_told() {
    small_state >now.txt
    if cmp -s now.txt before.txt; then
        [ $code -ne 0 ]
    else
        cmp now.txt after.txt
        [ $code -eq 0 ] || [ $code -gt 128 ] ||
            grep -Eq 'may have taken effect|the rows are in place|the rows wait in' struck.err
    fi
}

struck_at_every_call() { # "signal=KILL" or "error=EIO"
    local call n code struck=0
    small_begin
    mkdir kept
    cp small.* kept
    for call in ${FLUSHES//,/ }; do
        for ((n = 1; ; n++)); do
            struck_at_call "$1" "$call" $n || break
            struck=$((struck + 1))
            struck_and_told || { echo "$to $mode, $1 at $call $n, code $code" && return 1; }
            small second.csv
            small_is after "$1 at $call $n, and run again"
            small_runs | grep -Eqx "(failed 1 )?loaded 2"
            small_no_trace
            rm small.gpkg small.csv* 2>/dev/null || true
            cp kept/* .
        done
        rm -f small.gpkg small.csv*
        cp kept/* .
    done
    rm -r kept
    [ $struck -ge 6 ]
}

test_a_run_killed_at_any_call_that_flushes_is_found_out() {
    struck_everywhere signal=KILL
}

test_a_disk_that_fails_at_any_call_that_flushes_is_told() {
    struck_everywhere error=EIO
}

struck_everywhere() { # "signal=KILL" or "error=EIO"
    need sqlite3
    small_for_strace
    small_inputs 300
    export SMALL_URI=postgresql://
    for to in files geopackage; do
        mode=append
        struck_at_every_call "$1"
    done
}
