# SPDX-License-Identifier: Apache-2.0
"""The destinations as the driver sees them: put back as they were, read whole, searched for what
was left behind. Nothing here opens what the next run is to find: copies are read, since opening a
database is what repairs it."""
import glob
import os
import shutil
import sqlite3
import subprocess
import time
from collections import namedtuple

LOADED = ("select run, source, mode, target, read, added, inserted, updated, unchanged, merged, filtered, "
          "rejected, source_bytes, position from {0}orchestra_run where status = 'loaded'")
INPUTS = "select run, number, path, size_bytes, sha256, encoding from {0}orchestra_input"
FAILED = "select run from {0}orchestra_run where status <> 'loaded'"
REJECTS = ("select run, number, input, record, line, \"column\", rule, message, raw, content "
           "from {0}orchestra_reject")
TABLES = "select name from sqlite_master where name = 'orchestra_publication'"

# rows: of the target; runs: what the ledger says about finished runs, without their names and
# times; finished, failed: the names of the runs it knows; note: what is wrong besides.
State = namedtuple("State", "rows runs finished failed note")


def state(rows, query, notes=()):
    """The rows with the finished runs, their inputs and rejects: they share a commit."""
    loaded = query(LOADED)
    runs = []
    for run in loaded:
        # A ledger has no table of inputs as long as no source has any.
        inputs = sorted(row[1:] for row in query(INPUTS) if row[0] == run[0]) \
            if run[1] == "csv" else []
        rejects = sorted(row[1:] for row in query(REJECTS) if row[0] == run[0])
        runs.append((run[1:], tuple(inputs), tuple(rejects)))
    return State(rows, sorted(runs), [run[0] for run in loaded],
                 [row[0] for row in query(FAILED)], "; ".join(notes))


class Folder:
    """A destination of files: city.gpkg, or readings.csv with its ledger."""

    def __init__(self, work, name):
        self.folder = os.path.join(work, name)
        self.saved = self.folder + ".saved"
        self.copy = self.folder + ".copy"
        os.mkdir(self.folder)

    def outputs(self):
        return glob.glob(os.path.join(self.folder, "*")) + \
            glob.glob(os.path.join(self.folder, ".*"))

    def clear(self):
        for path in self.outputs():
            os.remove(path)

    def save(self):
        shutil.copytree(self.folder, self.saved)

    def restore(self):
        self.clear()
        for name in os.listdir(self.saved):
            shutil.copy2(os.path.join(self.saved, name), self.folder)

    def drop(self):
        for path in (self.folder, self.saved, self.copy):
            shutil.rmtree(path, ignore_errors=True)

    def env(self):
        return {}

    def kinds(self):
        return ["host", "source", "destination", "term"]

    def settle(self):
        return ""

    def database(self, name):
        shutil.rmtree(self.copy, ignore_errors=True)
        os.mkdir(self.copy)
        for path in glob.glob(os.path.join(self.folder, name + "*")):
            shutil.copy2(path, self.copy)
        return sqlite3.connect(os.path.join(self.copy, name))

    def traces(self):
        return sorted(os.path.basename(path) for path in self.outputs())


class Files(Folder):
    modes = ("append", "replace", "resume")
    rows = 300000

    def read(self):
        path = os.path.join(self.folder, "readings.csv")
        db = self.database("readings.csv.ledger.sqlite")
        # A run that has happened may wait for its file to be renamed: the next one does that.
        waiting = db.execute(TABLES).fetchone() and \
            db.execute("select staged from orchestra_publication").fetchone()
        if waiting and os.path.exists(os.path.join(self.folder, waiting[0])):
            path = os.path.join(self.folder, waiting[0])
        with open(path, "rb") as f:
            rows = sorted(f.read().split(b"\r\n"))
        told = state(rows, lambda q: db.execute(q.format("")).fetchall())
        db.close()
        return told


