"""Asks for the upper case of lines, and prints the answers. Usage: upper_client.py PORT LINE..."""

import socket
import sys

TIMEOUT = 10  # seconds for each answer


def main(port: int, lines: list[str]) -> int:
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT) as connection:
        # A read may return half a line or three of them; readline() returns one.
        answers = connection.makefile("rb")
        for line in lines:
            connection.sendall(line.encode("utf-8") + b"\n")
            answer = answers.readline()
            if not answer.endswith(b"\n"):
                print("the server closed before its answer was whole", file=sys.stderr)
                return 1
            sys.stdout.buffer.write(answer)
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
