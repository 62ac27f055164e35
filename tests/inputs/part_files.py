# SPDX-License-Identifier: Apache-2.0
"""Files that are none, names that mean something else, inputs without end."""
import os
import socket
import subprocess
import threading

from run import MIB, Wrong, lua


def source(path):
    return f'o.source.csv {{ path = {lua(path)}, delimiter = ";" }}'


def opened(t, path, *codes, seconds=10, peak=64 * MIB):
    done = t.run("run", t.pipeline(source(path)), "--summary", "--retry", "0", seconds=seconds,
                 peak=peak)
    if done.code not in codes:
        raise Wrong(f"{path!r}: exit {done.code} where {codes} are due: {done.err[:300]}")
    if done.code != 0 and not done.err:
        raise Wrong(f"{path!r}: no word")
    if any(ord(c) < 32 and c != "\n" for c in done.err + done.out):
        raise Wrong(f"{path!r}: control characters in {done.err!r}")
    return done


def test_strange_names_are_opened_as_they_are(t):
    names = ["a\nb.csv", "-x.csv", "--help", "-", "a b.csv", "a'b\".csv", "$(id).csv", "a;b|c.csv",
             "é😀.csv", b"\xff\xfe.csv".decode("utf-8", "surrogateescape"), "a" * 251 + ".csv",
             "a%s%n.csv", "\x1b[31m.csv", "~", "a\\b.csv", "${env:HOME}.csv", "a*.csv", "a?.csv",
             "[a].csv", "CON.csv", ".csv", "a\tb.csv"]
    for name in names:
        with open(os.fsencode(t.path(name)), "wb") as f:
            f.write(b"a;b\n1;2\n")
        path = name if name not in ("-", "--help", "-x.csv") else "./" + name
        if name.startswith("${"):
            done = t.run("run", t.pipeline(source(path)))
            if done.code == 0:
                raise Wrong("a reference within a name was not resolved")
        else:
            utf8 = not any(0xDC80 <= ord(c) <= 0xDCFF for c in name)
            opened(t, path, *((0,) if utf8 else (0, 3, 4)))
        os.remove(os.fsencode(t.path(name)))
        for end in ("out.gpkg", "out.gpkg-wal", "out.gpkg-shm"):
            if os.path.exists(t.path(end)):
                os.remove(t.path(end))
    opened(t, "a" * 256, 4)
    opened(t, "a/" * 3000, 4)
    opened(t, "a\0b.csv", 3, 4)
    opened(t, "", 3, 4)


def test_what_is_no_file_is_refused_at_once(t):
    os.mkfifo(t.path("fifo"))
    os.mkdir(t.path("folder"))
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(t.path("socket"))
    for name, target in (("to_zero", "/dev/zero"), ("to_fifo", "fifo"), ("to_itself", "to_itself"),
                         ("to_nothing", "nothing"), ("to_folder", "folder")):
        os.symlink(target, t.path(name))
    try:
        for path in ("/dev/zero", "/dev/full", "/dev/random", "/dev/tty", "/dev/stdin", "/dev/fd/0",
                     "fifo", "folder", "socket", "to_zero", "to_fifo", "to_itself", "to_nothing",
                     "to_folder", "folder/", "/", ".", "..", "/proc/self/fd", "/dev/null"):
            opened(t, path, 4, seconds=5)
    finally:
        listener.close()


def test_a_link_to_a_file_is_followed(t):
    t.write("x.csv", "a;b\n1;2\n")
    os.symlink("x.csv", t.path("link.csv"))
    opened(t, "link.csv", 0)


def test_files_of_the_kernel_end(t):
    """Their size is 0 or a lie; some have no end."""
    for path in ("/proc/self/maps", "/proc/meminfo", "/proc/self/environ", "/proc/kcore",
                 "/proc/self/mem", "/proc/self/pagemap", "/proc/kmsg", "/proc/self/status",
                 "/sys/kernel/notes", "/proc/self/clear_refs", "/proc/sysrq-trigger"):
        if os.path.exists(path):
            opened(t, path, 0, 4, 5, seconds=20, peak=128 * MIB)
        if os.path.exists(t.path("out.gpkg")):
            os.remove(t.path("out.gpkg"))


def test_a_file_that_is_exchanged_for_a_pipe_holds_nobody(t):
    """Exchanged again and again while the product looks, opens and reads."""
    stop = threading.Event()

    def exchange():
        while not stop.is_set():
            for make in (lambda p: os.mkfifo(p), lambda p: t.write("new", "a;b\n1;2\n")):
                try:
                    make(t.path("new"))
                    os.rename(t.path("new"), t.path("x.csv"))
                except OSError:
                    pass

    t.write("x.csv", "a;b\n1;2\n")
    thread = threading.Thread(target=exchange)
    thread.start()
    try:
        for _ in range(30):
            opened(t, "x.csv", 0, 4, seconds=5)
    finally:
        stop.set()
        thread.join()


def test_a_sparse_file_ends_early(t):
    with open(t.path("x.csv"), "wb") as f:
        f.write(b"a;b\n1;2\n")
        f.truncate(1 << 40)
    opened(t, "x.csv", 4, seconds=5)


def test_standard_input_without_end_ends_with_its_folder(t):
    """It is kept in a file: where that may not grow, the run ends and leaves nothing."""
    script = t.pipeline(source("-"))
    with subprocess.Popen(["cat", "/dev/zero"], stdout=subprocess.PIPE) as feed:
        limited = ["sh", "-c", "ulimit -f 20000; exec orchestra run " + script]
        done = subprocess.run(limited, cwd=t.folder, env={**t.env, "TMPDIR": t.folder},
                              stdin=feed.stdout, capture_output=True, timeout=30)
        feed.kill()
    if done.returncode != 4 or b"standard input" not in done.stderr:
        raise Wrong(f"exit {done.returncode}: {done.stderr[:300]!r}")
    left = [n for n in os.listdir(t.folder) if n not in ("load.lua",)]
    if left:
        raise Wrong(f"left behind: {left}")


def test_patterns_that_match_much_are_bounded_work(t):
    os.makedirs(t.path("d"))
    for i in range(200):
        t.write(f"d/{i}.csv", "a;b\n1;2\n")
    opened(t, "*/*", 0)
    os.remove(t.path("out.gpkg"))
    opened(t, "*" * 60 + "x", 4)
    opened(t, "d/" + "*a" * 30, 4)
    opened(t, "{" * 1000, 4)
    opened(t, "[" * 1000, 4)
