"""A target that misbehaves. MODE says how; else it answers each line in capital letters.

    target.py MODE PORT

Only the standard library. Every wait is bounded: whatever the harness does, this ends by itself.
"""

import os
import select
import signal
import socket
import struct
import sys
import threading
import time

MODE, PORT = sys.argv[1], int(sys.argv[2])
LIFETIME = 120


def say(text):
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def line(conn):
    """One line of the peer, or nothing at its end."""
    got = b""
    while not got.endswith(b"\n"):
        more = conn.recv(4096)
        if not more:
            return b""
        got += more
    return got


def serve(conn, number):
    """Right answers until the peer's end, whatever the cuts."""
    rest = b""
    while True:
        while b"\n" not in rest:
            more = conn.recv(4096)
            if not more:
                return
            rest += more
        one, rest = rest.split(b"\n", 1)
        conn.sendall(one.upper() + b"\n")


def flood_unasked(conn, number):
    while True:
        conn.sendall(b"x" * 65536)


def flood_answer(conn, number):
    line(conn)
    flood_unasked(conn, number)


def dribble(conn, number):
    """Something every moment, and never an end; to each client something else."""
    conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    line(conn)
    while True:
        conn.sendall(b"%d" % (number % 10))
        time.sleep(0.005)


def bomb_silent(conn, number):
    conn.recv(1)
    conn.sendall(struct.pack(">I", 0x80000000))
    conn.recv(1 << 20)
    select.select([conn], [], [], LIFETIME)


def bomb_talking(conn, number):
    conn.recv(1)
    conn.sendall(struct.pack(">I", 0x80000000))
    flood_unasked(conn, number)


def garbage(conn, number):
    conn.recv(1)
    conn.sendall(bytes(range(255, 0, -1)))
    select.select([conn], [], [], LIFETIME)
    conn.recv(1 << 20)


def close_at_once(conn, number):
    pass


def reset_mid_reply(conn, number):
    line(conn)
    conn.sendall(b"HEL")
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def early(conn, number):
    """Answers as soon as it has the first bytes."""
    while conn.recv(4096):
        conn.sendall(b"HELLO\n")


def twice(conn, number):
    while True:
        got = line(conn)
        if not got:
            return
        conn.sendall(got.upper() * 2)


def slow(conn, number):
    conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while True:
        got = line(conn)
        if not got:
            return
        for byte in got.upper():
            conn.sendall(bytes([byte]))
            time.sleep(0.01)


def never_reads(conn, number):
    time.sleep(LIFETIME)


def silent(conn, number):
    while conn.recv(65536):
        pass


def dies_on_fifth(conn, number):
    if number == 5:
        line(conn)
        say("fatal: the fifth guest")
        os._exit(7)
    serve(conn, number)


def segfaults(conn, number):
    line(conn)
    say("about to read a null pointer")
    os.kill(os.getpid(), signal.SIGSEGV)
    time.sleep(LIFETIME)


def one_client(conn, number):
    """Made for one client: ends well after it."""
    serve(conn, number)
    os._exit(0)


def kills_its_guard(conn, number):
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(LIFETIME)


def spins(conn, number):
    conn.recv(1)
    end = time.monotonic() + LIFETIME
    while time.monotonic() < end:
        pass


BROKEN = threading.Event()


def breaks_for_good(conn, number):
    """After one piece of a line it answers nobody any more."""
    while True:
        got = conn.recv(4096)
        if not got:
            return
        if not got.endswith(b"\n"):
            BROKEN.set()
        if BROKEN.is_set():
            time.sleep(LIFETIME)
        conn.sendall(got.upper())


ACTS = [
    flood_unasked, flood_answer, dribble, bomb_silent, bomb_talking, garbage, close_at_once,
    reset_mid_reply, early, twice, slow, never_reads, silent, dies_on_fifth, segfaults, spins,
    breaks_for_good, one_client, kills_its_guard,
]  # fmt: skip


def orphan(setsid):
    """A descendant that lives on by itself."""
    if os.fork():
        return
    if setsid:
        os.setsid()
        if os.fork():
            os._exit(0)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    time.sleep(LIFETIME)
    os._exit(0)


def respawner(generation):
    """Two that watch each other: whoever sees the other gone makes a new one. Bounded."""
    if generation >= 50 or os.fork():
        return
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.setsid()
    parent = os.getppid()
    end = time.monotonic() + LIFETIME
    while time.monotonic() < end:
        if os.getppid() != parent:
            respawner(generation + 1)
            parent = os.getppid()
        time.sleep(0.001)
    os._exit(0)


def udp():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", PORT))
    sock.settimeout(LIFETIME)
    while True:
        data, peer = sock.recvfrom(65536)
        if MODE == "udp_dies":
            say("a datagram killed me")
            os._exit(9)


def main():
    threading.Timer(LIFETIME, lambda: os._exit(99)).start()
    if MODE == "never_listens":
        say("still thinking")
        time.sleep(LIFETIME)
    if MODE == "exits":
        say("first of all\nno such key: colour")
        os._exit(3)
    if MODE.startswith("udp"):
        udp()
    if MODE == "chatty":
        block = b"y" * 65535 + b"\n"
        for _ in range(800):
            os.write(1, block)
            os.write(2, block)
        say("that was all")
    if MODE == "escapes":
        say("\x1b]0;owned\x07\x1b[31mred\x1b[0m <&\x00> " + "z" * 50000)
        os._exit(4)
    if MODE == "deaf":
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: open(__file__ + ".termed", "w").close())
    if MODE == "children":
        orphan(False)
    if MODE in ("daemons", "kills_its_guard"):
        orphan(True)
    if MODE == "respawns":
        respawner(0)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", PORT))
    listener.listen(64)
    if MODE == "daemonises" and os.fork():
        os._exit(0)
    act = {act.__name__: act for act in ACTS}.get(MODE, serve)
    number = 0
    while True:
        conn, _ = listener.accept()
        number += 1

        def one(conn=conn, number=number):
            try:
                act(conn, number)
            except OSError:
                pass
            conn.close()

        threading.Thread(target=one, daemon=True).start()


main()
