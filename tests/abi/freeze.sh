#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copies the headers and layout tables of today into v1_0/ and writes down their sums. Only for a
# change of 1.0 before its release; afterwards v1_0/ stays as it is, and a 1.1 would be frozen
# beside it.
set -eu
cd "$(dirname "$0")"
for header in arrow connector input; do
    cp "../../sdk/include/orch/$header.h" v1_0/include/orch/
done
cp layout_abi.c layout_value.c v1_0/
cd v1_0
find . -name '*.[ch]' | LC_ALL=C sort | xargs sha256sum >SHA256SUMS
