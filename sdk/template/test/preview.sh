#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the host reads through this connector: preview.sh ORCHESTRA FOLDER-OF-THE-LIBRARY
set -u
orchestra=$1
ORCHESTRA_CONNECTORS=$(cd "$2" && pwd) || exit 1
export ORCHESTRA_CONNECTORS
cd "$(dirname "$0")/.." || exit 1
found=$(mktemp -d) || exit 1
trap 'rm -rf "$found"' EXIT
export ORCHESTRA_CONF="$found/orchestra.conf" # not what this machine's takes away
(umask 077 && : >"$ORCHESTRA_CONF") || exit 1
failed=0

# name, file with what is expected, file with what was found
same() {
    if diff -u "$2" "$3"; then
        echo "ok $1"
    else
        echo "FAIL $1"
        failed=1
    fi
}

"$orchestra" preview sample/town_hall.txt --source thermometer --set missing=ERR --rows 100 \
    >"$found/sample.txt" || failed=1
same "readings and rejects of the sample" sample/expected.txt "$found/sample.txt"

# An input that is wrong as a whole says so, with its line, and is not read on.
printf 'logger;TL-1\nunit;F\n2025-10-01T00:00;65.1\n' >"$found/fahrenheit.txt"
(cd "$found" && "$orchestra" preview fahrenheit.txt --source thermometer) 2>"$found/error" &&
    failed=1
cat >"$found/expected" <<'END'
orchestra: input "fahrenheit.txt" is not in degrees Celsius
  line 2: unit "F"
  hint: set the logger to C and export again
END
same "another unit is an error" "$found/expected" "$found/error"

# What is committed for reviewers is what the library says, wherever it was built.
said() { grep -v '^  "platform":' "$1"; }
said thermometer.orch.json >"$found/committed.json" || failed=1
said "$ORCHESTRA_CONNECTORS/thermometer.orch.json" >"$found/built.json" || failed=1
same "manifest" "$found/committed.json" "$found/built.json"
exit "$failed"
