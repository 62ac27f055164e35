#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills the processes of runs at random moments and proves that nothing is lost or doubled.

    python3 tests/crash/run.py BUILD [--kills N] [--seed S] [--only "PLACE MODE"] [--case K]
                                   [--kind KIND] [--verbose]

For each destination and write mode a small load gives the state before, a second input the state
after; in mode "resume" a source goes on from the position in the ledger and appends. Every other run may try again (--retry) after what may pass. SIGKILL then hits the host, the worker of the source, that of the destination, or the
database's process of the run, or SIGTERM asks the host to stop. What is left must be the state before or the state after: all rows
and what the ledger says, rejects included. The next run must end with the state after, and find
nothing to do when the killed one had committed. Nothing else may be left.

Kills are shared out over all combinations. A failure is printed with what repeats it.
"""
import argparse
import json
import multiprocessing
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # the tree stays as it was
import places  # noqa: E402
import victims  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
SERVER = os.path.join(HERE, "..", "integration", "postgres_server.sh")
HANGS = 60
CODES = {"host": -9, "term": 143, "source": 8, "destination": 8, "terminate": 6, "kill": 6}
TRIES = 8
FIRST = 4000

SCRIPT = """local o = require "orchestra"
local col = o.column
local to, mode = o.param("to"), o.param("mode")
local resume = mode == "resume"
local destinations = {
    geopackage = o.destination.geopackage { path = "city.gpkg", table = "readings" },
    postgres = o.destination.postgres { table = "readings" },
    files = o.destination.files { path = "readings.csv" },
}
return o.pipeline {
    name = "test.crash",
    source = resume and o.source.counter { to = o.param("input") }
        or o.source.csv { path = o.param("input"), delimiter = ";" },
    steps = { o.select {
        { "meter", col.meter },
        { "at", col.at:timestamp() },
        { "kwh", col.kwh:number() },
    } },
    destination = destinations[to],
    mode = resume and "append" or mode,
    key = mode == "upsert" and { "meter", "at" } or nil,
}
"""


class Failure(Exception):
    pass


# ---- what is loaded --------------------------------------------------------------------------

def write_input(path, first, n, kwh):
    """Keys first to first + n; one record of 400 is a reject."""
    with open(path, "w", encoding="ascii") as f:
        f.write("meter;at;kwh\n")
        for i in range(first, first + n):
            hour = i // 500
            value = "broken" if i % 400 == 7 else f"{kwh(i)}.25"
            f.write(f"M{i % 500:04d};2025-{1 + hour // 672:02d}-{1 + hour // 24 % 28:02d}"
                    f"T{hour % 24:02d}:00:00Z;{value}\n")


def write_inputs(folder, rows):
    """Half of the first rows come again in the second input; of these, half have changed."""
    write_input(os.path.join(folder, "first.csv"), 0, FIRST, lambda i: i % 97)
    write_input(os.path.join(folder, "second.csv"), 2000, rows,
                lambda i: i % 97 if i % 2 else 1000 + i % 89)


# ---- one destination, one mode ---------------------------------------------------------------

class Combination:
    def __init__(self, options, work, place, mode):
        self.options = options
        self.label = f"{place} {mode}"
        self.to, self.mode = place, mode
        self.place = places.PLACES[place](work, f"{place}_{mode}")
        self.inputs = os.path.join(work, place)
        self.errors = os.path.join(work, f"{place}_{mode}.err")
        self.temporary = os.path.join(work, f"{place}_{mode}.tmp")
        os.mkdir(self.temporary)
        self.env = dict(os.environ, TMPDIR=self.temporary, **self.place.env())
        self.tally = {"kills": 0, "before": 0, "after": 0, "unsure": 0, "late": 0}
        self.failures = 0
        self.retry = "0"
        self.duration = 0

    def input(self, name):
        """A path; of a source that resumes the last of its records."""
        if self.mode != "resume":
            return os.path.join(self.inputs, name)
        return str(FIRST + (self.place.rows if name == "second.csv" else 0))

    def command(self, name):
        return [self.options.program, "run", os.path.join(self.inputs, "load.lua"), "--json",
                "--retry", self.retry,
                "--param", f"to={self.to}", "--param", f"mode={self.mode}",
                "--param", "input=" + self.input(name)]

    def start(self, name, out):
        with open(self.errors, "w", encoding="utf-8") as err:
            return subprocess.Popen(self.command(name), cwd=self.place.folder, env=self.env,
                                    stdin=subprocess.DEVNULL, stdout=out, stderr=err)

    def end(self, host):
        try:
            return host.wait(HANGS)
        except subprocess.TimeoutExpired:
            host.kill()
            host.wait()
            raise Failure(f"the host did not end within {HANGS} s") from None

    def said(self):
        with open(self.errors, encoding="utf-8", errors="replace") as f:
            return f.read().strip()

    def load(self, name, outcome):
        """A run that nobody disturbs."""
        host = self.start(name, subprocess.PIPE)
        out, _ = host.communicate(timeout=HANGS)
        if host.returncode != 0:
            raise Failure(f"an undisturbed run ended with {host.returncode}: {self.said()}")
        got = json.loads(out)["outcome"]
        if got != outcome:
            raise Failure(f"an undisturbed run was \"{got}\", not \"{outcome}\"")

    def prepare(self):
        self.place.clear()
        self.load("first.csv", "loaded")
        self.place.save()
        self.before = self.place.read()
        times = []
        for _ in range(3):
            self.place.restore()
            began = time.monotonic()
            self.load("second.csv", "loaded")
            times.append(time.monotonic() - began)
            self.place.settle()
        self.duration = statistics.median(times)
        self.after = self.place.read()
        self.traces = self.place.traces()
        if self.before.rows == self.after.rows or self.before.runs == self.after.runs:
            raise Failure("the second input changes nothing: the test proves nothing")

    # ---- what must hold ----------------------------------------------------------------------

    def which(self, state):
        """"before" or "after"; anything else fails."""
        if state.note:
            raise Failure(state.note)
        if set(state.failed) & set(state.finished):
            raise Failure("a run stands in the ledger as finished and as failed")
        for name, known in (("before", self.before), ("after", self.after)):
            if state.rows == known.rows and state.runs == known.runs:
                return name
        told = [f"{len(state.rows)} rows and {len(state.runs)} finished runs, before "
                f"{len(self.before.rows)} and {len(self.before.runs)}, after "
                f"{len(self.after.rows)} and {len(self.after.runs)}"]
        for name, known in (("before", self.before), ("after", self.after)):
            rows = "are" if state.rows == known.rows else "are not"
            runs = "is" if state.runs == known.runs else "is not"
            told.append(f"rows {rows} those {name}, the ledger {runs} that {name}")
        raise Failure("neither before nor after: " + "; ".join(told))

    def check_code(self, kind, code, where):
        """What the exit code promises. At the very moment of a commit whoever did not hear the
        answer cannot know: then the next run decides, and the host must say so."""
        if code == 0:
            if where != "after":
                raise Failure("exit code 0, but the rows are not there")
            return
        wanted = CODES[kind.partition("@")[0]]
        if code == -signal.SIGTERM and kind == "term" and where == "before":
            return  # it came before the program could listen: a shell calls that 143 as well
        if code != wanted:
            raise Failure(f"exit code {code}, not {wanted}: {self.said()}")
        if where == "after" and code != CODES["host"]:
            self.tally["unsure"] += 1
            if "may have taken effect" not in self.said():
                raise Failure(f"exit code {code} though it was committed: {self.said()}")

    def victim(self, kind):
        if kind in ("host", "term"):
            return victims.HostKill(kind)
        if kind in ("source", "destination"):
            return victims.WorkerKill(kind)
        return victims.BackendKill(self.place.server, self.place.name, kind)

    def wait_for_commit(self, host):
        while host.poll() is None and not self.place.commit_held():
            pass

    def strike(self, kind, moment):
        """Kills at the moment, or as soon as there is something to kill: the exit code, and
        whether it hit."""
        what, _, commit = kind.partition("@")
        victim = self.victim(what)
        if commit:
            self.place.hold_commits(True)
        try:
            host = self.start("second.csv", subprocess.DEVNULL)
            began = time.monotonic()
            if commit:
                self.wait_for_commit(host)
            else:
                time.sleep(moment)
            hit = False
            while not hit and host.poll() is None:
                hit = victim.strike(host)
                if not hit:
                    time.sleep(0.001)
            if commit:
                self.place.hold_commits(False)
            code = self.end(host)
        finally:
            victim.close()
        self.took = time.monotonic() - began
        left = victims.strays()
        if left:
            raise Failure(f"{len(left)} workers outlived the host by 1 s")
        return code, hit and not (what in ("host", "term") and code == 0)

    def look(self, kind, code, was):
        """The state after a kill, checked."""
        slow = self.place.settle()
        if slow:
            raise Failure(slow)
        where = self.which(self.place.read())
        if was == "after" and where != "after":
            raise Failure("what was committed is gone")
        if was == "before":
            self.check_code(kind, code, where)
        return where

    def rerun(self, where):
        self.load("second.csv", "loaded" if where == "before" else "unchanged")
        left = victims.strays()
        if left:
            raise Failure(f"{len(left)} workers outlived the next run by 1 s")
        self.place.settle()
        if self.which(self.place.read()) != "after":
            raise Failure("the next run did not lead to the state after")
        self.load("second.csv", "unchanged")
        self.place.settle()
        traces = self.place.traces()
        if traces != self.traces:
            odd = sorted(set(traces) ^ set(self.traces))
            raise Failure(f"left behind or missing: {', '.join(odd)}")
        if os.listdir(self.temporary):
            raise Failure(f"temporary files: {', '.join(os.listdir(self.temporary))}")

    # ---- the cases ---------------------------------------------------------------------------

    def moments(self, rng):
        """Most anywhere in the run, every fourth where it ends: finish, ledger, commit."""
        late = rng.random() < 0.25
        return self.duration * (rng.uniform(0.75, 1.1) if late else rng.random())

    def case(self, number):
        """One kill, or two in a row, and the next run."""
        rng = random.Random(f"{self.options.seed}/{self.label}/{number}")
        kinds = [self.options.kind] if self.options.kind else self.place.kinds()
        where = "before"
        self.retry = "30s" if rng.random() < 0.5 else "0"
        self.place.restore()
        for n in range(2 if rng.random() < 0.25 else 1):
            kind = kinds[(number + n) % len(kinds)]
            for _ in range(TRIES):
                moment = self.moments(rng)
                at = "" if kind.endswith("@commit") else f" at {moment * 1000:.0f} ms"
                self.event = f"{kind} killed{at}"
                code, hit = self.strike(kind, moment)
                if hit:
                    break
                self.tally["late"] += 1
                self.duration = min(self.duration, (self.duration + self.took) / 2)
                if where == "before":
                    self.place.settle()
                    self.place.restore()
            if not hit:
                continue
            was = where
            where = self.look(kind, code, was)
            self.tally["kills"] += 1
            self.tally[where] += 1
        self.event += ", next run"
        self.rerun(where)

    def run(self, kills):
        self.event = "preparation"
        number = self.options.case or 0
        try:
            self.prepare()
            while self.tally["kills"] < kills and self.failures < 5 and number < 3 * kills + 100:
                try:
                    self.case(number)
                except Failure as failure:
                    self.fail(number, failure)
                number += 1
                if self.options.case is not None:
                    break
            self.place.drop()
        except (Failure, RuntimeError, OSError, subprocess.SubprocessError) as failure:
            self.fail(number, failure)
        counts = ", ".join(f"{self.tally[name]} {name}" for name in ("kills", "before", "after"))
        if self.options.verbose:
            counts += f"; {self.duration * 1000:.0f} ms a run, {self.tally}"
        if self.failures == 0:
            print(f"ok crash {self.label} ({counts})", flush=True)
        return self.failures

    def fail(self, number, failure):
        self.failures += 1
        print(f"FAIL crash {self.label}: {failure} [{self.event}; --seed {self.options.seed} "
              f"--only \"{self.label}\" --case {number}]", flush=True)


# ---- all of them -----------------------------------------------------------------------------

def lane(options, work, combinations):
    """A process of its own, which sees every process it has started."""
    victims.adopt_orphans()
    failures = 0
    for place, mode, kills in combinations:
        failures += Combination(options, work, place, mode).run(kills)
    sys.exit(1 if failures else 0)


def start_server(work):
    """The variables of a private server, or None."""
    if not shutil.which("psql"):
        return None
    folder = os.path.join(work, "server")
    # Its streams are files: the server would keep pipes open.
    with open(os.path.join(work, "server.env"), "w+", encoding="utf-8") as out:
        code = subprocess.call(["bash", SERVER, "start", folder, str(os.getpid())],
                               stdin=subprocess.DEVNULL, stdout=out)
        out.seek(0)
        words = out.read().replace("export ", "").replace("'", "").split()
    if code != 0:
        return None
    server = dict(word.split("=", 1) for word in words)
    # The moment in which a commit has happened and is not yet told becomes long enough to be hit.
    for query in ("alter system set commit_delay = 15000", "alter system set commit_siblings = 0",
                  "select pg_reload_conf()"):
        subprocess.check_call(["psql", "-XAtqd", "postgres", "-c", query],
                              env=dict(os.environ, **server), stdout=subprocess.DEVNULL)
    return server


def share(options, with_server):
    """The combinations of each lane with their numbers of kills."""
    chosen = [(place, mode) for place, kind in places.PLACES.items() for mode in kind.modes
              if not options.only or options.only == f"{place} {mode}"]
    if not chosen:
        sys.exit(f"no such combination: {options.only}")
    each, more = divmod(options.kills, len(chosen))
    shares = [(place, mode, each + (i < more)) for i, (place, mode) in enumerate(chosen)]
    lanes = [[s for s in shares if s[0] != "postgres"], []]
    for entry in shares:
        if entry[0] == "postgres" and with_server:
            lanes[1].append(entry)
        elif entry[0] == "postgres":
            print(f"skip crash {entry[0]} {entry[1]}: no PostgreSQL server")
    return [entries for entries in lanes if entries]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("build")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only")
    parser.add_argument("--case", type=int)
    parser.add_argument("--kind", help="host, source, destination, term, terminate, kill; for "
                        "postgres all but source also as host@commit")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    options.program = os.path.abspath(os.path.join(options.build, "bin", "orchestra"))
    for name in [n for n in os.environ if n.startswith(("ORCHESTRA_", "PG"))]:
        if name != "ORCHESTRA_POSTGRES_BIN":
            del os.environ[name]
    os.environ.update(LC_ALL="C.UTF-8", TZ="UTC", ORCHESTRA_CONNECTORS=os.path.abspath(
        os.path.join(options.build, "resuming")))
    work = tempfile.mkdtemp(prefix="orchestra-crash-")
    os.chmod(work, 0o711)  # the server may run as another user
    # Not what the operator of this machine takes away.
    os.environ["ORCHESTRA_CONF"] = os.path.join(work, "orchestra.conf")
    os.close(os.open(os.environ["ORCHESTRA_CONF"], os.O_CREAT | os.O_WRONLY, 0o600))
    server = None
    try:
        server = start_server(work)
        os.environ.update(server or {})
        for place, kind in places.PLACES.items():
            os.mkdir(os.path.join(work, place))
            write_inputs(os.path.join(work, place), kind.rows)
            with open(os.path.join(work, place, "load.lua"), "w", encoding="ascii") as f:
                f.write(SCRIPT)
        context = multiprocessing.get_context("fork")
        lanes = [context.Process(target=lane, args=(options, work, entries))
                 for entries in share(options, server is not None)]
        for process in lanes:
            process.start()
        for process in lanes:
            process.join()
        return 1 if any(process.exitcode for process in lanes) else 0
    finally:
        if server:
            subprocess.call(["bash", SERVER, "stop", os.path.join(work, "server")])
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
