# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# The input changes under the run, or is only part of an export.

# Held in the middle of its COPY, the run has read some of the input and not all: buffers between
# the file and the proxy hold far less.
changed_while_read() { # what the message holds, command that changes second.csv
    local said=$1 code=0
    shift
    cp whole.csv second.csv
    proxy_start hold up:200000
    through small second.csv 2>err &
    local run=$!
    until_true test -e port.hit
    eval "$*"
    : >port.go
    wait $run || code=$?
    equal $code 4 "exit code after: $*"
    holds err "$said"
    proxy_stop
    small_is before "after: $*"
}

test_an_input_that_changes_while_it_is_read_commits_nothing() {
    need python3
    need_postgres
    small_inputs 400000
    mv second.csv whole.csv
    cp first.csv second.csv
    to=postgres mode=append
    small first.csv
    small_state >before.txt
    local changed='orchestra: "second.csv" was changed while the run read it'
    changed_while_read "$changed" 'printf X | dd of=second.csv bs=1 seek=9000000 conv=notrunc'
    holds err "it has the same size but another time or place on disk"
    holds err "hint: let exports finish before the run, or write them under another name"
    changed_while_read "$changed" 'tail -n 9 first.csv >>second.csv'
    changed_while_read "$changed" 'cp first.csv new.csv; mv new.csv second.csv'
    changed_while_read 'orchestra: ' 'truncate -s 12000000 second.csv'
    changed_while_read 'orchestra: cannot read "second.csv"' 'rm second.csv'
    holds err "No such file or directory"
    equal "$(small_runs)" "failed 5 loaded 1" "runs"
    cp whole.csv second.csv
    small second.csv
    equal "$(sql "select count(*) from small")" 400400 "rows of the next run"
    small_no_trace
}

# Only part of the bytes of an export.
part_of_an_export() { # exit code, command...
    local wanted=$1
    shift
    expect "$wanted" "$@" 2>err
    holds err "$said"
    small_is before "after: $said"
    SMALL_URI=postgresql:// orchestra rejects small.lua --param "to=$to" --param "mode=$mode" \
        --param input=first.csv >rejects
}

test_an_export_that_was_cut_names_the_place_and_commits_nothing() {
    need sqlite3
    need_postgres
    small_inputs 200
    { head -n 150 second.csv; printf '"M0001\n;'; } >quoted.csv
    { head -n 150 second.csv; printf 'M0001;2025-01-0'; } >short.csv
    printf '<?xml version="1.0"?><rows><row><meter>M1</meter></row><row><meter>M' >cut.xml
    for to in files geopackage postgres; do
        mode=append
        small_clear
        small first.csv
        small_state >before.txt
        local said="a quote opened on line 151 is not closed"
        part_of_an_export 5 small quoted.csv --max-rejects 0
        holds rejects "quoted.csv line 151: "
        said="1 rejects, allowed: 0"
        part_of_an_export 5 small short.csv --max-rejects 0
        holds rejects "short.csv line 151: "
        said='cut.xml'
        part_of_an_export 4 small cut.xml
        equal "$(small_runs)" "failed 3 loaded 1" "runs of $to"
        small_no_trace
    done
}

test_a_pipe_with_a_name_is_refused_at_once() {
    small_inputs 10
    to=files mode=replace
    mkfifo second.pipe
    expect 4 timeout 10 orchestra run small.lua --param to=files --param mode=replace \
        --param input=second.pipe 2>err
    holds err '"second.pipe" is neither a file nor a folder'
    holds err 'hint: give a stream on standard input, with path = "-"'
    [ ! -e small.csv ]
}
