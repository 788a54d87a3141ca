"""The outside counter: a process of its own that notes every effect a step has, and answers with what it was sent.

``POST /effect/STATUS?ms=N`` notes key and time, takes N milliseconds and answers STATUS; ``GET /effects`` gives all notes so far
as ``[[key, seconds since 1970], …]``. Run it with ``python -m tests.e2e.durability.counter``; it prints its port.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

TOP = Path(__file__).resolve().parents[3]


class Counter:
    """The counter as its users see it: start, ask, stop."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.durability.counter"], cwd=TOP, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.communicate()  # it ends when nobody holds its input any more

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def effects(self) -> list[tuple[str, float]]:
        """Every effect so far, oldest first: its idempotency key and when it arrived."""
        with urllib.request.urlopen(f"http://{self.address}/effects", timeout=10) as reply:
            return [(key, at) for key, at in json.load(reply)]


class _Server:
    def __init__(self) -> None:
        self._noted: list[tuple[str, float]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection to its end; what arrived is noted even if nobody waits for the answer any more."""
        try:
            while True:
                status, body = await self._answered(reader)
                head = f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(head.encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answered(self, reader: asyncio.StreamReader) -> tuple[str, bytes]:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        path, _, query = lines[0].split(" ")[1].partition("?")
        if path == "/effects":
            return "200", json.dumps(self._noted).encode()
        self._noted.append((headers["idempotency-key"], time.time()))
        await asyncio.sleep(int(query.removeprefix("ms=") or "0") / 1000)
        return path.rpartition("/")[2], body


async def main() -> None:
    server = await asyncio.start_server(_Server().serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
