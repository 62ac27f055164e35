#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every plugin exports its entry and nothing else, and needs nothing of the host:
# symbols.sh FOLDER
set -u
folder=$1
failed=0
seen=0
command -v nm >/dev/null || { echo "skip symbols: nm is absent"; exit 77; }

# A sanitizer leaves symbols of its own in every library; they are no part of the plugin.
sanitizer='^(__asan_|__ubsan_|__tsan_|__odr_asan|__sanitizer_|__interceptor_|__lsan_)'

for library in "$folder"/*.so; do
    [ -e "$library" ] || continue
    seen=$((seen + 1))
    exported=$(nm -D --defined-only --format=posix "$library" | cut -d' ' -f1 |
        grep -vE "$sanitizer")
    if [ "$exported" != orch_plugin_entry ]; then
        echo "FAIL $library exports:" $exported
        failed=1
    fi
    wanted=$(nm -D --undefined-only --format=posix "$library" | cut -d' ' -f1 | grep '^orch_')
    if [ -n "$wanted" ]; then
        echo "FAIL $library wants of the host:" $wanted
        failed=1
    fi
done
[ "$seen" -gt 0 ] || { echo "FAIL no library in $folder"; exit 1; }
exit "$failed"
