#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What connectors in workers cost: the job of main_job.sh and a file of 100 records, in workers and
# with --in-process, interleaved. Reports figures; no test depends on them.
#
#   bash tests/bench/isolation.sh [ROWS [ROUNDS]]      default 500000 7
set -eu
cd "$(dirname "$0")/../.."
rows=${1:-500000}
rounds=${2:-7}
folder=$(mktemp -d /tmp/orchestra-bench-XXXXXX)
trap 'rm -rf "$folder"' EXIT

cmake --preset release >/dev/null && cmake --build --preset release -j "$(nproc)" | tail -n 1
cc -O2 -o "$folder/generate" tests/bench/generate.c
"$folder/generate" dirty "$rows" "$folder/large.csv"
"$folder/generate" dirty 100 "$folder/small.csv"

for size in large small; do
    for to in csv geopackage; do
        for way in --in-process ""; do
            printf '%s to %s%s\t%s\t%s\n' "$size" "$to" "${way:- in workers}" "rm -f $folder/out.*" \
                "build/release/bin/orchestra run tests/bench/readings.lua --quiet --log-level error --force $way --max-rejects 100% --param to=$to --param input=$folder/$size.csv --param output=$folder/out.$to"
        done
    done
done >"$folder/jobs"
for size in large small; do
    for to in csv geopackage; do
        grep "^$size to $to" "$folder/jobs" >"$folder/some"
        python3 tests/bench/measure.py "$rounds" "$folder/some"
    done
done
