"""The HTTP listener for webhooks: `POST /webhooks/{id}`, `GET /health`, `GET /ready`, and nothing else.

It runs on the engine's loop, on a socket that is bound here: a busy port is a sentence, not an exit. It takes loopback, the bound
address and the public base URL as `Host`, and no request with an `Origin`: a page in a browser has no business here.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import re
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import uvicorn

from app.domain.errors import AppError
from app.domain.json_value import dumps
from app.runtime.http_guard import BEGUN_AT, GuardedProtocol
from app.runtime.listen_address import EVERYWHERE, ListenAddress
from app.services.receiving import Answer, Receiving

logger = logging.getLogger(__name__)

BODY_BYTES = 1 << 20
BODY_WITHIN_S = 10.0
STOP_WITHIN_S = 5
KEEP_ALIVE_S = 5
BACKLOG = 1_024
_HOOK = re.compile(r"/webhooks/([^/]{1,100})")
_JSON_TYPE = re.compile(r"application/(?:[\w.+-]+\+)?json\s*(?:;.*)?", re.IGNORECASE)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class AddressTaken(AppError):
    """Nothing can listen on this address."""

    code = "listener.address"


class _TooLarge(Exception):
    """More body than is taken."""


class WebhookListener:
    """From `start` to `stop`."""

    def __init__(self, receiving: Receiving, address: ListenAddress) -> None:
        self._receiving = receiving
        self.address = address
        self._names = address.names
        public = address.public
        self._prefix = public.path.rstrip("/") if public is not None else ""
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None

    @property
    def is_listening(self) -> bool:
        return self._serving is not None and not self._serving.done()

    async def start(self) -> None:
        """Listen; a port that was 0 is known afterwards.

        Raises:
            AddressTaken: something else listens there, or the address is not this machine's.
        """
        bound = _bound(self.address.host, self.address.port)
        self.address = replace(self.address, port=bound.getsockname()[1])
        config = uvicorn.Config(
            self._application,
            http=GuardedProtocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level=logging.ERROR,
            access_log=False,
            server_header=False,
            date_header=True,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=STOP_WITHIN_S,
            backlog=BACKLOG,
        )
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[bound]), name="webhook listener")
        up = asyncio.create_task(self._server.up.wait())
        await asyncio.wait([up, self._serving], return_when=asyncio.FIRST_COMPLETED)
        up.cancel()
        logger.info("listening for webhooks on %s", self.address.text)

    async def stop(self) -> None:
        """Take nothing new, answer what is under way for at most 5 s. Idempotent."""
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await asyncio.gather(self._serving, return_exceptions=True)
            self._server = self._serving = None

    async def _application(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        answer, closes = await self._answer(scope, receive)
        body = b"" if answer.body is None or answer.status == 204 else dumps(answer.body).encode()
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in answer.headers.items()]
        if not any(name == b"content-type" for name, _ in headers) and body:
            headers.append((b"content-type", b"application/json"))
        headers += [(b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
        if closes:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[Answer, bool]:
        """The answer, and whether the connection is closed after it because something of the request was not read."""
        headers = _headers(scope["headers"])
        if (refusal := self._refusal(headers)) is not None:
            return refusal, True
        path, method = self._path(scope["path"]), scope["method"]
        if path in ("/health", "/ready"):
            if method not in ("GET", "HEAD"):
                return Answer(405, {"error": f"{path} is read with GET."}, {"Allow": "GET, HEAD"}), True
            return await self._state(path), False
        hook = _HOOK.fullmatch(path)
        if hook is None:
            return Answer(404, {"error": "There is nothing here; webhooks are posted to /webhooks/{id}."}), True
        if method != "POST":
            return Answer(405, {"error": "A webhook takes POST."}, {"Allow": "POST"}), True
        if (refusal := _unreadable(headers)) is not None:
            return refusal, True
        try:
            async with asyncio.timeout(BODY_WITHIN_S):
                body = await _body(receive)
        except TimeoutError:
            return Answer(408, {"error": f"The body did not arrive within {BODY_WITHIN_S:.0f} s."}), True
        except _TooLarge:
            return Answer(413, {"error": f"The body has more than {BODY_BYTES:,} bytes."}), True
        if body is None:
            return Answer(400, {"error": "The request ended before its body did."}), True
        try:
            return await self._receiving.receive(hook[1], headers, body, begun_at=scope["state"][BEGUN_AT]), False
        except Exception:
            logger.exception("a delivery could not be answered")
            return Answer(503, {"error": "Something went wrong here; deliver it again."}, {"Retry-After": "5"}), False

    async def _state(self, path: str) -> Answer:
        if path == "/health" or await self._receiving.is_ready():
            return Answer(200, {"status": "ok"})
        return Answer(503, {"status": "the database does not answer"}, {"Retry-After": "5"})

    def _path(self, path: str) -> str:
        """Without the path of the public base URL, whether or not the proxy has taken it off."""
        return path[len(self._prefix) :] if self._prefix and path.startswith(f"{self._prefix}/") else path

    def _refusal(self, headers: Mapping[str, str]) -> Answer | None:
        if "origin" in headers:
            return Answer(403, {"error": "Requests from web pages are not taken."})
        host = headers.get("host", "")
        if not host:
            return Answer(400, {"error": "The request names no single host."})
        try:
            name = (urlsplit(f"//{host}").hostname or "").lower()
        except ValueError:
            name = ""
        if name not in self._names and not self._is_own_address(name):
            return Answer(403, {"error": "This host is not served here."})
        return None

    def _is_own_address(self, name: str) -> bool:
        """Bound to all addresses, a request may name any of them by number; names stay refused, so that none can be rebound to us."""
        if self.address.host not in EVERYWHERE:
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


class _Server(uvicorn.Server):
    """uvicorn without its hands on the process's signals."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _bound(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        found = socket.socket(family, kind, protocol)
    except OSError as error:
        raise AddressTaken(f"Nothing can listen on {host}:{port}: {error.strerror or error}.") from error
    try:
        if socket.has_dualstack_ipv6() and family == socket.AF_INET6 and host == "::":
            found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
        found.setblocking(False)
    except OSError as error:
        found.close()
        reason = "something else listens there" if error.errno in (48, 98, 10048) else (error.strerror or str(error)).lower()
        raise AddressTaken(f"Nothing can listen on {host}:{port}: {reason}; choose another address.") from error
    return found


def _headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """By lower-case name; one that came twice is empty, so that nobody can say two things at once."""
    found: dict[str, str] = {}
    for name, value in raw:
        key = name.decode("latin-1")
        found[key] = "" if key in found else value.decode("latin-1")
    return found


def _unreadable(headers: Mapping[str, str]) -> Answer | None:
    kind = headers.get("content-type")
    if kind is not None and not _JSON_TYPE.fullmatch(kind.strip()):
        return Answer(415, {"error": "The body must be JSON (Content-Type: application/json)."})
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        return Answer(415, {"error": "The body must not be compressed."})
    length = headers.get("content-length")
    if length is not None and length.isdigit() and int(length) > BODY_BYTES:
        return Answer(413, {"error": f"The body has more than {BODY_BYTES:,} bytes."})
    return None


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None when the sender went away."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        size += len(part)
        if size > BODY_BYTES:
            raise _TooLarge
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)
