#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hostile inputs, scripts, names and files against the product itself.

    python3 tests/inputs/run.py BUILD [--full] [NAME...]

Each test runs `orchestra` with its connectors in workers, then in one process, with a bound on time
and on memory (of the largest process), and prints "ok NAME" or "FAIL NAME". Huge inputs have 64 MiB,
with --full 1 GiB. The tables are in part_*.py.
"""
import importlib
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent import futures

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PARTS = ("xml", "csv", "encodings", "scripts", "names", "files")
MIB = 1 << 20


class Wrong(Exception):
    pass


class Skip(Exception):
    pass


class Done:
    """How a command ended."""

    def __init__(self, code, out, err, seconds, peak):
        self.code, self.out, self.err, self.seconds, self.peak = code, out, err, seconds, peak

    def ended(self, code, *parts):
        """Holds it to its exit code and to what its messages must have."""
        if self.code != code:
            raise Wrong(f"exit {self.code} where {code} is due: {self.err[:600]}")
        for part in parts:
            if part not in self.out + self.err:
                raise Wrong(f"no {part!r} in {self.err[:600]!r} {self.out[:300]!r}")
        return self


class Tools:
    """What a test gets: a working folder of its own, and the product."""

    def __init__(self, build, in_process, huge):
        self.build, self.in_process, self.huge = build, in_process, huge
        self.folder = tempfile.mkdtemp(prefix="orchestra-inputs-")
        # Empty: not what the operator of this machine takes away. Gone with this object.
        self.conf = tempfile.NamedTemporaryFile(prefix="orchestra-inputs-conf-")
        self.env = {"PATH": os.path.join(build, "bin") + ":/usr/local/bin:/usr/bin:/bin",
                    "HOME": self.folder, "LANG": "C.UTF-8", "TZ": "UTC",
                    "ORCHESTRA_CONF": self.conf.name}
        if in_process:
            self.env["ORCHESTRA_IN_PROCESS"] = "1"

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, *pieces):
        """Pieces are texts, bytes, (bytes, times), or what gives texts one by one: this process
        stays small, since a child's peak begins with its parent's."""
        with open(self.path(name), "wb") as f:
            for piece in pieces:
                if hasattr(piece, "__next__"):
                    f.writelines(part.encode() for part in piece)
                elif isinstance(piece, tuple):
                    block, times = piece
                    many = max(1, MIB // len(block))
                    for _ in range(times // many):
                        f.write(block * many)
                    f.write(block * (times % many))
                else:
                    f.write(piece.encode() if isinstance(piece, str) else piece)
        return name

    def run(self, *args, seconds=20, peak=200 * MIB, stdin=None):
        """The product. Longer or larger than that is wrong, and so is an end by a signal."""
        began = time.monotonic()
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = subprocess.Popen(["orchestra", *args], cwd=self.folder, env=self.env,
                                     stdin=stdin or subprocess.DEVNULL, stdout=out, stderr=err,
                                     executable=os.path.join(self.build, "bin", "orchestra"))
            code, usage = self.wait(child, seconds)
            texts = []
            for f in (out, err):
                f.seek(0)
                texts.append(f.read(4 * MIB).decode("utf-8", "surrogateescape"))
        done = Done(code, *texts, time.monotonic() - began, usage.ru_maxrss * 1024)
        if code < 0:
            raise Wrong(f"ended by signal {-code}: {done.err[:600]}")
        if done.peak > peak:
            raise Wrong(f"took {done.peak >> 20} MiB, {peak >> 20} are allowed")
        return done

    @staticmethod
    def wait(child, seconds):
        until = time.monotonic() + seconds
        while True:
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            if pid != 0:
                child.returncode = os.waitstatus_to_exitcode(status)
                return child.returncode, usage
            if time.monotonic() > until:
                child.kill()
                child.wait()
                raise Wrong(f"did not end in {seconds} s")
            time.sleep(0.005)

    def pipeline(self, source, steps="", destination=None, name="test.hostile", extra=""):
        destination = destination or 'o.destination.geopackage { path = "out.gpkg", table = "t" }'
        self.write("load.lua", f'local o = require "orchestra"\nlocal col = o.column\n{extra}\n'
                   f'return o.pipeline {{\n    name = {lua(name)},\n    source = {source},\n'
                   f'    steps = {{ {steps} }},\n    destination = {destination},\n}}\n')
        return "load.lua"

    def load(self, source, steps="", *args, destination=None, **bounds):
        script = self.pipeline(source, steps, destination)
        return self.run("run", script, "--summary", *args, **bounds)


def lua(text):
    """A text as a Lua literal, whatever is in it."""
    if isinstance(text, str):
        text = text.encode("utf-8", "surrogateescape")
    return '"' + "".join(chr(b) if 32 <= b < 127 and b not in (34, 92) else f"\\{b:03d}"
                         for b in text) + '"'


def once(test):
    """For what has to do with no connector: not tried again in one process."""
    test.once = True
    return test


def tell(line):
    """Whole: print writes the end of the line by itself, and another thread may come between."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def passes(name, test, tools):
    began = time.monotonic()
    try:
        test(tools)
    except Skip as why:
        tell(f"skip {name}: {why}")
        return True
    except Wrong as wrong:
        tell(f"FAIL {name}: {wrong}")
        return False
    finally:
        shutil.rmtree(tools.folder, ignore_errors=True)
    tell(f"ok {name} ({time.monotonic() - began:.1f} s)")
    return True


def main():
    args = [a for a in sys.argv[1:] if a != "--full"]
    build, names = os.path.abspath(args[0]), args[1:]
    huge = (1024 if "--full" in sys.argv else 64) * MIB
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    runs = []
    for part in PARTS:
        module = importlib.import_module("part_" + part)
        for key, test in list(vars(module).items()):
            if not key.startswith("test_"):
                continue
            name = f"{part}_{key[5:]}"
            if names and name not in names and part not in names:
                continue
            for way in (False, True)[:1 if hasattr(test, "once") else 2]:
                runs.append((name + (" (in process)" if way else ""), test, way))

    def one(job):
        return passes(job[0], job[1], Tools(build, job[2], huge))

    with futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return 0 if all(list(pool.map(one, runs))) else 1


if __name__ == "__main__":
    sys.modules["run"] = sys.modules["__main__"]
    sys.exit(main())
