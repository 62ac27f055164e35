# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# An account that may start few processes. The limit binds no root: another account is lent.

test_processes_that_cannot_be_started_are_the_machines_whichever_end_needs_them() {
    need setpriv
    [ "$(id -u)" = 0 ] || skip "needs root, who can run as another account"
    local as="setpriv --reuid=61234 --regid=61234 --clear-groups env HOME=$PWD ORCHESTRA_CONF=$PWD/conf"
    install -m 600 -o 61234 /dev/null conf
    chown 61234 .
    $as orchestra --version >/dev/null 2>&1 || skip "another account may not read the build"
    printf 'meter;kwh\nA1;12.5\n' >meters.csv
    cat >load.lua <<'LUA'
local o = require "orchestra"
return o.pipeline {
    name = "test.meters",
    source = o.source.csv { path = "meters.csv" },
    destination = o.destination.files { path = "out.csv" },
}
LUA
    local n code
    for n in 2 3 4 5; do
        code=0
        $as bash -c "ulimit -u $n; exec orchestra run load.lua" 2>err || code=$?
        equal $code 1 "code with $n processes"
        holds err "orchestra: cannot start a process for a connector"
        holds err "hint: raise the limits of processes (ulimit -u)"
        [ ! -e out.csv ]
    done
    $as bash -c "ulimit -u 40; exec orchestra run load.lua"
    equal "$(cat out.csv)" "$(printf 'meter,kwh\r\nA1,12.5\r')" "rows"
}
