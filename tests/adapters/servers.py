"""Small servers on this machine, and name servers that say what a test needs. Real sockets, no patched names."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence


class RawServer:
    """Answers each connection's first request with the next of its answers, the last one for all that follow.

    `hold` keeps the connection open after the answer until the client goes; `closed` tells that it went. `at_once` answers
    before anything was asked.
    """

    def __init__(self, *answers: bytes, hold: bool = False, at_once: bool = False, tls: ssl.SSLContext | None = None) -> None:
        self._answers, self._hold, self._at_once, self._tls = list(answers), hold, at_once, tls
        self.requests: list[bytes] = []
        self.arrived, self.closed = asyncio.Event(), asyncio.Event()
        self.connections = 0

    async def __aenter__(self) -> RawServer:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *error: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.place}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            head = b"" if self._at_once else await reader.readuntil(b"\r\n\r\n")
            self.requests.append(head)
            self.arrived.set()
            writer.write(self._answers.pop(0) if len(self._answers) > 1 else self._answers[0])
            await writer.drain()
            if self._hold:
                while await reader.read(65_536):
                    pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.closed.set()
            writer.close()


class SaidAddresses:
    """A resolver that says for each name what it was told, in turn for a name that changes its mind."""

    def __init__(self, **names: Sequence[str]) -> None:
        self._names = {name.replace("_", "."): list(said) for name, said in names.items()}
        self.asked: list[str] = []

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        said = self._names.get(host)
        if said is None:
            raise OSError("unknown name")
        return said


class ChangingAddresses:
    """The first answer is one address, every later answer another: DNS rebinding."""

    def __init__(self, first: str, later: str) -> None:
        self._first, self._later = first, later
        self.asked = 0

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        return [self._first if self.asked == 1 else self._later]


def reply(status: str = "200 OK", body: bytes = b"", **headers: str) -> bytes:
    """A whole HTTP reply; in header names `_` stands for `-`."""
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    if "content_length" not in headers and "transfer_encoding" not in headers:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body
