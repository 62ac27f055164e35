# SPDX-License-Identifier: Apache-2.0
"""Processes of a run: finding them, killing them, and seeing that none is left."""
import ctypes
import glob
import os
import signal
import subprocess
import time

PR_SET_CHILD_SUBREAPER = 36
NO_STRAY_WITHIN = 1.0


def adopt_orphans():
    """From now on whoever loses its parent below this process becomes its child."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def children(pid):
    found = []
    for path in glob.glob(f"/proc/{pid}/task/*/children"):
        try:
            with open(path) as f:
                found += [int(word) for word in f.read().split()]
        except OSError:
            pass
    return sorted(found)


def connector_of(pid):
    """The library a worker has loaded: "" none yet, None when it cannot be seen."""
    try:
        with open(f"/proc/{pid}/maps") as f:
            for line in f:
                if "/connectors/" in line:
                    return os.path.basename(line.strip())
    except (FileNotFoundError, ProcessLookupError):
        return ""
    except PermissionError:
        return None
    return ""


def worker(host, role):
    """The worker of a role, or None. A worker is not dumpable, so that only root sees what it has
    loaded; for others the order tells: the destination is opened before the source."""
    pids = children(host.pid)
    names = [connector_of(pid) for pid in pids]
    if None in names:
        order = {"destination": 0, "source": 1}[role]
        return pids[order] if len(pids) > order else None
    for pid, name in zip(pids, names):
        if name and (name == "csv.so") == (role == "source"):
            return pid
    return None


class HostKill:
    def __init__(self, kind):
        self.signal = signal.SIGKILL if kind == "host" else signal.SIGTERM

    def strike(self, host):
        host.send_signal(self.signal)
        return True

    def close(self):
        pass


class WorkerKill:
    def __init__(self, role):
        self.role = role

    def strike(self, host):
        pid = worker(host, self.role)
        if pid is None:
            return False
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def close(self):
        pass


class BackendKill:
    """The server's process for the run: ended by the server, or killed, after which the server
    ends all others, too, and recovers."""

    def __init__(self, env, database, how):
        self.how = how
        self.psql = subprocess.Popen(
            ["psql", "-XAtqd", "postgres"], env=env, text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        ask = "pg_terminate_backend(pid)::text" if how == "terminate" else "pid::text"
        self.query = (f"select coalesce((select {ask} from pg_stat_activity where datname = "
                      f"'{database}' and backend_type = 'client backend' limit 1), 'none');\n")
        self.answer("select 'none';\n")

    def answer(self, query):
        try:
            self.psql.stdin.write(query)
            self.psql.stdin.flush()
            return self.psql.stdout.readline().strip()
        except BrokenPipeError:
            return "none"

    def strike(self, host):
        del host
        answer = self.answer(self.query)
        if answer in ("none", "", "false"):
            return False
        if self.how == "kill":
            try:
                os.kill(int(answer), signal.SIGKILL)
            except ProcessLookupError:
                return False
        return True

    def close(self):
        self.psql.stdin.close()
        self.psql.stdout.close()
        self.psql.wait()


def strays():
    """Waits until this process has no child; what is left after the time is told and killed."""
    deadline = time.monotonic() + NO_STRAY_WITHIN
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return []
        if pid:
            continue
        if time.monotonic() > deadline:
            break
        time.sleep(0.005)
    left = children(os.getpid())
    for pid in left:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return left
