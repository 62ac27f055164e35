#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Hostile input: prints "ok fuzz NAME (N inputs)", "FAIL fuzz NAME" or "skip fuzz NAME: why".
#
#   sh tests/fuzz/run.sh                        replays every corpus under the sanitizers
#   sh tests/fuzz/run.sh --seconds N [NAME...]  fuzzes each target for N seconds (clang); what is
#                                               found lies in build/fuzz/found and belongs, under
#                                               a name that says what it was, in tests/fuzz/corpus
set -u
cd "$(dirname "$0")/../.." || exit 1
seconds=0
if [ "${1:-}" = --seconds ]; then
    seconds=${2:?--seconds needs a number}
    shift 2
fi
targets=${*:-$(ls tests/fuzz/fuzz_*.c | sed 's,.*/fuzz_\(.*\)\.c,\1,')}
jobs=$(nproc)
status=0
# As in a worker: more memory than its limit there is not, and who asks for it is told so.
export ASAN_OPTIONS=allocator_may_return_null=1:max_allocation_size_mb=1024

build() { # preset
    cmake --preset "$1" >build/fuzz.log 2>&1 && cmake --build --preset "$1" -j "$jobs" >>build/fuzz.log 2>&1
}

fail() { # name, file with the output
    echo "FAIL fuzz $1"
    grep -v '^#' "$2" | tail -n 40
    status=1
}

replay() {
    program=build/asan/fuzz/fuzz_$1
    if "$program" "tests/fuzz/corpus/$1" >build/fuzz.log 2>&1; then
        echo "ok fuzz $1 ($(tail -n 1 build/fuzz.log))"
    else
        fail "$1" build/fuzz.log
    fi
}

fuzz() {
    words=tests/fuzz/dictionary/$1.txt
    work=$(mktemp -d)
    [ -f "$words" ] && words=-dict=$words || words=
    # shellcheck disable=SC2086
    if build/fuzz/fuzz/fuzz_$1 $words -max_total_time="$seconds" -max_len=4096 -timeout=10 \
        -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="build/fuzz/found/$1-" \
        "$work" "tests/fuzz/corpus/$1" >build/fuzz.log 2>&1; then
        echo "ok fuzz $1 ($(sed -n 's/^stat::number_of_executed_units: *//p' build/fuzz.log) runs)"
    else
        fail "$1" build/fuzz.log
    fi
    rm -rf "$work"
}

mkdir -p build
if [ "$seconds" -gt 0 ]; then
    if ! command -v clang >/dev/null; then
        for name in $targets; do echo "skip fuzz $name: clang is not here"; done
        exit 0
    fi
    preset=fuzz
else
    preset=asan
fi
if ! build $preset; then
    tail -n 40 build/fuzz.log
    echo "FAIL fuzz build $preset"
    exit 1
fi
mkdir -p build/fuzz/found
for name in $targets; do
    if [ "$seconds" -gt 0 ]; then fuzz "$name"; else replay "$name"; fi
done
exit $status
