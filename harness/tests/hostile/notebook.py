"""A server that greets first, takes a login that it does not answer, and remembers.

    notebook.py MODE PORT

Each connection begins with `HELLO` and takes a line `LOGIN name`. Then `ADD word` is answered with how
many words it holds, whoever added them, and `CLEAR` with `OK`. In the mode `greedy` the login is
whatever the first read brings. Only the standard library. Every wait is bounded.
"""

import select
import socket
import sys
import threading
import time

MODE, PORT = sys.argv[1], int(sys.argv[2])
LIFETIME = 120
words = []


def serve(conn):
    conn.sendall(b"HELLO\n")
    rest = conn.recv(4096)
    while b"\n" not in rest:
        more = conn.recv(4096)
        if not more:
            return
        rest += more
    rest = b"" if MODE == "greedy" else rest.split(b"\n", 1)[1]
    while True:
        while b"\n" not in rest:
            more = conn.recv(4096)
            if not more:
                return
            rest += more
        line, rest = rest.split(b"\n", 1)
        if line == b"CLEAR":
            words.clear()
            conn.sendall(b"OK\n")
        else:
            words.append(line)
            conn.sendall(b"%d\n" % len(words))


def main():
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", PORT))
    listener.listen(64)
    end = time.monotonic() + LIFETIME
    while time.monotonic() < end:
        if not select.select([listener], [], [], 1)[0]:
            continue
        conn, _ = listener.accept()

        def one(conn=conn):
            try:
                conn.settimeout(LIFETIME)
                with conn:
                    serve(conn)
            except OSError:
                pass

        threading.Thread(target=one, daemon=True).start()


main()
