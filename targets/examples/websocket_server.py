"""Greets each WebSocket client, and answers its messages: text in upper case, binary as it came.

Usage: websocket_server.py PORT [naive]

`naive` takes what one read returns for one frame, as short demonstrations do.
"""

import asyncio
import base64
import hashlib
import sys

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3
PAYLOAD_MAX = 1 << 20  # bytes
CONTINUATION, TEXT, CLOSE, PING, PONG = 0, 1, 8, 9, 10


class Naive:
    """A reader that hopes for whole frames."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self.reader, self.held = reader, b""

    async def readexactly(self, size: int) -> bytes:
        if size == 2:
            self.held = await self.reader.read(4096)
        piece, self.held = self.held[:size], self.held[size:]
        if len(piece) < size:
            raise EOFError
        return piece


def frame(opcode: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes([0x80 | opcode, size]) + payload
    if size < 1 << 16:
        return bytes([0x80 | opcode, 126]) + size.to_bytes(2, "big") + payload
    return bytes([0x80 | opcode, 127]) + size.to_bytes(8, "big") + payload


async def receive(reader: asyncio.StreamReader | Naive) -> tuple[int, bool, bytes]:
    first, second = await reader.readexactly(2)
    size = second & 0x7F
    if size > 125:
        size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8), "big")
    if size > PAYLOAD_MAX or not second & 0x80:
        raise ValueError
    key = await reader.readexactly(4)
    masked = await reader.readexactly(size)
    return first & 0x0F, bool(first & 0x80), bytes(b ^ key[i % 4] for i, b in enumerate(masked))


async def messages(reader: asyncio.StreamReader | Naive, writer: asyncio.StreamWriter) -> None:
    kind, parts = TEXT, []
    while True:
        opcode, last, payload = await receive(reader)
        if opcode >= CLOSE:
            writer.write(frame(PONG if opcode == PING else CLOSE, payload))
            if opcode == CLOSE:
                return
            continue
        kind = opcode if opcode != CONTINUATION else kind
        parts.append(payload)
        if last:
            whole = b"".join(parts)
            parts = []
            answer = whole.decode().upper().encode() if kind == TEXT else whole
            writer.write(frame(kind, answer))
            await writer.drain()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        lines = (line.partition(b":") for line in head.split(b"\r\n"))
        fields = {name.lower(): value.strip() for name, _, value in lines}
        digest = hashlib.sha1(fields[b"sec-websocket-key"] + GUID).digest()
        # The greeting follows at once: most clients get both with one read.
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
            + frame(TEXT, b"welcome")
        )
        await messages(Naive(reader) if "naive" in sys.argv else reader, writer)
    except (ValueError, KeyError, EOFError, ConnectionError):
        pass  # a wrong frame or handshake, or a client that is gone
    finally:
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]))
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
