# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Databases whose texts may be anything.

test_a_database_without_encoding_gives_rejects_for_what_is_not_utf8() {
    need_postgres
    sql "create database plain encoding 'SQL_ASCII' template template0 lc_collate 'C' lc_ctype 'C'"
    export PGDATABASE=plain
    sql "create table street (id int, name text)"
    sql "insert into street select n, 'rue ' || n from generate_series(1, 20000) as n"
    sql "update street set name = E'all\\351e' where id in (7, 19000)"
    sql "update street set name = E'place de l''\\303\\211glise' where id = 8"
    cat >street.lua <<'LUA'
local o = require "orchestra"
return o.pipeline {
    name = "town.street",
    source = o.source.postgres { query = o.param("query", "select id, name from street order by id") },
    destination = o.destination.files { path = "street.csv", newline = "lf" },
}
LUA
    orchestra run street.lua 2>err
    equal "$(grep -c 'warning: pg.encoding: the database sends texts that are not UTF-8' err)" 1 "warnings"
    holds err "run.rejected pipeline=town.street rejected=2 read=20000"
    orchestra rejects street.lua >rejects
    holds rejects 'record 7: name: the text is not UTF-8 from byte 4 on'
    holds rejects 'record 19000: name: the text is not UTF-8 from byte 4 on'
    holds rejects 'all\xE9e'
    equal "$(wc -l <street.csv)" 19999 "lines"
    equal "$(sed -n 8p street.csv)" "8,place de l'Église" "a text that is UTF-8"
    # As the warning says.
    orchestra run street.lua --param "query=select id, convert_from(convert(convert_to(name,
        'SQL_ASCII'), 'LATIN1', 'UTF8'), 'SQL_ASCII') as name from street where id = 7" 2>err
    equal "$(cat err)" "" "words"
    equal "$(tail -n 1 street.csv)" "7,allée" "a text that is converted"
}
