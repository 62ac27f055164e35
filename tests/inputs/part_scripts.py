# SPDX-License-Identifier: Apache-2.0
"""Scripts that eat memory, never end, or hide that they do; the same in functions of rows; regular
expressions that never come back."""
from run import MIB, Wrong, lua, once

TIME = "instructions"
SPACE = "needs more than 256 MiB"

# Many more, with smaller limits, are in tests/unit/script/test_lua_hostile.c.
ENDLESS = {
    "loop":
        "while true do end",
    "close of a limit":
        "local x <close> = setmetatable({}, { __close = function() while true"
        " do end end }) while true do end",
    "load":
        "while true do load(('x = 1 '):rep(10000)) end",
}
GREEDY = {
    "table":
        "local t = {} while true do t[#t + 1] = {} end",
    "gsub":
        "local s = ('a'):rep(1 << 20):gsub('a', ('b'):rep(1 << 10))",
}
HEAD = 'local o = require "orchestra" local col = o.column '


def script(t, text, **bounds):
    t.write("load.lua", HEAD + text + "\n")
    return t.run("check", "load.lua", **bounds)


@once
def test_what_never_ends_is_ended(t):
    for name, text in ENDLESS.items():
        done = script(t, text, seconds=30, peak=400 * MIB)
        if done.code != 3 or TIME not in done.err:
            raise Wrong(f"{name}: exit {done.code}: {done.err[:300]}")


@once
def test_what_eats_memory_is_ended(t):
    for name, text in GREEDY.items():
        done = script(t, text, seconds=30, peak=400 * MIB)
        if done.code != 3 or SPACE not in done.err and TIME not in done.err:
            raise Wrong(f"{name}: exit {done.code}: {done.err[:300]}")


@once
def test_deep_and_large_sources_are_refused(t):
    nested = {
        "tables": "local t = " + "{" * 100000 + "}" * 100000,
        "brackets": "local t = " + "(" * 100000 + "1" + ")" * 100000,
        "functions": "return " + "function() return " * 10000 + "1" + " end" * 10000,
        "blocks": "do " * 100000 + "end " * 100000,
        "ifs": "if true then " * 50000 + "end " * 50000,
        "powers": "return " + "2^" * 100000 + "1",
        "concatenations": "return " + "'a'.." * 100000 + "'a'",
        "signs": "return " + "- " * 100000 + "1",
        "locals": "local a " * 300,
        "calls": "return print" + "()" * 100000,
        "indices": "return _G" + "._G" * 100000,
        "labels": "".join(f"::l{i}:: " for i in range(20000)),
        "levels": "return [" + "=" * 100000 + "[x",
        "comment": "--[" + "=" * 100000 + "[ x",
        "number": "return " + "1" * 1000000,
        "name": "local " + "a" * 1000000 + " = 1",
    }
    for name, text in nested.items():
        done = script(t, text, peak=400 * MIB)
        if done.code != 3:
            raise Wrong(f"{name}: exit {done.code}: {done.err[:300]}")
        if len(done.err) > 4000:
            raise Wrong(f"{name}: an error of {len(done.err)} characters")
    t.write("load.lua", (b"-- x\n", t.huge // 5))
    t.run("check", "load.lua", peak=96 * MIB).ended(3)
    t.write("load.lua", "\x1bLua", b"\0" * 100)
    t.run("check", "load.lua").ended(3)
    t.write("load.lua", b"\xff\xfe\0\0")
    t.run("check", "load.lua").ended(3)


def test_a_function_of_rows_is_bounded_likewise(t):
    t.write("x.csv", "a;b\n", *[f"{i};y\n" for i in range(100)])
    rows = {**ENDLESS, **GREEDY}
    for name, text in rows.items():
        step = (f"o.each({{ 'a' }}, function(a) {text}\n"
                "return a end, { { 'a', 'text' } })")
        done = t.load('o.source.csv { path = "x.csv", delimiter = ";" }', step, seconds=40,
                      peak=420 * MIB)
        if done.code != 3 or "line" not in done.err and "record" not in done.err:
            raise Wrong(f"{name}: exit {done.code}: {done.err[:300]}")


def test_rows_kept_by_a_function_are_bounded(t):
    t.write("x.csv", "a;b\n", (b"1;" + b"y" * 500 + b"\n", 200000))
    step = "o.each({ 'b' }, function(b) kept[#kept + 1] = b .. #kept return b end, { { 'b', 'text' } })"
    script_text = t.pipeline('o.source.csv { path = "x.csv", delimiter = ";" }', step,
                             extra="local kept = {}")
    done = t.run("run", script_text, peak=500 * MIB, seconds=40)
    if done.code not in (0, 3):
        raise Wrong(f"exit {done.code}: {done.err[:300]}")


def test_a_function_that_emits_without_end_is_bounded(t):
    t.write("x.csv", "a;b\n1;2\n")
    step = ("o.each({ 'b' }, function(b) while true do o.emit(b:rep(1000)) end end, "
            "{ { 'b', 'text' } })")
    t.load('o.source.csv { path = "x.csv", delimiter = ";" }', step, peak=500 * MIB,
           seconds=40).ended(3)


EXPRESSIONS = ["(a+)+$", "(a|a)*$", "(a|aa)+$", "(.*a){25}$", "(?:(?:a*)*)*b", "^(a?){30}a{30}$",
               "(a+)+b", "((a+)+)+b", "(x+x+)+y", "(?=(a+))a*b\\1", "(?R)?a", "(a*)*\\1b",
               "(?:a(?1))?(b)", "(?<=a|aa)b+(?:a+)+c"]


def test_regular_expressions_are_bounded(t):
    t.write("x.csv", "a;b\n", *["a" * n + "!;x\n" for n in (30, 100, 10000, 100000)])
    for pattern in EXPRESSIONS:
        for use in ("matches({})", "extract({})", "replace_pattern({}, 'x')"):
            step = "o.select { v = col.a:" + use.format(lua(pattern)) + " }"
            done = t.load('o.source.csv { path = "x.csv", delimiter = ";" }', step, "--max-rejects",
                          "100", seconds=30)
            if done.code not in (0, 3):
                raise Wrong(f"{pattern} {use}: exit {done.code}: {done.err[:300]}")


@once
def test_regular_expressions_of_any_size_are_refused_or_compiled(t):
    t.write("x.csv", "a;b\naaaa;x\n")
    for pattern in ("(" * 10000 + ")" * 10000, "a{65535}{65535}", "(a{1000}){1000}", "(" * 300,
                    "[" + "a-z" * 100000 + "]", "a|" * 100000, "(?C1)a", "(*LIMIT_MATCH=4000000000)a",
                    "(*UTF)(*NO_START_OPT)a", "\\C", "\\p{Greek}" * 1000, "(?<n>a)" * 20000, "a\0b",
                    "(*LIMIT_HEAP=4000000000)(*LIMIT_DEPTH=4000000000)(a+)+$"):
        step = f"o.select {{ v = col.a:extract({lua(pattern)}) }}"
        done = t.load('o.source.csv { path = "x.csv", delimiter = ";" }', step, "--max-rejects", "10",
                      seconds=20)
        if done.code not in (0, 3) or len(done.err) > 4000:
            raise Wrong(f"{pattern[:30]}: exit {done.code}: {done.err[:300]}")
