#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs a build into an empty prefix and uses what is there as a stranger would: runs a pipeline,
# builds the connector template against the SDK, reads the manual page, loads the completions.
#
#   sh tests/integration/install.sh BUILD
set -u
build=$(cd "${1:?needs the build folder}" && pwd) || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

# Nothing of this machine's own installation or settings may help.
unset ORCHESTRA_CONNECTORS ORCHESTRA_MODULES ORCHESTRA_LUA_PATH ORCHESTRA_TERRITORY PKG_CONFIG_PATH
HOME=$work/home
ORCHESTRA_CONF=$work/orchestra.conf
export HOME ORCHESTRA_CONF
mkdir "$HOME" && install -m 600 /dev/null "$ORCHESTRA_CONF" || exit 1

# name, command...: what it prints is shown when it fails
try() {
    name=$1
    shift
    if "$@" >"$work/log" 2>&1; then
        echo "ok $name"
    else
        echo "FAIL $name"
        tail -n 30 "$work/log"
        failed=1
    fi
}

skip() { echo "skip $1: $2"; }
has() { command -v "$1" >/dev/null; }

# ---- the host ------------------------------------------------------------------------------------

connectors() {
    "$prefix/bin/orchestra" connectors >"$work/listed" || return 1
    for connector in csv files geopackage postgres xml; do
        if ! grep -q "^ *$connector " "$work/listed"; then
            echo "no $connector in:"
            cat "$work/listed"
            return 1
        fi
        "$prefix/bin/orchestra" connectors describe "$connector" >/dev/null || return 1
    done
}

# Each library has the manifest that it would give itself.
manifests() {
    for library in "$prefix"/lib/orchestra/connectors/*.so; do
        "$prefix/bin/orchestra" connectors manifest "$library" | diff - "${library%.so}.orch.json" ||
            return 1
    done
}

# A file in an encoding that only the ICU module knows, a module of the script's own folder, a
# shipped connector at either end.
pipeline() {
    mkdir -p "$work/city" && cd "$work/city" || return 1
    printf 'name;planted\nTilleul \302;1911-03-02\nOrme;no date\nFr\210ne;2020-11-25\n' >trees.csv
    cat >trees.lua <<'END'
local o = require "orchestra"
local col = o.column
return o.pipeline {
    name = "green.trees",
    source = o.source.csv { path = "trees.csv", delimiter = ";", encoding = "macintosh" },
    steps = { o.select { name = col.name:required(), planted = col.planted:date("%Y-%m-%d") } },
    destination = o.destination.files { path = "out.csv", mode = "replace" },
}
END
    "$prefix/bin/orchestra" run trees.lua --max-rejects 1 || return 1
    [ "$(wc -l <out.csv)" -eq 3 ] && grep -q '2020-11-25' out.csv &&
        "$prefix/bin/orchestra" rejects trees.lua >rejects &&
        grep -q 'no date' rejects
}

# An installed folder may be moved: nothing in it knows its own path.
moved() {
    cp -r "$prefix" "$work/moved" && "$work/moved/bin/orchestra" connectors describe csv |
        grep -q "$work/moved/"
}

shipped_scripts() {
    for script in "$prefix"/share/orchestra/scripts/*/*.lua; do
        [ -e "$script" ] || { echo "no script is installed"; return 1; }
    done
    [ -e "$prefix/share/orchestra/lua/orchestra.d.lua" ]
}

documents() {
    for name in operations.md lua.md connectors.md security.md sdk.md orchestra.conf.example; do
        [ -e "$prefix/share/doc/orchestra/$name" ] || { echo "no $name is installed"; return 1; }
    done
}

# ---- the SDK -------------------------------------------------------------------------------------

template_cmake() {
    cp -r "$prefix/share/orchestra/template" "$work/cmake" && cd "$work/cmake" &&
        cmake -B build -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_FLAGS=-Werror &&
        cmake --build build && ctest --test-dir build --output-on-failure &&
        [ "$(ctest --test-dir build -N | grep -c 'Test *#')" -eq 2 ]
}

template_pkg_config() {
    cp -r "$prefix/share/orchestra/template" "$work/make" && cd "$work/make" || return 1
    PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name orchestra-sdk.pc)")
    export PKG_CONFIG_PATH
    make CFLAGS="-O2 -Werror" ORCHESTRA="$prefix/bin/orchestra" check
}

template_exports() {
    [ "$(nm -D --defined-only --format=posix "$work/cmake/build/connectors/thermometer.so" |
        cut -d' ' -f1)" = orch_plugin_entry ]
}

# Installed beside the others, it is found without any variable.
template_installs() {
    cmake --install "$work/cmake/build" &&
        [ -e "$prefix/lib/orchestra/connectors/thermometer.orch.json" ] &&
        "$prefix/bin/orchestra" preview "$work/cmake/sample/town_hall.txt" --source thermometer |
        grep -q 'Town hall, attic'
}

# ---- documents -----------------------------------------------------------------------------------

manual() {
    page=$(find "$prefix" -name orchestra.1)
    MANWIDTH=80 LC_ALL=C.UTF-8 man --warnings -l "$page" 2>"$work/warnings" |
        grep -q 'orchestra preview' && ! [ -s "$work/warnings" ]
}

bash_completion() {
    file=$prefix/share/bash-completion/completions/orchestra
    bash -n "$file" && bash -c '
        . "$0"; COMP_WORDS=(orchestra pre); COMP_CWORD=1; _orchestra; [ "${COMPREPLY[*]}" = preview ]
        ' "$file"
}

# With a blank in its path; make cannot cope with those, so it gets a prefix of its own.
prefix="$work/a prefix"
try "install" cmake --install "$build" --prefix "$prefix"
[ "$failed" -eq 0 ] || exit 1
try "install: connectors are found" connectors
try "install: manifests lie beside their libraries" manifests
try "install: a pipeline runs" pipeline
try "install: scripts and Lua library" shipped_scripts
try "install: documents" documents
try "install: the prefix can be moved" moved
try "template: builds and passes with CMake" template_cmake
has nm && try "template: exports its entry only" template_exports
try "template: installs beside the others" template_installs
prefix="$work/prefix"
try "install: another prefix" cmake --install "$build" --prefix "$prefix"
if has make && has pkg-config; then
    try "template: builds and passes with make and pkg-config" template_pkg_config
else
    skip "template: make and pkg-config" "one of them is absent"
fi
if has man; then try "manual page renders" manual; else skip "manual page renders" "no man here"; fi
if has bash; then try "bash completion" bash_completion; else skip "bash completion" "no bash here"; fi
zsh_file=$prefix/share/zsh/site-functions/_orchestra
fish_file=$prefix/share/fish/vendor_completions.d/orchestra.fish
if has zsh; then try "zsh completion" zsh -n "$zsh_file"; else skip "zsh completion" "no zsh here"; fi
if has fish; then try "fish completion" fish -n "$fish_file"; else skip "fish completion" "no fish here"; fi
exit "$failed"
