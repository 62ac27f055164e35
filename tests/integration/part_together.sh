# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Several hosts that start the same pipeline at the same moment.

# Each of four has a file of its own: "code CODE" and what it said.
four_at_once() { # arguments
    local i
    rm -f start four.*
    for i in 1 2 3 4; do
        (
            until [ -e start ]; do :; done
            code=0
            small "part$i.csv" --force "$@" 2>"four.$i.err" || code=$?
            echo "$code" >"four.$i.code"
        ) &
    done
    : >start
    wait
}


held_rows() { # as they stand in the input
    case $to in
    geopackage) sqlite3 -cmd '.timeout 5000' -separator ';' small.gpkg "select meter, substr(at, 1, 19) || 'Z', kwh from small" ;;
    postgres) psql -XAtqF ';' -c "select meter, to_char(at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), kwh from small" ;;
    files) tail -n +2 small.csv | tr ',' ';' | tr -d '\r' ;;
    esac | sort
}

# With --wait all load, one after the other; without, one loads and whoever meets it is told.
together() {
    local i loaded=""
    small_clear
    four_at_once
    for i in 1 2 3 4; do
        case $(cat "four.$i.code") in
        0) loaded="$loaded $i" ;;
        7) holds "four.$i.err" "hint: wait for the other run with --wait 10m" ;;
        *) cat "four.$i.err" && return 1 ;;
        esac
    done
    [ -n "$loaded" ]
    check_held "$loaded" "without --wait"
    small_clear
    four_at_once --wait 50s
    equal "$(cat four.*.code | tr -d '\n')" 0000 "exit codes of $to $mode with --wait"
    check_held "1 2 3 4" "with --wait"
    small_no_trace
}

# Appended or merged: the rows of all who loaded; replaced: those of one of them.
check_held() { # numbers of the parts that were loaded, what
    local i n
    n=$(echo "$1" | wc -w)
    equal "$(small_runs)" "loaded $n" "runs of $to $mode $2"
    held_rows >held
    if [ $mode != replace ]; then
        for i in $1; do tail -n +2 "part$i.csv"; done | sort >wanted
        cmp held wanted
        return
    fi
    for i in $1; do
        tail -n +2 "part$i.csv" | sort | cmp -s held - && return 0
    done
    echo "$to $mode $2: rows of no one part"
    return 1
}

test_four_runs_at_once_take_turns_or_are_told() {
    need sqlite3
    need_postgres
    small_inputs 1
    local i
    for i in 1 2 3 4; do small_rows "part$i.csv" $((i * 100000)) 3000 $((i * 1000)); done
    each_small together
}
