# SPDX-License-Identifier: Apache-2.0
"""Names and values with every quote there is, as tables, columns, keys, pipelines and parameters, in
PostgreSQL and GeoPackage: created, added to, replaced, merged, and read back out of the ledger."""
import json
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
import threading

from run import ROOT, Skip, Wrong, lua

NAMES = ["it's", 'say "x"', "`tick`", "$$", "$tag$", "back\\slash", "a;--", "a;DROP TABLE t;--",
         "/*", "new\nline", "😀", "é" * 20, "select", "USER", "order by", "a b", " lead", "1st", "%s%n",
         "a.b", "{x}", "$1", ":x", "?1", "@x", "x'); select pg_sleep(10);--", "a\tb", "ß" * 31 + "a"]
VALUES = NAMES + ["'", '"', "\\", "''", "\\'", "\\.", "\\N", "null", "NULL", "\r\n", "\u2028",
                  "\ufeff", "a\u0300", "\u202e", "\x01", "\x7f", "E'\\x41'", "U&'\\0041'", "{1,2}"]
SERVER = {}
STARTING = threading.Lock()


def need_server(t):
    """Starts a server once."""
    with STARTING:
        if not SERVER:
            folder = tempfile.mkdtemp(prefix="orchestra-pg-")
            os.rmdir(folder)
            script = os.path.join(ROOT, "tests", "integration", "postgres_server.sh")
            done = subprocess.run(["bash", script, "start", folder, str(os.getpid())], text=True,
                                  capture_output=True, timeout=120)
            SERVER.update(re.findall(r"(PG\w+)='?([^' \n]+)'?", done.stdout) or {"": ""})
    if "PGHOST" not in SERVER or shutil.which("psql") is None:
        raise Skip("there is no PostgreSQL here")
    t.env.update(SERVER)


def ask(t, query):
    done = subprocess.run(["psql", "-XAtq", "-c", query], env=t.env, text=True, capture_output=True,
                          timeout=30)
    if done.returncode != 0:
        raise Wrong(done.stderr)
    return done.stdout.rstrip("\n")


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def cell(text):
    return '"' + text.replace('"', '""') + '"'


def script_of(t, columns, key, mode, destination, pipeline=None):
    pipeline = pipeline if pipeline is not None else os.path.basename(t.folder)
    given = ", ".join(f"[{lua(c)}] = col.c{i}" for i, c in enumerate(columns))
    keyed = f"key = {{ {lua(key)} }}," if key is not None else ""
    t.write("load.lua", 'local o = require "orchestra"\nlocal col = o.column\nreturn o.pipeline {\n'
            f'name = {lua(pipeline)}, source = o.source.csv {{ path = "x.csv" }}, mode = "{mode}", '
            f"{keyed}\nsteps = {{ o.select {{ {given} }} }}, destination = {destination} }}\n")


def rows(t, n):
    t.write("x.csv", ",".join(f"c{i}" for i in range(n)), "\n",
            *[",".join(cell(f"{v}{i}") for i in range(n)) + "\n" for v in VALUES])


def every_mode(t, destination, columns, read):
    """Each mode leaves the same rows, since the same are brought."""
    rows(t, len(columns))
    due = sorted(tuple(f"{v}{i}" for i in range(len(columns))) for v in VALUES)
    for mode in ("replace", "append", "upsert", "upsert", "replace"):
        key = columns[0] if mode == "upsert" or mode == "replace" else None
        if mode == "append":
            destination_now = destination.replace("TABLE", "appended")
        else:
            destination_now = destination.replace("TABLE", "TABLE2")
        script_of(t, columns, key, mode, destination_now)
        t.run("run", "load.lua", "--force", "--quiet", seconds=30).ended(0)
        got = read("appended" if mode == "append" else "TABLE2")
        if sorted(got) != due:
            wrong = [r for r in got if r not in due][:3]
            raise Wrong(f"{mode}: {len(got)} rows where {len(due)} are due; {wrong}")


def test_columns_and_values_in_geopackage(t):
    columns = NAMES

    def read(table):
        with sqlite3.connect(t.path("out.gpkg")) as db:
            listed = ", ".join(quoted(c) for c in columns)
            return db.execute(f"select {listed} from {quoted(table)}").fetchall()

    every_mode(t, 'o.destination.geopackage { path = "out.gpkg", table = "TABLE" }', columns, read)


