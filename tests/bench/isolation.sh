#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What connectors in workers cost, and what their processes gain: the main job into each destination,
# a job that reads XML, and a file of 100 records, in workers and with --in-process, which has one
# thread; interleaved. Reports figures; no test depends on them.
#
#   bash tests/bench/isolation.sh [ROWS [ROUNDS]]      default 500000 7
set -eu
cd "$(dirname "$0")/../.."
rows=${1:-500000}
rounds=${2:-7}
folder=$(mktemp -d /tmp/orchestra-bench-XXXXXX)
chmod 711 "$folder" # the server may run as another user
trap 'bash tests/integration/postgres_server.sh stop "$folder/pg" >/dev/null 2>&1 || true; rm -rf "$folder"' EXIT
export ORCHESTRA_CONF=$folder/orchestra.conf # not what this machine has
install -m 600 /dev/null "$ORCHESTRA_CONF"

cmake --preset release >/dev/null && cmake --build --preset release -j "$(nproc)" | tail -n 1
cc -O2 -o "$folder/generate" tests/bench/generate.c
"$folder/generate" dirty "$rows" "$folder/large.csv"
"$folder/generate" dirty 100 "$folder/small.csv"
mkdir -p "$folder/sge"
"$folder/generate" r50 "$(((rows + 4999) / 5000))" "$folder/sge/X_R50_1.xml"
sed -e "s|tests/data/energy|$folder|; s|build/quickstart|$folder|" \
    scripts/territories/example.lua >"$folder/territory.lua"
eval "$(bash tests/integration/postgres_server.sh start "$folder/pg" $$)"
BENCH_POSTMASTER=$(head -n 1 "$folder/pg/data/postmaster.pid")
export PGHOST PGPORT PGUSER PGDATABASE BENCH_POSTMASTER
columns="pdl text, name text, address text, insee text, ts timestamptz, kwh float8, quality text, tariff text, power_kva float8, energy text, comment text, source text, kgco2e float8"
fresh="psql -Xqc 'drop table if exists public.energy' -c 'create table public.energy ($columns)' -c checkpoint"
run="build/release/bin/orchestra run"
usual="--quiet --log-level error --force"

measure() { # rounds, name, what to do before, command
    times=$1
    shift
    {
        printf '%s, one process\t%s\t%s\n' "$1" "$2" "$3 --in-process"
        printf '%s, workers\t%s\t%s\n' "$1" "$2" "$3"
    } >"$folder/jobs"
    python3 tests/bench/measure.py "$times" "$folder/jobs"
}

measure "$rounds" "XML to geopackage" "rm -f $folder/city.gpkg" \
    "$run scripts/energy/load_curve.lua $usual --territory $folder/territory.lua --param format=r50"
for size in large small; do
    [ $size = small ] && rounds=$((rounds * 5)) # it is a matter of milliseconds
    job="$run tests/bench/readings.lua $usual --max-rejects 100% --param input=$folder/$size.csv"
    measure "$rounds" "$size CSV to PostgreSQL" "$fresh" "$job --param to=postgres"
    for to in csv geopackage; do
        measure "$rounds" "$size CSV to $to" "rm -f $folder/out.*" "$job --param to=$to --param output=$folder/out.$to"
    done
done
