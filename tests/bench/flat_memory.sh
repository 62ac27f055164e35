#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Peak memory must not grow with the input: XML of 1 GB and CSV of 5 million rows beside small
# ones. Reports figures; no test depends on them.
#
#   bash tests/bench/flat_memory.sh [MIB [ROWS]]      default 1024 5000000
set -eu
cd "$(dirname "$0")/../.."
mib=${1:-1024}
rows=${2:-5000000}
folder=$(mktemp -d /tmp/orchestra-bench-XXXXXX)
trap 'rm -rf "$folder"' EXIT
export ORCHESTRA_CONF=$folder/orchestra.conf # not what this machine has
install -m 600 /dev/null "$ORCHESTRA_CONF"

cmake --preset release >/dev/null && cmake --build --preset release -j "$(nproc)" | tail -n 1
cc -O2 -o "$folder/generate" tests/bench/generate.c
mkdir -p "$folder/small/enedis" "$folder/small/sge" "$folder/large/enedis" "$folder/large/sge"
"$folder/generate" curve 50000 "$folder/small/enedis/curve.csv"
"$folder/generate" r50 10 "$folder/small/sge/X_R50_1.xml"
"$folder/generate" curve "$rows" "$folder/large/enedis/curve.csv"
"$folder/generate" r50 "$mib" "$folder/large/sge/X_R50_1.xml"

for size in small large; do
    sed -e "s|tests/data/energy|$folder/$size|; s|build/quickstart|$folder/$size|" \
        scripts/territories/example.lua >"$folder/$size.lua"
    for format in csv r50; do
        printf '%s %s\t%s\t%s\n' "$size" "$format" "rm -f $folder/$size/city.gpkg" \
            "build/release/bin/orchestra run scripts/energy/load_curve.lua --territory $folder/$size.lua --param format=$format --quiet --log-level error"
    done
done >"$folder/jobs"
ls -l "$folder"/*/*/*.csv "$folder"/*/*/*.xml | awk '{print $5, $9}'
python3 tests/bench/measure.py 1 "$folder/jobs"
