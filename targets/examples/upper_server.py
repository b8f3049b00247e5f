"""Answers each line with its upper case. Usage: upper_server.py PORT"""

import asyncio
import sys

LINE_MAX = 64 * 1024  # bytes, the line end not counted


def upper(line: bytes) -> bytes:
    try:
        return line.decode("utf-8").upper().encode("utf-8")
    except UnicodeDecodeError:
        return line.upper()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        # A read may return half a line or three of them; readline() returns one.
        while (line := await reader.readline()).endswith(b"\n"):
            writer.write(upper(line))
            await writer.drain()
    except (ValueError, ConnectionError):
        pass  # a line that is too long, or a client that is gone
    finally:
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]), limit=LINE_MAX)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
