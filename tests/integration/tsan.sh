#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Whole runs under the thread sanitizer, in one process, where reader, middle and writer share queues,
# books and the ledger, and with workers. Builds the preset tsan as far as these runs need it; prints "ok tsan NAME" or
# "FAIL tsan NAME" with the report.
set -u
cd "$(dirname "$0")/../.." || exit 1
work=$(mktemp -d /tmp/orchestra-tsan-XXXXXX)
trap 'rm -rf "$work"' EXIT
mkdir -p build
status=0

if ! { cmake --preset tsan && cmake --build --preset tsan -j "$(nproc)" \
    --target orchestra csv xml files geopackage; } >build/tsan.log 2>&1; then
    tail -n 40 build/tsan.log
    echo "FAIL tsan build"
    exit 1
fi
cc -O1 -o "$work/generate" tests/bench/generate.c && "$work/generate" dirty 20000 "$work/dirty.csv" || {
    echo "FAIL tsan input"
    exit 1
}

export TSAN_OPTIONS="halt_on_error=0 exitcode=66 second_deadlock_stack=1"
unset ORCHESTRA_TERRITORY ORCHESTRA_CONNECTORS
export ORCHESTRA_CONF="$work/orchestra.conf" # not what the operator of this machine takes away
install -m 600 /dev/null "$ORCHESTRA_CONF" || exit 1

run() { # name, what follows "orchestra run"
    name=$1
    shift
    if build/tsan/bin/orchestra run --force "$@" >"$work/out" 2>&1; then
        echo "ok tsan $name"
    else
        echo "FAIL tsan $name"
        head -n 120 "$work/out"
        status=1
    fi
}

load_curve() { # name, more
    name=$1
    shift
    run "$name" scripts/energy/load_curve.lua --territory scripts/territories/example.lua \
        --param geopackage="$work/city.gpkg" "$@"
}

readings() { # name, more
    name=$1
    shift
    run "$name" tests/bench/readings.lua --param input="$work/dirty.csv" \
        --param output="$work/out.csv" "$@"
}

load_curve "csv to geopackage" --in-process
load_curve "xml to geopackage" --in-process --param format=r50
readings "csv to files" --in-process
readings "csv to files, with a limit" --in-process --limit 5000
readings "csv to files, with workers"
exit $status
