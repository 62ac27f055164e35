#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints what the library says about itself: manifest.sh ORCHESTRA NAME, with ORCHESTRA_CONNECTORS
# set. Left out is what is not its own: where it lies, and the options that the host adds.
set -eu
"$1" connectors describe "$2" --json | awk '
    /^  "library":/ { next }
    /^    \{$/ { inside = 1; own = 1; text = "" }
    inside && /^      "name": "(path|encoding)",$/ { own = 0 }
    inside { text = text $0 "\n" }
    !inside { print }
    /^    \},?$/ { if (own) printf "%s", text; inside = 0 }'