class GeoPackage(Folder):
    modes = ("append", "replace", "upsert", "resume")
    rows = 80000

    def read(self):
        db = self.database("city.gpkg")
        notes = []
        check = db.execute("pragma integrity_check").fetchone()[0]
        if check != "ok":
            notes.append(f"integrity check: {check}")
        rows = db.execute("select fid, meter, at, kwh from readings").fetchall()
        count = db.execute("select feature_count from gpkg_ogr_contents").fetchone()[0]
        if count != len(rows):
            notes.append(f"feature_count {count}, rows {len(rows)}")
        told = state(sorted(rows), lambda q: db.execute(q.format("")).fetchall(), notes)
        db.close()
        return told

    def traces(self):
        db = self.database("city.gpkg")
        tables = db.execute("select type || ' ' || name from sqlite_master order by 1").fetchall()
        db.close()
        return super().traces() + [row[0] for row in tables]


class Postgres:
    modes = ("append", "replace", "upsert", "resume")
    rows = 60000

    def __init__(self, work, name):
        # What the driver itself commits waits for nobody.
        self.server = dict(os.environ, PGOPTIONS="-c synchronous_commit=local")
        self.folder = os.path.join(work, name)
        self.base = name + "_saved"
        self.name = name
        os.mkdir(self.folder)

    def sql(self, query, database="postgres"):
        """Asks until the server is there: a killed backend makes it start again."""
        deadline = time.monotonic() + 30
        while True:
            done = subprocess.run(["psql", "-XAtqd", database, "-v", "ON_ERROR_STOP=1", "-c", query],
                                  env=self.server, capture_output=True)
            if done.returncode != 2:
                break
            if time.monotonic() > deadline:
                raise RuntimeError("the server does not come back: " + done.stderr.decode())
            time.sleep(0.05)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.decode())
        return done.stdout

    def clear(self):
        self.sql(f"drop database if exists {self.name}")
        self.sql(f"create database {self.name}")

    def save(self):
        self.settle()
        self.sql(f"create database {self.base} template {self.name}")

    def restore(self):
        self.sql(f"drop database {self.name}")
        self.sql(f"create database {self.name} template {self.base}")

    def drop(self):
        shutil.rmtree(self.folder)
        for name in (self.name, self.base):
            self.sql(f"drop database if exists {name}")

    def env(self):
        return {"PGDATABASE": self.name}

    def kinds(self):
        return ["host", "source", "destination", "terminate", "kill", "term", "host@commit",
                "destination@commit", "terminate@commit", "kill@commit", "term@commit"]

    def hold_commits(self, hold):
        """A commit that waits for a standby that never comes: it has happened, untold."""
        self.sql("alter system set synchronous_standby_names = " + ("nobody" if hold else "''"))
        self.sql("select pg_reload_conf()")
        time.sleep(0.3 if hold else 0)

    def commit_held(self):
        return self.sql("select count(*) from pg_stat_activity where wait_event = 'SyncRep' "
                        f"and datname = '{self.name}'").strip() == b"1"

    def settle(self):
        """The server notices that a client is gone when it next reads from it or writes to it."""
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            left = self.sql(f"select count(*) from pg_stat_activity where datname = '{self.name}'"
                            " and backend_type = 'client backend'")
            if left.strip() == b"0":
                return ""
            time.sleep(0.02)
        return "a backend is at work 5 s after the end of the run"

    def lines(self, query):
        text = self.sql(f"copy ({query}) to stdout", self.name)
        return [tuple(line.split("\t")) for line in text.decode().splitlines()]

    def read(self):
        rows = self.sql("copy (select * from readings order by 1, 2, 3) to stdout", self.name)
        return state(rows.splitlines(), lambda q: self.lines(q.format("orchestra.")))

    def traces(self):
        relations = self.lines(
            "select n.nspname, c.relname, c.relkind from pg_class c join pg_namespace n "
            "on n.oid = c.relnamespace where n.nspname not in ('pg_catalog', 'pg_toast', "
            "'information_schema') order by 1, 2")
        locks = self.sql("select count(*) from pg_locks where locktype = 'advisory'")
        prepared = self.sql("select count(*) from pg_prepared_xacts")
        return [".".join(row) for row in relations] + [f"locks {int(locks)}",
                                                       f"prepared {int(prepared)}"] + \
            os.listdir(self.folder)


PLACES = {"files": Files, "geopackage": GeoPackage, "postgres": Postgres}
