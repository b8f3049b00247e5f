"""Asks for the upper case of lines, as tutorials do it. Usage: upper_client_naive.py PORT LINE...

It takes what one recv() returns for one answer. TCP promises no such thing: this works in every
demonstration, and fails as soon as an answer arrives in two pieces.
"""

import socket
import sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as connection:
    for line in sys.argv[2:]:
        connection.sendall(line.encode("utf-8") + b"\n")
        print(connection.recv(1024).decode("utf-8").strip())
