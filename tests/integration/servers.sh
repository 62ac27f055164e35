# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# Servers that tests stop, and a proxy that disturbs connections. run.sh reads it before the parts.

# A server of the test's own, and a database that goes with it: the others go on with theirs.
own_server() {
    need psql
    bash "$here/postgres_server.sh" start "$work/own" "$runner" >own.env || skip "no PostgreSQL server"
    trap 'proxy_stop; server stop' EXIT
    # shellcheck disable=SC1091
    . ./own.env
    to=postgres
}

server() { # verb [more]
    bash "$here/postgres_server.sh" "$1" "$work/own" "${@:2}" >/dev/null
}

proxy_stop() { [ -z "${proxy:-}" ] || { kill "$proxy" && wait "$proxy"; } 2>/dev/null || true; }

# Runs of `through` go through it from now on.
proxy_start() { # how, where
    proxy_stop
    [ -n "$(trap -p EXIT)" ] || trap proxy_stop EXIT
    rm -f port port.*
    python3 "$here/proxy.py" "$PGHOST/.s.PGSQL.$PGPORT" port "$1" "$2" &
    proxy=$!
    until_true test -e port
}

through() { PGHOST=127.0.0.1 PGPORT=$(cat port) "$@"; }
