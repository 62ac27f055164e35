#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A private PostgreSQL for tests.
#
#   postgres_server.sh start DIR [PID]   creates a cluster in DIR (absent or empty) and starts it;
#                                        prints variables to eval; stops when process PID ends
#   postgres_server.sh stop DIR          stops it and removes DIR
#   postgres_server.sh halt DIR          stops it as for an update: sessions are ended, DIR is kept
#   postgres_server.sh crash DIR         kills it without a clean shutdown, keeps DIR
#   postgres_server.sh restart DIR HOW   as pg_ctl does: HOW is fast or immediate
#   postgres_server.sh again DIR [PID]   starts a stopped cluster again on its port
#
# Status 77: there is no server to start. The superuser "orchestra" needs no password on the
# socket; over TCP (127.0.0.1) passwords are asked for. Run as root, the server gets the rights
# of "postgres" or "nobody".
set -eu

verb=${1:?start, stop, halt, crash, restart or again}
dir=$(realpath -m "${2:?folder}")
self=$(realpath "$0")
watched=${3:-}

bin=
for candidate in "${ORCHESTRA_POSTGRES_BIN:-}" /usr/lib/postgresql/*/bin; do
    [ -x "$candidate/initdb" ] && bin=$candidate
done
if [ -z "$bin" ]; then
    echo "no PostgreSQL server found" >&2
    exit 77
fi

run() {
    if [ "$(id -u)" != 0 ]; then
        "$@"
    else
        local user=postgres
        id -u "$user" >/dev/null 2>&1 || user=nobody
        setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups -- "$@"
    fi
}

own() {
    [ "$(id -u)" != 0 ] && return
    if id -u postgres >/dev/null 2>&1; then chown postgres "$dir"; else chown nobody "$dir"; fi
}

free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 40000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

create() {
    mkdir -p "$dir"
    own
    chmod 755 "$dir"
    cd "$dir"
    run "$bin/initdb" -D "$dir/data" -U orchestra -E UTF8 --locale=C.UTF-8 -A trust \
        >"$dir.initdb.log" 2>&1 || { cat "$dir.initdb.log" >&2; exit 1; }
    rm -f "$dir.initdb.log"
    run sh -c "cat > '$dir/data/pg_hba.conf'" <<HBA
local all all trust
host all all 127.0.0.1/32 scram-sha-256
HBA
    run sh -c "cat >> '$dir/data/postgresql.conf'" <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = '$dir'
fsync = on
shared_buffers = 64MB
max_connections = 40
logging_collector = off
CONF
}

launch() {
    cd "$dir"
    run "$bin/pg_ctl" -D "$dir/data" -o "-p $(cat "$dir/data/port")" -l "$dir/data/server.log" \
        -w -t 30 start >/dev/null 2>&1
}

watch() {
    [ -n "$watched" ] || return 0
    setsid "$self" watch "$dir" "$watched" </dev/null >/dev/null 2>&1 &
}

halt() { # fast or immediate
    cd /
    run "$bin/pg_ctl" -D "$dir/data" -m "$1" -w -t 30 stop >/dev/null
}

stop() {
    [ -d "$dir/data" ] || return 0
    halt immediate 2>/dev/null || true
}

variables() {
    echo "export PGHOST='$dir' PGPORT='$(cat "$dir/data/port")'" \
        "PGUSER=orchestra PGDATABASE=postgres"
}

case $verb in
start)
    create
    for attempt in 1 2 3 4 5; do
        free_port | run tee "$dir/data/port" >/dev/null
        launch && break
        if [ "$attempt" = 5 ]; then
            cat "$dir/data/server.log" >&2
            exit 1
        fi
    done
    watch
    variables
    ;;
again)
    launch
    watch
    variables
    ;;
halt)
    halt fast
    ;;
restart)
    halt "${3:?fast or immediate}"
    launch
    ;;
crash)
    stop
    ;;
stop)
    stop
    rm -rf "$dir"
    ;;
watch)
    while kill -0 "$watched" 2>/dev/null; do sleep 1; done
    stop
    rm -rf "$dir"
    ;;
*)
    echo "unknown verb: $verb" >&2
    exit 2
    ;;
esac
