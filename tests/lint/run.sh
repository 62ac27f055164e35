#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks of the tree itself: layers, licences, sizes, names, documents. Prints "ok"/"FAIL" lines.
cd "$(dirname "$0")/../.." || exit 1

check() { # name, lines that should not be there
    if [ -z "$2" ]; then
        echo "ok $1"
    else
        echo "FAIL $1"
        printf '%s\n' "$2" | head -n 20
    fi
}

files() { git ls-files --cached --others --exclude-standard -- "$@"; }

# Upper layers include lower ones, never back; siblings do not see each other.
layers() {
    python3 - <<'PY'
import re, subprocess
order = ["base", "data", "plugin", "engine", "script", "run", "report", "cli"]
# Of siblings neither sees the other.
siblings = {"worker": 3}

def rank(layer):
    return order.index(layer) if layer in order else siblings.get(layer)

names = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "host",
                        "plugins", "sdk/src"], capture_output=True, text=True).stdout.split()
for name in names:
    if not name.endswith((".c", ".h")):
        continue
    parts = name.split("/")
    for n, line in enumerate(open(name, encoding="utf-8"), 1):
        found = re.match(r'#include "([^"/]+)/', line)
        if not found or found.group(1) == "orch":
            continue
        target = found.group(1)
        if parts[0] == "host" and rank(parts[1]) is not None:
            mine, theirs = rank(parts[1]), rank(target)
            if theirs is None or theirs > mine or (theirs == mine and target != parts[1]):
                print(f"{name}:{n}: {parts[1]} must not include {target}")
        elif rank(target) is not None and parts[1] != "module":
            print(f"{name}:{n}: only the SDK may be included here")
PY
}

no_spdx() {
    files '*.c' '*.h' '*.lua' '*.sh' '*.py' '*.cmake' '*CMakeLists.txt' .ci/run |
        while read -r f; do head -n 3 "$f" | grep -q 'SPDX-License-Identifier: Apache-2.0' || echo "$f"; done
}

too_long() {
    files '*.c' '*.h' '*.lua' | grep -v '^tests/' |
        while read -r f; do
            n=$(wc -l <"$f")
            [ "$n" -gt 600 ] && echo "$f has $n lines"
        done
}

same_names() {
    files host sdk plugins | grep '\.c$' | sed 's|.*/||' | sort | uniq -d
}

unfinished() {
    files '*.c' '*.h' '*.lua' '*.sh' '*.py' '*.md' | grep -v '^tests/lint/' | xargs grep -nE '\b(TODO|FIXME|XXX)\b|not implemented' /dev/null
}

# Calls that have a checked form of our own, or none at all in this code.
banned() {
    files 'host/*.c' 'plugins/*.c' 'sdk/*.c' |
        xargs grep -nE '\b(strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|atof|strtok|setlocale|system|popen|dlclose)\(' /dev/null |
        grep -vE 'tests/'
}

# Layers of the host allocate through base/arena.h, so that tests can fail each allocation.
plain_malloc() {
    files 'host/*.c' | grep -vE '^host/(base/alloc|module/)' |
        xargs grep -nE '[^_a-z](malloc|calloc|realloc|strdup|strndup)\(' /dev/null
}

# Of the frozen ABI nothing changes.
long_lines() {
    python3 - <<'PY'
import subprocess
names = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.c", "*.h"],
                       capture_output=True, text=True).stdout.split()
for name in names:
    if name.startswith("tests/abi/v1_0/"):
        continue
    for n, line in enumerate(open(name, encoding="utf-8"), 1):
        if len(line.rstrip("\n")) > 100:
            print(f"{name}:{n}: {len(line) - 1} columns")
PY
}

broken_links() {
    files '*.md' | while read -r f; do
        grep -oE '\]\([^)#: ]+' "$f" | sed 's/^](//' | while read -r link; do
            [ -e "$(dirname "$f")/$link" ] || echo "$f: $link"
        done
    done
}

trailing_blanks() {
    files '*.c' '*.h' '*.lua' '*.sh' '*.py' '*.cmake' | xargs grep -nE '[[:blank:]]+$' /dev/null
}

# Within a run of the tests the lock is that run's; else it is taken here.
second_run() {
    mkdir -p build
    said=$( (flock -n 8; sh tests/run.sh none 2>&1) 8>>build/test.lock) && echo "it is let in"
    case $said in
    *"another run of the tests is at work"*"hint: "*) ;;
    *) echo "it says: $said" ;;
    esac
}

check "layers hold" "$(layers)"
check "every file names its licence" "$(no_spdx)"
check "files stay under 600 lines" "$(too_long)"
check "file names are unique" "$(same_names)"
check "nothing is left unfinished" "$(unfinished)"
check "no banned call" "$(banned)"
check "the host allocates through one allocator" "$(plain_malloc)"
check "links in documents lead somewhere" "$(broken_links)"
check "lines of C have at most 100 columns" "$(long_lines)"
check "no trailing blanks" "$(trailing_blanks)"
check "a second run of the tests is refused" "$(second_run)"
