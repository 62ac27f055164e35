#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden cases: what a user types and what a user sees.

    python3 tests/cases/run.py BUILD [--update] [NAME...]

A case is a folder: `cmd` (shell; `orchestra` is on the PATH, the folder's files are copied into an
empty working folder), `out` and `err` (what is printed; absent means nothing), `exit` (the code;
absent means 0), `needs` (a program or file without which the case is skipped), `script` (which of
the scripts in `shared/` is its load.lua, where several cases have the same). Times, run ids and the
working folder are masked. --update rewrites what differs: then `git diff` is the review.
"""
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import date, timedelta

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
KEPT = {"cmd", "out", "err", "exit", "needs", "script"}

# A run's own times lie within a day of this moment; those of the data do not.
DAYS = "|".join(str(date.today() + timedelta(days=n)) for n in (-1, 0, 1))

MASKS = [
    (re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}"), "RUN"),
    (re.compile(r"\bin \d+\.\d\d s\b"), "in TIME s"),
    (re.compile(r"cpu \d+\.\d\d s, peak [\d.]+ [kMG]?B"), "cpu TIME s, peak MEMORY"),
    (re.compile(r'("(?:wall_ms|cpu_ms|peak_bytes)": ?|\bwall_ms=)\d+'), r"\1N"),
    (re.compile(rf"\b(?:{DAYS})T\d\d:\d\d:\d\d(?:\.\d+)?Z"), "NOW"),
]


def mask(text, folder, build):
    for path, word in ((folder, "FOLDER"), (build, "BUILD"), (ROOT, "ROOT")):
        text = text.replace(path, word)
    for pattern, word in MASKS:
        text = pattern.sub(word, text)
    return text


def read(path, default=""):
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as f:
            return f.read()
    except FileNotFoundError:
        return default


def lacking(case):
    for need in read(os.path.join(case, "needs")).split():
        path = os.path.join(ROOT, need)
        if not (shutil.which(need) or os.path.exists(path)):
            return need
    return None


def run(case, build, in_process, conf):
    with tempfile.TemporaryDirectory(prefix="orchestra-case-") as folder:
        for name in os.listdir(case):
            if name in KEPT:
                continue
            source = os.path.join(case, name)
            copy = shutil.copytree if os.path.isdir(source) else shutil.copy
            copy(source, os.path.join(folder, name))
        for name in read(os.path.join(case, "script")).split():
            shutil.copy(os.path.join(HERE, "shared", name + ".lua"),
                        os.path.join(folder, "load.lua"))
        env = {
            "PATH": os.path.join(build, "bin") + ":/usr/local/bin:/usr/bin:/bin",
            "HOME": folder, "LANG": "C.UTF-8", "TZ": "UTC", "ROOT": ROOT, "BUILD": build,
            "ORCHESTRA_CONF": conf,
        }
        if in_process:
            env["ORCHESTRA_IN_PROCESS"] = "1"
        done = subprocess.run(["sh", "-c", read(os.path.join(case, "cmd"))], cwd=folder, env=env,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
        decode = lambda b: mask(b.decode("utf-8", "surrogateescape"), folder, build)
        return {"out": decode(done.stdout), "err": decode(done.stderr),
                "exit": f"{done.returncode}\n"}


def write(path, text):
    with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as f:
        f.write(text)


DEFAULTS = {"out": "", "err": "", "exit": "0\n"}


def different(case, got):
    """Names of the parts that differ."""
    return [part for part, default in DEFAULTS.items()
            if got[part] != read(os.path.join(case, part), default)]


def keep(case, part, got):
    path = os.path.join(case, part)
    if got[part] != DEFAULTS[part]:
        write(path, got[part])
    elif os.path.exists(path):
        os.remove(path)


def show(case, part, got):
    wanted = read(os.path.join(case, part), DEFAULTS[part])
    diff = difflib.unified_diff(wanted.splitlines(), got[part].splitlines(), f"{part} expected",
                                f"{part} got", n=1, lineterm="")
    print("\n".join(diff))


def passes(case, name, build, in_process, conf, update):
    try:
        got = run(case, build, in_process, conf)
    except subprocess.TimeoutExpired:
        print(f"FAIL {name}: took more than two minutes")
        return False
    wrong = different(case, got)
    print(f"{'FAIL' if wrong else 'ok'} {name}")
    for part in wrong:
        show(case, part, got)
        if update:
            keep(case, part, got)
    return not wrong


def run_all(build, names, conf, update):
    failed = 0
    for name in sorted(os.listdir(HERE)):
        case = os.path.join(HERE, name)
        if not os.path.exists(os.path.join(case, "cmd")) or (names and name not in names):
            continue
        need = lacking(case)
        if need:
            print(f"skip {name}: {need} is not here")
            continue
        # Connectors in workers, then in the host's process: a user must see the same.
        for way in ("", " (in process)"):
            failed += not passes(case, name + way, build, bool(way), conf, update and not way)
    return failed


def main():
    args = [a for a in sys.argv[1:] if a != "--update"]
    update = "--update" in sys.argv
    # What the operator of this machine takes away is no part of the cases.
    with tempfile.NamedTemporaryFile(prefix="orchestra-case-conf-") as conf:
        return 1 if run_all(os.path.abspath(args[0]), args[1:], conf.name, update) else 0


if __name__ == "__main__":
    sys.exit(main())
