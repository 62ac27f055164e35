# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Clocks that are set back, between runs and in the middle of one.

outcome() { # "loaded", "unchanged": of a run
    small "$@" --json 2>/dev/null | sed -n 's/^  "outcome": "\(.*\)",$/\1/p'
}

# The newest run is told by its number, the comparison with the last run's inputs goes by it.
set_back_between() {
    small_clear
    ORCHESTRA_NOW=2026-06-01T02:00:00Z small first.csv
    ORCHESTRA_NOW=2026-05-01T02:00:00Z small second.csv
    equal "$(small_runs_shown run)" "20260501T020000Z 20260601T020000Z " "runs of $to $mode"
    equal "$(ORCHESTRA_NOW=2026-04-01T02:00:00Z outcome second.csv)" unchanged "the same inputs"
    equal "$(ORCHESTRA_NOW=2026-04-01T02:00:00Z outcome first.csv)" loaded "other inputs"
    equal "$(ORCHESTRA_NOW=2026-05-01T02:00:00Z outcome second.csv)" loaded "other inputs again"
    equal "$(ORCHESTRA_NOW=2026-03-01T02:00:00Z outcome bad.csv)" "failed" "a bad input"
    equal "$(small_runs_shown sequence)" "5 4 3 2 1 " "numbers of runs of $to $mode"
    equal "$(small_runs_shown run | tr ' ' '\n' | uniq -d)" "" "runs with one name"
    SMALL_URI=postgresql:// orchestra rejects small.lua --param "to=$to" --param "mode=$mode" \
        --param input=first.csv >rejects
    holds rejects "run 20260301T020000Z"
}

small_runs_as_json() {
    SMALL_URI=postgresql:// orchestra runs small.lua --param "to=$to" --param "mode=$mode" \
        --param input=first.csv --json
}

# "20260501T020000Z 20260601T020000Z ", "2 1 ": a column of the runs, without what is random
small_runs_shown() { # column
    small_runs_as_json |
        sed -n "s/^ *\"$1\": \"\{0,1\}\([0-9TZ]*\)[-0-9a-f]*\"\{0,1\},\{0,1\}\$/\1/p" | tr '\n' ' '
}

test_a_clock_set_back_between_runs_changes_nothing() {
    need sqlite3
    need_postgres
    small_inputs 600
    sed 's/;[0-9.]*$/;bad/; 1s/;bad/;kwh/' first.csv >bad.csv
    for to in files geopackage postgres; do
        mode=replace
        set_back_between
    done
}

# Every time the host asks, it is an hour earlier: the run ends long before it began.
set_back_in_the_middle() {
    small_begin
    LD_PRELOAD=$PWD/clock_back.so small second.csv --json >result 2>err
    equal "$(cat err)" "" "what is said"
    small_is after "with a clock that goes back"
    holds result '"outcome": "loaded"'
    equal "$(grep -E '_(ms|us|s)": -' result || true)" "" "times below zero"
    small_runs_as_json >runs
    equal "$(grep -E '_ms": -' runs || true)" "" "times below zero in the ledger"
    grep -q '"wall_ms": [0-9]' runs
    [[ $(sed -n 's/^ *"finished": //p' runs | head -n 1) < $(sed -n 's/^ *"started": //p' runs | head -n 1) ]]
    equal "$(LD_PRELOAD=$PWD/clock_back.so outcome second.csv)" unchanged "the next run"
    equal "$(small_runs)" "loaded 2" "runs of $to $mode"
}

test_a_clock_set_back_in_the_middle_of_a_run_changes_nothing() {
    need sqlite3 gcc
    need_postgres
    small_inputs 3000
    gcc -shared -fPIC -o clock_back.so "$here/clock_back.c"
    for to in files geopackage postgres; do
        mode=append
        set_back_in_the_middle
    done
}
