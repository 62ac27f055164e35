#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whole runs against a private PostgreSQL, GeoPackages and real exports: what is left behind when a
# run is stopped, killed, disturbed or repeated. Prints "ok NAME", "FAIL NAME", "skip NAME: why".
#
#   bash tests/integration/run.sh BUILD [NAME...]
#
# Every function test_NAME of the files part_*.sh is a test: it runs with set -eu in a folder of its
# own; its output is shown when it fails (with TRACE=1: every command of it).
set -u
cd "$(dirname "$0")/../.." || exit 1
root=$PWD
build=$(cd "${1:?BUILD}" && pwd) || exit 1
shift
work=$(mktemp -d /tmp/orchestra-integration-XXXXXX)
chmod 711 "$work" # the server may run as another user
here=$root/tests/integration
export PATH="$build/bin:$PATH" LC_ALL=C.UTF-8 TZ=UTC
unset ORCHESTRA_TERRITORY ORCHESTRA_PSEUDONYM_KEY ORCHESTRA_CONNECTORS PGPASSWORD PGSERVICE
# Not what the operator of this machine takes away.
export ORCHESTRA_CONF=$work/orchestra.conf
install -m 600 /dev/null "$ORCHESTRA_CONF"

cleanup() {
    [ -d "$work/pg" ] && bash "$here/postgres_server.sh" stop "$work/pg" >/dev/null 2>&1
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

# ---- what tests use --------------------------------------------------------------------------

skip() { # why
    echo "$1" >"$work/why"
    exit 77
}

need() { # program...
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || skip "$program is not here"
    done
}

# A fresh database on the private server, which starts with the first test that wants one.
need_postgres() {
    need psql
    if [ ! -f "$work/pg.env" ]; then
        bash "$here/postgres_server.sh" start "$work/pg" "$runner" >"$work/pg.env.new" ||
            skip "no PostgreSQL server"
        mv "$work/pg.env.new" "$work/pg.env"
    fi
    # shellcheck disable=SC1091
    . "$work/pg.env"
    local database
    database=t_$(basename "$PWD" | cut -c1-60)
    sql "create database $database"
    export PGDATABASE=$database
}

sql() { psql -XAtqc "$1"; }

expect() { # code, command...
    local wanted=$1 code=0
    shift
    "$@" || code=$?
    [ "$code" -eq "$wanted" ] && return 0
    echo "exit code $code, not $wanted: $*" >&3 # its output may go into a file
    return 1
}

equal() { # got, wanted, what
    [ "$1" = "$2" ] && return 0
    printf '%s: got\n%s\nnot\n%s\n' "${3:-value}" "$1" "$2"
    return 1
}

holds() { # file, text
    grep -qF -- "$2" "$1" && return 0
    echo "$1 does not hold: $2"
    cat "$1"
    return 1
}

# Waits (20 s at most) until a command succeeds.
until_true() {
    local i
    for ((i = 0; i < 400; i++)); do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.05
    done
    echo "never came true: $*"
    return 1
}

load_curve() {
    (cd "$root" && orchestra run scripts/energy/load_curve.lua \
        --territory scripts/territories/example.lua "$@")
}

# ---- running them ----------------------------------------------------------------------------

runner=$$
one() {
    local name=$1 status
    mkdir -p "$work/$name"
    rm -f "$work/why"
    (
        set -eu
        cd "$work/$name"
        [ -z "${TRACE:-}" ] || set -x
        "test_$name"
    ) >"$work/$name.log" 2>&1 3>&1
    status=$?
    if [ "$status" -eq 77 ] && [ -f "$work/why" ]; then
        echo "skip $name: $(cat "$work/why")"
    elif [ "$status" -ne 0 ]; then
        echo "FAIL $name"
        tail -n 25 "$work/$name.log" | sed 's/^/    /'
        failed=1
    else
        echo "ok $name"
    fi
    rm -rf "${work:?}/$name"
}

failed=0
# shellcheck disable=SC1091
. "$here/servers.sh"
# shellcheck disable=SC1091
. "$here/small_load.sh"
for part in "$here"/part_*.sh; do
    # shellcheck disable=SC1090
    . "$part"
done
names=("$@")
[ $# -eq 0 ] && mapfile -t names < <(sed -n 's/^test_\([a-z0-9_]*\)() {.*/\1/p' "$here"/part_*.sh)
for name in "${names[@]}"; do one "$name"; done
exit "$failed"
