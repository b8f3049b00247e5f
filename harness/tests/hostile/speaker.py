"""A server that speaks in answers: a challenge, then requests with ids. MODE says what it does wrong.

    speaker.py MODE PORT

Each connection begins with a greeting of 16 random bytes. The client answers with the HMAC-SHA256 of
`client` and those bytes under the key `secret`; one byte, 0 or 1, says whether that was right. Then
each request (id u16, length u16, body) is answered with the same id, the time of day, and the body
in capital letters. Only the standard library. Every wait is bounded.
"""

import hashlib
import hmac
import os
import select
import socket
import struct
import sys
import threading
import time

MODE, PORT = sys.argv[1], int(sys.argv[2])
KEY = b"secret"
LIFETIME = 120


def take(conn, size):
    """So many bytes, or nothing at the end of the stream."""
    got = b""
    while len(got) < size:
        more = conn.recv(size - len(got))
        if not more:
            return b""
        got += more
    return got


def answer(tid, body):
    clock = struct.pack(">d", time.time())
    return struct.pack(">HH", tid, len(body)) + clock + body.upper()


def pending(conn):
    """True where more of the client's bytes wait already."""
    return bool(select.select([conn], [], [], 0.05)[0])


def requests(conn):
    held = []
    seen = 0
    while True:
        if MODE == "one_read":
            # One read, one request: whatever else it brought is lost.
            got = conn.recv(65536)
            head, body = got[:4], got[4:]
            if not got:
                return
            if len(head) < 4 or len(body) < struct.unpack(">HH", head)[1]:
                return
            tid, size = struct.unpack(">HH", head)
            conn.sendall(answer(tid, body[:size]))
            continue
        head = take(conn, 4)
        if not head:
            return
        tid, size = struct.unpack(">HH", head)
        body = take(conn, size)
        seen += 1
        if MODE == "wrong_id":
            conn.sendall(answer(tid ^ 1, body))
        elif MODE == "no_id":
            conn.sendall(answer(0, body))
        elif MODE == "duplicate" and pending(conn):
            conn.sendall(answer(tid, body) * 2)
        elif MODE == "stray" and pending(conn):
            conn.sendall(answer(tid, body) + answer(tid ^ 0x5555, body))
        elif MODE in ("reversed", "missing"):
            # Requests that wait already are answered together, the last one first.
            held.append(answer(tid, body))
            if not pending(conn):
                if MODE == "missing" and len(held) > 1:
                    held.pop(0)
                conn.sendall(b"".join(reversed(held)))
                held = []
        else:
            conn.sendall(answer(tid, body))


def serve(conn, number):
    nonce = os.urandom(16)
    conn.sendall(nonce)
    given = take(conn, 32)
    key = b"other" if MODE == "other_key" else KEY
    right = hmac.new(key, b"client" + nonce, hashlib.sha256).digest()
    welcome = hmac.compare_digest(given, right)
    proof = hmac.new(KEY, (b"" if MODE == "proof_without_nonce" else nonce) + given, hashlib.md5)
    conn.sendall(bytes([0 if welcome else 1]) + proof.hexdigest().encode())
    if welcome:
        requests(conn)


def main():
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", PORT))
    listener.listen(64)
    number = 0
    end = time.monotonic() + LIFETIME
    while time.monotonic() < end:
        if not select.select([listener], [], [], 1)[0]:
            continue
        conn, _ = listener.accept()
        number += 1

        def one(conn=conn, number=number):
            try:
                conn.settimeout(LIFETIME)
                with conn:
                    serve(conn, number)
            except OSError:
                pass

        threading.Thread(target=one, daemon=True).start()


main()
