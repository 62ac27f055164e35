#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The one list of Debian packages, by set and with the purpose of each.
#
#   sh scripts/packages.sh list SET...      the names, one a line
#   sh scripts/packages.sh install SET...   installs what is missing (as root, or with sudo)
#
# Sets: run (a machine that runs pipelines), build, show (the quick start), test, tools (for
# working on the code).
set -eu

packages() {
    sed -n "s/^#pkg $1  *\\([^ ]*\\) .*/\\1/p" "$0"
}

#pkg run libc6 C library, and libdl within it
#pkg run liblua5.4-0 Lua, the language of pipelines
#pkg run libjansson4 reads the manifests of connectors, positions of sources
#pkg run libpcre2-8-0 regular expressions in column expressions
#pkg run libsodium23 HMAC-SHA-256 of pseudonyms
#pkg run libssl3 SHA-256 of inputs with the processor's instructions
#pkg run libicu72 encodings beyond the usual ones
#pkg run libarchive13 archives and compressed files
#pkg run zlib1g gzip files
#pkg run libcsv3 csv connector
#pkg run libxml2 xml connector
#pkg run libpq5 postgres connector
#pkg run libsqlite3-0 geopackage and files connectors
#pkg run tzdata time zones of local times
#pkg build gcc compiler
#pkg build libc6-dev headers of the C library
#pkg build cmake build description
#pkg build ninja-build builds
#pkg build pkg-config finds libraries
#pkg build liblua5.4-dev Lua, the language of pipelines
#pkg build libjansson-dev reads the manifests of connectors
#pkg build libpcre2-dev regular expressions in column expressions
#pkg build libsodium-dev HMAC-SHA-256 of pseudonyms
#pkg build libicu-dev encodings beyond the usual ones
#pkg build libarchive-dev archives and compressed files
#pkg build zlib1g-dev gzip files
#pkg build libcsv-dev csv connector
#pkg build libxml2-dev xml connector
#pkg build libpq-dev postgres connector
#pkg build libsqlite3-dev geopackage and files connectors
#pkg test g++ the SDK headers compile as C++17
#pkg test clang second compiler, fuzz targets
#pkg test libclang-rt-14-dev sanitizers and libFuzzer for clang
#pkg test libcmocka-dev unit tests
#pkg test libssl3 SHA-256 of inputs with the processor's instructions
#pkg test tzdata time zones of local times
#pkg test postgresql a real server on loopback
#pkg test sqlite3 looks into results
#pkg show sqlite3 looks into the result of the quick start
#pkg test gdal-bin ogrinfo reads GeoPackages
#pkg test procps finds the workers of a host that was killed
#pkg test make the template of connectors builds with it too
#pkg test strace what a run asks the system for: flushed files, lost connections
#pkg test man-db the manual page renders
#pkg test zsh completions load
#pkg test fish completions load
#pkg test git the lint asks it which files there are
#pkg test python3 the test driver for golden cases
#pkg test libxml2-utils xmllint checks drawings
#pkg tools clang-format format of the code
#pkg tools linux-perf profiles
#pkg tools valgrind instruction counts

missing() {
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
    done
}

install() {
    # shellcheck disable=SC2046 # names hold no blanks
    set -- $(missing "$@")
    [ $# -eq 0 ] && return 0
    as_root=""
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { echo "packages.sh: needs root or sudo to install: $*" >&2; exit 1; }
        as_root=sudo
    fi
    echo "installing $*" >&2
    $as_root apt-get update -qq
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

verb="${1:-}"
[ $# -gt 0 ] && shift
case "$verb" in
list) for set in "$@"; do packages "$set"; done | sort -u ;;
install)
    names=$(for set in "$@"; do packages "$set"; done | sort -u)
    # shellcheck disable=SC2086
    install $names
    ;;
*)
    sed -n '4,8s/^# *//p' "$0" >&2
    exit 2
    ;;
esac
