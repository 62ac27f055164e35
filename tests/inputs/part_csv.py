# SPDX-License-Identifier: Apache-2.0
"""CSV that means harm: lines, fields, headers and quotes without end, bytes that are no text."""
import sqlite3

from run import MIB, Wrong, lua

SMALL = 120 * MIB  # less than an input that is held whole, in a buffer that has doubled


def source(more=""):
    return f'o.source.csv {{ path = "x.csv", delimiter = ";", {more} }}'


def load(t, *pieces, more="", args=(), **bounds):
    t.write("x.csv", *pieces)
    return t.load(source(more), "", *args, **bounds)


def rows(t):
    with sqlite3.connect(t.path("out.gpkg")) as db:
        return db.execute("select * from t order by 1").fetchall()


def test_a_line_without_end_is_a_reject(t):
    load(t, "a;b\n1;2\n", (b"x", t.huge), "\n3;4\n", args=("--max-rejects", "1"), peak=SMALL,
         seconds=60).ended(0, "loaded               2", "rejected             1")
    load(t, "a;b\n1;2\n", (b"x;", t.huge // 2), "\n3;4\n", args=("--max-rejects", "1"), peak=SMALL,
         seconds=60).ended(0, "loaded               2", "rejected             1")


def test_a_quoted_line_without_end_is_a_reject(t):
    load(t, 'a;b\n1;2\n"', (b"x\n", t.huge // 2), '";9\n3;4\n', args=("--max-rejects", "1"),
         peak=SMALL, seconds=60).ended(5, "too many rejects")
    load(t, 'a;b\n1;2\n"', (b'""', t.huge // 2), '";9\n3;4\n', args=("--max-rejects", "1"),
         peak=SMALL, seconds=60).ended(0, "loaded               2", "rejected             1")


def test_a_quote_that_never_closes_is_told(t):
    long = b"1;" + b"y" * 997 + b"\n"
    load(t, 'a;b\n1;2\n"x;y\n', (long, t.huge // 1000), args=("--max-rejects", "1"), peak=SMALL,
         seconds=60).ended(0, "rejected             1")
    script = t.pipeline(source())
    t.write("x.csv", 'a;b\n1;2\n3;4\n"x;y\n5;6\n')
    t.run("run", script, "--force", "--max-rejects", "2")
    t.run("rejects", "out.gpkg").ended(0, "quote")


def test_a_header_without_end_is_refused(t):
    for header in ((b"x", t.huge), (b'"x', t.huge // 2), (b"x;", t.huge // 2)):
        load(t, header, "\n1;2\n", peak=SMALL, seconds=60).ended(4)


def test_blank_lines_without_end_cost_little(t):
    for end in (b"\n", b"\r\n", b"\r"):
        load(t, (end, t.huge // len(end)), "a;b\n1;2\n", peak=SMALL, seconds=30).ended(0)
        load(t, "a;b\n", (end, t.huge // len(end)), "1;2\n", peak=SMALL, seconds=30).ended(0)
    load(t, "a;b\n#", (b"x", t.huge), "\n1;2\n", more='comment = "#"', peak=SMALL,
         seconds=30).ended(0, "loaded               1")


def test_a_million_columns_are_refused(t):
    load(t, (f"c{i};" for i in range(1000000)), "z\n", (b"1;", 1000000), "1\n", peak=256 * MIB,
         seconds=60).ended(4)


def test_fields_without_number_are_a_reject(t):
    load(t, "a;b\n1;2\n", (b";", 8 * MIB), "\n3;4\n", args=("--max-rejects", "1"), peak=256 * MIB
         ).ended(0, "loaded               2", "rejected             1")


def test_nul_bytes_are_told(t):
    load(t, (b"\0", t.huge), peak=SMALL, seconds=60).ended(4, "bytes are zero")
    load(t, b"a;b\n1\0;2\n3;4\n", args=("--max-rejects", "1")
         ).ended(0, "rejected             1", "loaded               1")
    load(t, b"a\0;b\n1;2\n").ended(4, "a zero byte stands in the record")
    load(t, b"a;b\n", (b"\0;\0\n", 1000)).ended(4, "bytes are zero")
    load(t, b"a;b\n", (b"\0;\0\n", 1000), more='encoding = "UTF-8"').ended(5, "1000 of 1000")


def test_ends_of_lines_may_be_mixed(t):
    load(t, "a;b\r\n1;x\r2;y\n3;z\r\n4;\"p\rq\"\r5;w").ended(0)
    if [r[1:] for r in rows(t)] != [("1", "x"), ("2", "y"), ("3", "z"), ("4", "p\rq"), ("5", "w")]:
        raise Wrong(f"{rows(t)}")


def test_a_quote_in_the_middle_is_told(t):
    load(t, 'a;b\n1;x"y\n2;"x"y\n3;z\n', args=("--max-rejects", "2")
         ).ended(0, "loaded               1", "rejected             2")
    t.run("rejects", "out.gpkg").ended(0, "line 2", "line 3", "quote")


FORMULAS = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "=1\n=2", "%0A=1",
            "'=1", "=1", "''=1", "\n=1", "'", "'x", '=HYPERLINK("http://x")']


def quoted(text):
    return '"' + text.replace('"', '""') + '"'


def formulas(t, destination):
    t.write("x.csv", "a;b\n", "".join(f"{i};{quoted(f)}\n" for i, f in enumerate(FORMULAS)))
    script = t.pipeline(source(), "", destination)
    t.run("run", script, "--summary").ended(0, f"loaded {len(FORMULAS):15}")


def test_formulas_are_kept_as_text(t):
    formulas(t, None)
    if [r[2] for r in rows(t)] != [FORMULAS[int(r[1])] for r in rows(t)]:
        raise Wrong(f"{rows(t)}")
    formulas(t, 'o.destination.files { path = "out.csv", newline = "lf" }')
    got = open(t.path("out.csv"), newline="", encoding="utf-8").read()
    if any(quoted(f) not in got and f not in got for f in FORMULAS):
        raise Wrong(got)


def test_formulas_are_guarded_on_request_so_that_it_can_be_undone(t):
    import csv
    formulas(t, 'o.destination.files { path = "out.csv", newline = "lf", guard_formulas = true }')
    with open(t.path("out.csv"), newline="", encoding="utf-8") as f:
        got = [row[1] for row in csv.reader(f)][1:]
    for text, written in zip(FORMULAS, got):
        if written[:1] in "=+-@\t\r\n":
            raise Wrong(f"{written!r} would run")
        if written not in (text, "'" + text):
            raise Wrong(f"{text!r} became {written!r}")
    # An apostrophe before what would be guarded was put there: nothing else looks like it.
    if len(set(got)) != len(FORMULAS):
        raise Wrong(f"{got}")


def test_names_of_columns_may_be_anything(t):
    names = ['"', "'", "`", "$$", "\\", "a;--", "x\ny", "select", "😀", "é" * 40, "a" * 200, " ",
             "__proto__", "\x1b[31m", "%s%n", "orch.record", "rowid", "fid"]
    t.write("x.csv", ";".join(quoted(n) for n in names), "\n", ";".join("1" for _ in names), "\n")
    done = t.run("preview", "x.csv", "--set", "delimiter=;")
    if done.code not in (0, 4) or "\x1b" in done.out + done.err:
        raise Wrong(f"{done.code} {done.err}")
    for name in names:
        t.write("x.csv", quoted(name) + ";z\n1;2\n")
        t.run("run", t.pipeline(source(), f"o.select {{ v = col[{lua(name)}] }}"), "--quiet")
