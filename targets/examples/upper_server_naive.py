"""Answers each line with its upper case, as tutorials do it. Usage: upper_server_naive.py PORT

It takes what one recv() returns for one line. TCP promises no such thing: this works in every
demonstration, and fails as soon as a line arrives in two pieces.
"""

import socketserver
import sys


class Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while data := self.request.recv(1024):
            line = data.decode("utf-8").strip()
            self.request.sendall(line.upper().encode("utf-8") + b"\n")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    with Server(("127.0.0.1", int(sys.argv[1])), Handler) as server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass
