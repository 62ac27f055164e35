#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A way to a PostgreSQL server on which the answer to the first COMMIT of rows is lost.

    lost_answer.py SOCKET PORT HOW

Prints the port it listens on (127.0.0.1). Everything passes; but once the server has answered a
COMMIT that came after a COPY, both ends of that connection are closed and the answer is dropped.
HOW "then_refuse": from then on nobody is let in; "then_pass": later connections are left alone.
The server is spoken to by its socket, where it asks for no password.
"""
import os
import socket
import sys
import threading


class Way:
    def __init__(self, path, refuse):
        self.path = path
        self.refuse = refuse
        self.lost = False

    def upward(self, client, server, seen):
        """What the client says; notes whether rows, then a COMMIT, were among it."""
        tail = b""
        try:
            while data := client.recv(65536):
                tail = (tail + data)[-131072:]
                if b"COPY " in tail:
                    seen["copy"] = True
                if seen["copy"] and not self.lost and tail.endswith(b"COMMIT\0"):
                    seen["commit"] = True
                server.sendall(data)
        except OSError:
            pass
        for end in (client, server):
            end.close()

    def downward(self, client, server, seen):
        try:
            while data := server.recv(65536):
                if seen["commit"] and b"COMMIT\0" in data:
                    self.lost = True
                    break
                client.sendall(data)
        except OSError:
            pass
        for end in (client, server):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def carry(self, client):
        server = socket.socket(socket.AF_UNIX)
        server.connect(self.path)
        seen = {"copy": False, "commit": False}
        for way in (self.upward, self.downward):
            threading.Thread(target=way, args=(client, server, seen), daemon=True).start()


def main():
    folder, port, how = sys.argv[1:]
    way = Way(os.path.join(folder, f".s.PGSQL.{port}"), how == "then_refuse")
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        client, _ = listener.accept()
        if way.lost and way.refuse:
            client.close()
        else:
            way.carry(client)


if __name__ == "__main__":
    main()
