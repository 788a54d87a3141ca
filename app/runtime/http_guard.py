"""HTTP connections that cannot be held for nothing: bounded heads, bounded time to send one, a bounded number of connections."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 32 << 10
MOST_HEADERS = 100
HEAD_WITHIN_S = 10.0
MOST_CONNECTIONS = 2_000
BEGUN_AT = "begun_at"
"""In the `state` of a request's scope: the reading of `time.perf_counter` when its first byte was here."""


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which by itself waits for the rest of a head for ever and keeps whatever it is sent."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._head_bytes = 0
        self._in_head = True
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        if len(self.connections) >= MOST_CONNECTIONS:
            transport.abort()
            return
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_here()
        if self.transport is not None:
            super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport is None or self.parser is None:  # refused, or gone
            return
        was_in_head = self._in_head
        super().data_received(data)
        # What came with the end of a head is body; what did not end a head is all head.
        if was_in_head and self._in_head and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > 2 * HEAD_BYTES:
                self.send_400_response("The request's head is too large.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["state"][BEGUN_AT] = time.perf_counter()
        self._in_head, self._head_bytes = True, 0
        if self._deadline is None:
            self._expect_head()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > HEAD_BYTES // 4:
            raise httptools.HttpParserInvalidURLError("too long")

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        if len(self.headers) > MOST_HEADERS or sum(len(key) + len(text) for key, text in self.headers) > HEAD_BYTES:
            raise httptools.HttpParserError("too many headers")

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_is_here()
        super().on_headers_complete()

    def _expect_head(self) -> None:
        self._deadline = self.loop.call_later(HEAD_WITHIN_S, self._give_up)

    def _head_is_here(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if self._in_head and self.transport is not None:
            self.transport.close()
