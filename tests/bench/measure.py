#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs commands side by side and prints medians: wall, CPU of the client and of the database
server, peak memory, and the ratio of wall to the first command; beside the median of wall the mean
of the faster half, which a busy machine disturbs less.

    measure.py ROUNDS FILE      FILE holds lines: NAME<tab>PREPARE<tab>COMMAND (shell; PREPARE may
                                be empty and is not timed)

Rounds are interleaved (A B C, A B C ...), so that a slow minute of the machine hits all alike.
"""
import os
import resource
import statistics
import subprocess
import sys
import time

TICK = os.sysconf("SC_CLK_TCK")


def server_cpu():
    """CPU seconds of a PostgreSQL postmaster and of its backends, ended ones included."""
    pid = os.environ.get("BENCH_POSTMASTER")
    if not pid:
        return 0.0
    total = 0
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat") as f:
                fields = f.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if entry == pid:
            total += sum(int(x) for x in fields[11:15])
        elif fields[1] == pid:
            total += int(fields[11]) + int(fields[12])
    return total / TICK


def once(prepare, command):
    if prepare:
        subprocess.run(["sh", "-c", prepare], check=True, stdout=subprocess.DEVNULL)
    server = server_cpu()
    start = time.monotonic()
    child = subprocess.Popen(["sh", "-c", "exec " + command], stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE)
    errors = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - start
    if status != 0:
        sys.exit(f"failed ({status >> 8}): {command}\n{errors.decode()}")
    time.sleep(0.05)  # a backend that just ended is reaped
    return wall, usage.ru_utime + usage.ru_stime, server_cpu() - server, usage.ru_maxrss / 1024


def main():
    rounds = int(sys.argv[1])
    with open(sys.argv[2], encoding="utf-8") as f:
        jobs = [line.rstrip("\n").split("\t") for line in f if line.strip()]
    results = {name: [] for name, _, _ in jobs}
    for _ in range(rounds):
        for name, prepare, command in jobs:
            results[name].append(once(prepare, command))
    first = None
    print(f"{'':38} {'wall s':>8} {'faster half':>11} {'min-max':>13} {'cpu s':>7} {'server':>7} {'peak MiB':>9} {'ratio':>6}")
    for name, runs in results.items():
        wall, cpu, server, peak = (statistics.median(column) for column in zip(*runs))
        first = first or wall
        walls = sorted(r[0] for r in runs)
        half = statistics.mean(walls[: (len(walls) + 1) // 2])
        print(f"{name:38} {wall:8.4f} {half:11.4f} {walls[0]:6.3f}-{walls[-1]:6.3f} {cpu:7.2f} {server:7.2f} "
              f"{peak:9.1f} {wall / first:6.2f}")


if __name__ == "__main__":
    main()
