# SPDX-License-Identifier: Apache-2.0
"""A proxy between a run and PostgreSQL that disturbs one connection.

    proxy.py SOCKET PORTFILE HOW WHERE

SOCKET is the server's; the port listened on (127.0.0.1) is written to PORTFILE. WHERE is "up:N" (N
bytes sent to the server), "down:N" (N bytes sent by it), "ask:COMMIT" (before the server hears the
statement) or "told:COMMIT" (after it has answered, which the client never hears). HOW is "fin",
"rst", "gone" (the proxy itself, and with it all that comes later), "hole" (nothing is forwarded any
more, and nothing closed) or "hold" (until the file PORTFILE.go exists). Once disturbed, PORTFILE.hit
exists, and later connections are left in peace.
"""
import os
import select
import socket
import struct
import sys
import threading
import time

server, portfile, how, where = sys.argv[1:5]
kind, _, limit = where.partition(":")
done = threading.Event()


def mark(name):
    with open(f"{portfile}.{name}", "w", encoding="ascii"):
        pass


def disturb(client, upstream):
    """Whether the connection goes on."""
    done.set()
    mark("hit")
    if how == "hold":
        while not os.path.exists(f"{portfile}.go"):
            time.sleep(0.01)
        return True
    if how == "gone":
        os._exit(0)
    if how == "hole":
        time.sleep(600)
    if how == "rst":
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    upstream.close()
    return False


def answered(upstream):
    """Waits until the server has said that it is ready again, which ends its answer."""
    answer = b""
    while not answer.endswith(b"Z\0\0\0\5I"):
        answer += upstream.recv(65536)


def due(data, up, count):
    if done.is_set():
        return False
    if kind in ("ask", "told"):
        return up and data.startswith(b"Q") and data[5:].rstrip(b"\0") == limit.encode()
    return up == (kind == "up") and count[kind] >= int(limit)


def serve(client):
    upstream = socket.socket(socket.AF_UNIX)
    upstream.connect(server)
    count = {"up": 0, "down": 0}
    while True:
        for ready in select.select([client, upstream], [], [])[0]:
            up = ready is client
            try:
                data = ready.recv(65536)
            except OSError:
                data = b""
            if not data:
                client.close()
                upstream.close()
                return
            count["up" if up else "down"] += len(data)
            if due(data, up, count):
                if kind == "told":
                    upstream.sendall(data)
                    answered(upstream)
                if not disturb(client, upstream):
                    return
            try:
                (upstream if up else client).sendall(data)
            except OSError:
                client.close()
                upstream.close()
                return


listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)  # what a hole swallows
listener.bind(("127.0.0.1", 0))
listener.listen()
with open(portfile + ".new", "w", encoding="ascii") as f:
    f.write(str(listener.getsockname()[1]))
os.rename(portfile + ".new", portfile)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
