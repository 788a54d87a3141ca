"""An egress that may reach the servers of a test, and those servers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import pytest
from pytest_httpserver import HTTPServer

from app.adapters.egress import Egress
from app.adapters.protocol import CallContext
from app.domain.json_value import Json
from tests.adapters.servers import RawServer


@pytest.fixture(scope="session")
def httpserver_listen_address() -> tuple[str, int]:
    return ("127.0.0.1", 0)


@pytest.fixture
async def door() -> AsyncIterator[Callable[..., Egress]]:
    """Makes egresses, and closes them after the test."""
    async with AsyncExitStack() as stack:

        def make(**options: object) -> Egress:
            egress = Egress(**options)  # type: ignore[arg-type]
            stack.push_async_callback(egress.aclose)
            return egress

        yield make


@pytest.fixture
def egress(door: Callable[..., Egress], httpserver: HTTPServer) -> Egress:
    """Allowed to reach `httpserver`, by its address."""
    return door(allow=f"127.0.0.1:{httpserver.port}")


@pytest.fixture
async def raw_server() -> AsyncIterator[Callable[..., object]]:
    """Starts servers that answer with the bytes they are given."""
    async with AsyncExitStack() as stack:

        async def start(*answers: bytes, **options: object) -> RawServer:
            return await stack.enter_async_context(RawServer(*answers, **options))  # type: ignore[arg-type]

        yield start


@pytest.fixture
def call() -> Callable[..., CallContext]:
    def make(input: Json = None, *, attempt: int = 1, **more: object) -> CallContext:
        return CallContext("run-1", "tenant-1", "/fetch", attempt, input, **more)  # type: ignore[arg-type]

    return make
