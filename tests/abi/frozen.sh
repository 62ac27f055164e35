#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is frozen has not been touched: frozen.sh FOLDER
cd "$1" || exit 1
sha256sum --check --quiet SHA256SUMS || {
    echo "FAIL files of a released ABI were changed; see tests/abi/README.md"
    exit 1
}
found=$(find . -name '*.[ch]' | wc -l)
listed=$(wc -l <SHA256SUMS)
[ "$found" -eq "$listed" ] || {
    echo "FAIL $found files, but SHA256SUMS lists $listed"
    exit 1
}
