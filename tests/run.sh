#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what the tests need, builds, runs all tests; closes with "N passed, N failed".
#
#   sh tests/run.sh          everything that CI runs
#   sh tests/run.sh --full   more: tsan (runs under the thread sanitizer), fault (every allocation
#                            of a process fails once), fuzzing (60 seconds each target), crashes
#                            (1000 kills)
#   sh tests/run.sh NAME...  only these parts: lint unit clang install cases inputs integration
#                            crash fuzz, and those of --full
set -u
cd "$(dirname "$0")/.." || exit 1

usual="lint unit clang install cases inputs integration crash fuzz"
[ "${1:-}" = --full ] && set -- $usual tsan fault fuzzing crashes
parts="${*:-$usual}"
jobs=$(nproc)
passed=0
failed=0
skipped=0
logs=build/test-logs
mkdir -p "$logs"

# Two runs would build into the same folders and write the same logs. What a run starts holds the
# lock as well: of a run that was killed its tests may still be there.
exec 9>build/test.lock
if ! flock -n 9; then
    echo "tests/run.sh: another run of the tests is at work in $PWD/build:" >&2
    for fd in /proc/[0-9]*/fd/*; do
        [ "$(readlink "$fd" 2>/dev/null)" = "$PWD/build/test.lock" ] || continue
        pid=${fd#/proc/}
        pid=${pid%%/*}
        [ "$pid" = $$ ] || echo "  process $pid: $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null)" >&2
    done
    echo "  hint: wait until it ends, or end these processes, or work in a clone of your own" >&2
    exit 1
fi

wanted() {
    case " $parts " in *" $1 "*) return 0 ;; *) return 1 ;; esac
}

# Each part prints lines "ok NAME", "FAIL NAME" and "skip NAME: why"; only these are counted.
part() {
    wanted "$1" || return 0
    echo "== $1"
    name=$1
    shift
    "$@" >"$logs/$name.log" 2>&1
    status=$?
    ok=$(grep -c '^ok ' "$logs/$name.log")
    bad=$(grep -c '^FAIL ' "$logs/$name.log")
    left=$(grep -c '^skip ' "$logs/$name.log")
    # A part that fails without naming a test, or names none at all, is a failure itself.
    if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
    if [ "$ok" -eq 0 ] && [ "$bad" -eq 0 ] && [ "$left" -eq 0 ]; then bad=1; fi
    [ "$bad" -gt 0 ] && { grep -vE '^(ok|skip) ' "$logs/$name.log" | tail -n 60; }
    grep '^skip ' "$logs/$name.log"
    echo "   $ok passed, $bad failed, $left skipped"
    passed=$((passed + ok))
    failed=$((failed + bad))
    skipped=$((skipped + left))
}

build() {
    cmake --preset "$1" -DORCHESTRA_TESTS=ON >"$logs/build-$1.log" 2>&1 &&
        cmake --build --preset "$1" -j "$jobs" >>"$logs/build-$1.log" 2>&1 && return 0
    tail -n 40 "$logs/build-$1.log"
    echo "FAIL build $1"
    return 1
}

# ctest names each program; its own output is kept for those that fail.
unit() {
    build asan || return 1
    ctest --test-dir build/asan --output-on-failure -j "$jobs" |
        sed -n -e 's/^ *[0-9]*\/[0-9]* Test *#[0-9]*: \([^ ]*\) \.*.* Passed .*/ok \1/p' \
            -e 's/^ *[0-9]*\/[0-9]* Test *#[0-9]*: \([^ ]*\) \.*.*Skipped.*/skip \1: says why in its output/p' \
            -e 's/^ *[0-9]*\/[0-9]* Test *#[0-9]*: \([^ ]*\) \.*.*\*\*\*.*/FAIL \1/p' \
            -e '/^\[  FAILED/p' -e '/ERROR: /p' -e '/^.*Error: /p' -e '/runtime error/p'
}

clang() {
    build clang && echo "ok build with clang"
}

# Without a sanitizer the program's malloc is that of connectors and libraries too.
fault() {
    build clang && build/clang/tests/fault/fault_run --every
}

sh scripts/packages.sh install run build test || exit 1
build release || failed=$((failed + 1))

part lint sh tests/lint/run.sh
part unit unit
part clang clang
part install sh tests/integration/install.sh build/release
part cases python3 tests/cases/run.py build/release
part inputs python3 tests/inputs/run.py build/release
part integration bash tests/integration/run.sh build/release
part crash python3 tests/crash/run.py build/release --kills 100
part fuzz sh tests/fuzz/run.sh
part tsan sh tests/integration/tsan.sh
part fault fault
part fuzzing sh tests/fuzz/run.sh --seconds 60
part crashes python3 tests/crash/run.py build/release --kills 1000 --seed 2

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
