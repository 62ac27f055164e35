#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every struct and constant of the public headers stands in a layout table:
# layout_complete.sh INCLUDE TABLES
set -u
include=$1
tables=$2
failed=0

# No layout: the initialiser, the attribute, and what keeps headers from being read twice.
left_out=' ORCH_ERROR_INIT ORCH_EXPORT ORCH_ARROW_H ORCH_CONNECTOR_H ORCH_ERROR_H ORCH_INPUT_H '

# Comments away, so that only what the compiler sees is looked at.
headers() {
    cat "$include/orch/arrow.h" "$include/orch/connector.h" "$include/orch/error.h" \
        "$include/orch/input.h" "$@" | sed -e 's|/\*.*\*/||' -e '/\/\*/,/\*\//d'
}

constants() { headers | grep -oE '\bORCH_[A-Z0-9_]+\b' | sort -u; }
structs() {
    headers "$include/orch/view.h" |
        sed -nE 's/^(typedef )?struct ([A-Za-z_]+) \{.*/\2/p' | sort -u
}

for name in $(constants); do
    case "$left_out" in *" $name "*) continue ;; esac
    grep -qE "\((ORCH_)?${name#ORCH_}\)" "$tables"/layout_value.c ||
        { echo "FAIL $name is in no table"; failed=1; }
done
for name in $(structs); do
    cat "$tables"/layout_abi.c "$tables"/layout_helper.c | grep -qE "STRUCT\((struct )?$name," ||
        { echo "FAIL struct $name is in no table"; failed=1; }
done
exit "$failed"
