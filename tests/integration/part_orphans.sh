# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# What a killed run leaves, the next one removes; what belongs to others it leaves alone.

# Files that look like those of the connectors and are none.
foreign_files() {
    local name
    mkdir -p others
    for name in .small.csv .small.csv.part .small.csv..part .small.csv.a.b.part .small.csv.RUN.part.bak \
        .small.csvx.20260101T000000Z-00000000.part .other.csv.20260101T000000Z-00000000.part \
        small.csv.20260101T000000Z-00000000.part small.csv.bak small.csv-journal small.csv.ledger \
        small.gpkg.bak small.gpkg-old .small.gpkg.lock orchestra-aB3xYz etilqs_0011223344556677; do
        echo "$name" >"others/$name"
    done
    cp -a others/. .
    : >".small.csv.20260101T000000Z-00000000.part" # of a run that was killed
}

foreign_files_are_there() {
    local name
    ls -A others | while read -r name; do cmp "$name" "others/$name"; done
}

killed_beside_others() {
    small_clear
    foreign_files
    small first.csv
    [ $to != files ] || [ ! -e .small.csv.20260101T000000Z-00000000.part ]
    small_begin_running big.csv
    kill -KILL $run || true
    wait $run 2>/dev/null || true
    until_true workers_gone
    small second.csv --wait 10s
    foreign_files_are_there
    rm -f .small.csv.20260101T000000Z-00000000.part
    (cd others && ls -A) >wanted
    ls -A | grep -E 'small|other\.|orchestra|etilqs' |
        grep -vxE 'small\.(lua|csv|gpkg|csv\.ledger\.sqlite)' >got
    diff wanted got
}

# A run that is under way: $run
small_begin_running() { # input
    orchestra run small.lua --param "to=$to" --param "mode=$mode" --param "input=$1" 2>run.err &
    run=$!
    until_true small_is_running
}

small_is_running() {
    case $to in
    geopackage) [ -e small.gpkg-wal ] ;;
    files) compgen -G '.small.csv.2*.part' ;;
    esac
}

test_files_of_others_beside_the_output_stay() {
    need sqlite3
    small_inputs 300
    small_rows big.csv 0 600000 1
    export SMALL_URI=postgresql://
    mode=append
    for to in files geopackage; do killed_beside_others; done
}

# A run into another file of the folder is stopped in the middle of it.
test_files_of_a_run_that_is_alive_stay() {
    small_inputs 300
    small_rows big.csv 0 600000 1
    export SMALL_URI=postgresql://
    to=files mode=append
    sed 's/test.small/test.neighbour/; s|/small.csv|/small.csv.more.csv|' small.lua >neighbour.lua
    orchestra run neighbour.lua --param to=files --param mode=replace --param input=big.csv &
    local neighbour=$!
    until_true compgen -G '.small.csv.more.csv.*'
    kill -STOP $neighbour
    small first.csv
    small second.csv
    compgen -G '.small.csv.more.csv.*.part' >/dev/null
    kill -CONT $neighbour
    wait $neighbour
    equal "$(wc -l <small.csv.more.csv)" 600001 "lines of the neighbour"
    equal "$(wc -l <small.csv)" 701 "lines"
    equal "$(ls -A | grep '^\.')" "" "files left behind"
}