def test_tables_in_geopackage(t):
    rows(t, 1)
    for i, name in enumerate(NAMES):
        for mode in ("append", "replace", "upsert") if i < 8 else ("upsert",):
            script_of(t, ["k"], "k", mode,
                      f'o.destination.geopackage {{ path = "out.gpkg", table = {lua(name)} }}')
            done = t.run("run", "load.lua", "--force", "--quiet")
            if done.code not in (0, 3, 6) or (done.code != 0 and not done.err):
                raise Wrong(f"{name!r} {mode}: exit {done.code}: {done.err[:300]}")
        if os.path.exists(t.path("out.gpkg")):
            with sqlite3.connect(t.path("out.gpkg")) as db:
                there = {r[0] for r in db.execute("select table_name from gpkg_contents")}
                if not there <= {*NAMES} | {n for n in there if n.startswith("orchestra")}:
                    raise Wrong(f"tables {there}")
    t.run("runs", "out.gpkg").ended(0)
    t.run("rejects", "out.gpkg").ended(0)


def test_columns_and_values_in_postgres(t):
    need_server(t)
    t_schema = "names" + ("_in" if t.in_process else "")
    columns = [n for n in NAMES if len(n.encode()) <= 63]

    def read(table):
        listed = ", ".join(quoted(c) for c in columns)
        got = ask(t, f"select coalesce(json_agg(json_build_array({listed})), '[]') from "
                     f"{t_schema}.{quoted(table)}")
        return [tuple(r) for r in json.loads(got)]

    every_mode(t, f'o.destination.postgres {{ table = "{t_schema}.TABLE" }}', columns, read)


def test_tables_and_schemas_in_postgres(t):
    need_server(t)
    rows(t, 1)
    ask(t, 'create table if not exists public.t (x int)')
    for i, name in enumerate(NAMES):
        own = "p " + name if t.in_process else name
        for table in (own, f"{own}.{name}", f"public.{own}"):
            for mode in (("append", "replace", "upsert")[i % 3],):
                script_of(t, ["k"], "k", mode, f"o.destination.postgres {{ table = {lua(table)} }}")
                done = t.run("run", "load.lua", "--force", "--quiet", seconds=8)
                if done.code not in (0, 3, 4, 6) or (done.code != 0 and not done.err):
                    raise Wrong(f"{table!r} {mode}: exit {done.code}: {done.err[:300]}")
    if ask(t, "select count(*) from pg_tables where schemaname='public' and tablename='t'") != "1":
        raise Wrong("a table is gone")


def test_names_longer_than_postgres_keeps_are_refused(t):
    """It would cut them, and two names might become one."""
    need_server(t)
    rows(t, 2)
    long = ["x" * 63 + "a", "x" * 63 + "b"]
    script_of(t, long, None, "append", 'o.destination.postgres { table = "public.cut" }')
    t.run("run", "load.lua").ended(6)
    for table in ("x" * 64, "é" * 32, "x" * 64 + ".t"):
        script_of(t, ["k"], None, "append", f"o.destination.postgres {{ table = {lua(table)} }}")
        done = t.run("run", "load.lua")
        if done.code not in (3, 6):
            raise Wrong(f"{table!r} is taken, exit {done.code}")


def test_nul_in_names_and_values_is_refused(t):
    rows(t, 1)
    for place in ("table", "column", "pipeline", "key"):
        nul = "a\0b"
        script_of(t, [nul if place == "column" else "k"], nul if place == "key" else "k", "upsert",
                  'o.destination.geopackage { path = "out.gpkg", table = '
                  f'{lua(nul if place == "table" else "t")} }}',
                  nul if place == "pipeline" else None)
        t.run("run", "load.lua").ended(3)
    script_of(t, ["k"], None, "append", 'o.destination.postgres { table = "public.nul" }')
    with open(t.path("load.lua"), encoding="utf-8") as f:
        script = f.read()
    t.write("load.lua", script.replace("col.c0", "col.c0 .. '\\0'"))
    t.run("run", "load.lua").ended(3, "holds a zero byte")
    need_server(t)
    t.write("load.lua", script.replace("steps = {", """steps = { o.each({ "c0" }, function(c0)
        return c0 .. string.char(0)
    end, { { "c0", "text" } }), """))
    t.run("run", "load.lua", "--max-rejects", "1000", "--summary").ended(
        0, "nul ", "holds a zero byte")


def test_pipelines_and_parameters_are_only_read(t):
    rows(t, 1)
    for name in NAMES:
        script_of(t, ["k"], None, "append",
                  'o.destination.geopackage { path = "out.gpkg", table = "t" }', pipeline=name)
        done = t.run("run", "load.lua", "--quiet")
        plain = re.fullmatch(r"[A-Za-z0-9._-]+", name) is not None
        if (done.code == 0) != plain and done.code != 3:
            raise Wrong(f"pipeline {name!r}: exit {done.code}: {done.err[:200]}")
        # A parameter, a run and a filter of the ledger are values too.
        for args in (("run", "load.lua", "--param", f"x={name}"), ("runs", "out.gpkg", name),
                     ("rejects", "out.gpkg", name), ("run", "load.lua", "--param", name)):
            done = t.run(*args)
            if done.code == 0 and args[0] == "run" or "\x1b" in done.err:
                raise Wrong(f"{args}: exit {done.code}")
