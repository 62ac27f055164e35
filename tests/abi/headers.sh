#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each public header compiles alone, twice in a row, as C17 and as C++17, without a warning; the
# structs of the ABI have no hidden holes: headers.sh INCLUDE
set -u
include=$1
warnings="-Wall -Wextra -Wpedantic -Wshadow -Werror"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
tried=0
failed=0

# compiler, language, standard, name of the header, more flags
compile() {
    compiler=$1 language=$2 standard=$3 header=$4
    shift 4
    # shellcheck disable=SC2086 # warnings are words
    if ! "$compiler" -x "$language" -std="$standard" $warnings "$@" -I"$include" -fsyntax-only \
        "$work/$header.c" 2>"$work/errors"; then
        echo "FAIL $header as $standard with $compiler $*"
        head -n 10 "$work/errors"
        failed=1
    fi
}

for path in "$include"/orch/*.h; do
    header=$(basename "$path")
    printf '#include "orch/%s"\n#include "orch/%s"\n' "$header" "$header" >"$work/$header.c"
done
for compiler in gcc clang; do
    command -v "$compiler" >/dev/null || continue
    tried=1
    for path in "$include"/orch/*.h; do
        compile "$compiler" c c17 "$(basename "$path")" -Wstrict-prototypes
    done
    for header in arrow.h connector.h input.h; do
        compile "$compiler" c c17 "$header" -Wpadded
    done
done
for compiler in g++ clang++; do
    command -v "$compiler" >/dev/null || continue
    tried=1
    for path in "$include"/orch/*.h; do
        compile "$compiler" c++ c++17 "$(basename "$path")"
    done
done
[ "$tried" -eq 1 ] || { echo "skip headers: no compiler found"; exit 77; }
exit "$failed"
