#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The whole job on dirty CSV, into CSV, GeoPackage and PostgreSQL, beside `psql \copy` of the rows
# already clean: wall, CPU, peak memory, ratios, in one run. No test depends on the figures.
#
#   bash tests/bench/main_job.sh [ROWS [ROUNDS]]      default 500000 5
set -eu
cd "$(dirname "$0")/../.."
rows=${1:-500000}
rounds=${2:-5}
folder=$(mktemp -d /tmp/orchestra-bench-XXXXXX)
chmod 711 "$folder" # the server may run as another user
trap 'bash tests/integration/postgres_server.sh stop "$folder/pg" >/dev/null 2>&1 || true; rm -rf "$folder"' EXIT
export ORCHESTRA_CONF=$folder/orchestra.conf # not what this machine has
install -m 600 /dev/null "$ORCHESTRA_CONF"

cmake --preset release >/dev/null && cmake --build --preset release -j "$(nproc)" | tail -n 1
cc -O2 -o "$folder/generate" tests/bench/generate.c
"$folder/generate" dirty "$rows" "$folder/dirty.csv"
"$folder/generate" clean "$rows" "$folder/clean.csv"
eval "$(bash tests/integration/postgres_server.sh start "$folder/pg" $$)"
export PGHOST PGPORT PGUSER PGDATABASE
BENCH_POSTMASTER=$(psql -XAtc "select pg_backend_pid()" >/dev/null; head -n 1 "$folder/pg/data/postmaster.pid")
export BENCH_POSTMASTER

# Debian's psql is a wrapper in Perl; the program itself is what is compared.
psql=$(ls /usr/lib/postgresql/*/bin/psql | tail -n 1)
columns="pdl text, name text, address text, insee text, ts timestamptz, kwh float8, quality text,
 tariff text, power_kva float8, energy text, comment text, source text, kgco2e float8"
columns=$(printf %s "$columns" | tr '\n' ' ')
fresh="$psql -Xqc 'drop table if exists public.energy' -c 'create table public.energy ($columns)' -c checkpoint"
run="build/release/bin/orchestra run tests/bench/readings.lua --quiet --log-level error --force --param input=$folder/dirty.csv"

{
    printf 'psql \\copy of clean CSV\t%s\t%s\n' "$fresh" "$psql -Xqc \"\\\\copy public.energy from '$folder/clean.csv' csv\""
    printf 'orchestra -> PostgreSQL\t%s\t%s\n' "$fresh" "$run --param to=postgres"
    printf 'orchestra -> GeoPackage\t%s\t%s\n' "rm -f $folder/out.gpkg" "$run --param to=geopackage --param output=$folder/out.gpkg"
    printf 'orchestra -> CSV\t%s\t%s\n' "rm -f $folder/out.csv*" "$run --param to=csv --param output=$folder/out.csv"
} >"$folder/jobs"

echo "$rows rows, $(wc -c <"$folder/dirty.csv") bytes, $rounds interleaved rounds"
python3 tests/bench/measure.py "$rounds" "$folder/jobs"
echo "rows in PostgreSQL: $($psql -XAtc 'select count(*) from public.energy'), clean: $("$psql" -XAtqc 'truncate public.energy' -c "\\copy public.energy from '$folder/clean.csv' csv" -c 'select count(*) from public.energy' | tail -n 1)"
