#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docs/sdk.md names every slot, member and status that a connector author meets: sdk_doc.sh ROOT
set -u
page=$1/docs/sdk.md
golden=$1/tests/abi/layout.golden
failed=0

lacks() {
    echo "FAIL docs/sdk.md does not name $1"
    failed=1
}

members() {
    sed -nE 's/^member orch_(plugin|connector|source_ops|destination_ops|host|input|option)\.([a-z_0-9]+) .*/\2/p' \
        "$golden" | grep -v '^reserved' | sort -u
}

# Statuses, types, flags, capabilities, needs, levels and modes; reserved modes are no promise yet.
constants() {
    sed -nE 's/^(value|text) (ORCH_(OK|END|E[A-Z]+|OPT_[A-Z_]+|CAP_[A-Z]+|NEEDS_[A-Z_]+|THREADS_[A-Z_]+|WRITE_[A-Z_]+|INPUT_[A-Z]+|ROLE_[A-Z]+|FORMAT_[A-Z0-9]+)) .*/\2/p' \
        "$golden" | grep -vE '^ORCH_(WRITE_(REPLACE_PARTITION|HISTORY)|FORMAT_STRUCT)$'
}

for name in $(members) $(constants); do
    grep -qE "(\`|[ .])$name(\`|\(|[ ,;:])" "$page" || lacks "$name"
done
exit "$failed"
