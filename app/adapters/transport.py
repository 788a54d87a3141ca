"""The socket end of the egress: resolve, check, connect to what was checked; decompress within bounds.

The check stands where connections are made, inside httpcore's pool: nothing that uses the pool, on whatever redirect,
reaches an address that was not looked at, and none is resolved twice. TLS names and verifies the host of the URL.
This module imports httpx and httpcore, 0.1 s of work: `egress` loads it at the first request.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import certifi
import httpcore
import httpx

from app.adapters.addresses import allow_key, is_global, unmapped
from app.adapters.exchange import (
    EgressFailure,
    EgressTimeout,
    EgressUnreachable,
    ReplyTooLarge,
    ReplyUnreadable,
    RequestInvalid,
    private_address_refused,
)

CONNECT_TIMEOUT_S = 10.0
MAX_CONNECTIONS = 500
MAX_IDLE_CONNECTIONS = 20
IDLE_S = 30.0
PIECE_BYTES = 65_536
_GZIP_MAGIC = b"\x1f\x8b"


class Resolver(Protocol):
    async def addresses(self, host: str, port: int) -> Sequence[str]:
        """The addresses of a host, best first. Raises OSError when it has none."""


class SystemResolver:
    """What the operating system says, hosts file included; it also reads the odd spellings such as 0x7f.1 as the addresses they are."""

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Opens TCP connections to global addresses, and to others only where the allow-list says so."""

    def __init__(self, resolver: Resolver, allow: frozenset[str]) -> None:
        self._resolver, self._allow = resolver, allow
        self._sockets = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self._checked(host, port)
        for address in addresses[:-1]:
            # A dead first address (IPv6 without a route, most often) must not eat the time of the others.
            with contextlib.suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                share = None if timeout is None else timeout / len(addresses)
                return await self._sockets.connect_tcp(address, port, share, local_address, socket_options)
        return await self._sockets.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None
    ) -> httpcore.AsyncNetworkStream:
        raise httpcore.UnsupportedProtocol("there is no way out through a local socket")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def _checked(self, host: str, port: int) -> list[str]:
        """Those addresses of the host that may be connected to, at least one."""
        place = allow_key(host, port)
        try:
            found = [str(unmapped(address)) for address in await self._resolver.addresses(host, port)]
        except (OSError, UnicodeError):
            found = []
        if not found:
            raise EgressUnreachable(
                f'There is no server named "{host}"; check the URL and this machine\'s network.', details={"host": host}
            )
        if place in self._allow:
            return found
        fine = [address for address in found if is_global(address) or allow_key(address, port) in self._allow]
        if not fine:
            raise private_address_refused(place, found[0])
        return fine


class Pool:
    """Connections that were opened under one allow-list. They are never lent to another list's requests; `users` counts those in flight."""

    def __init__(self, resolver: Resolver, allow: frozenset[str], tls: ssl.SSLContext) -> None:
        self.users = 0
        self._connections = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=MAX_IDLE_CONNECTIONS,
            keepalive_expiry=IDLE_S,
            network_backend=CheckedNetwork(resolver, allow),
        )

    async def exchange(self, request: httpx.Request, *, timeout_s: float, max_reply_bytes: int) -> httpx.Response:
        """The reply with its body still on the wire; reading it decompresses and counts. Close it in every case."""
        place = str(request.url.host)
        limits = {"connect": min(timeout_s, CONNECT_TIMEOUT_S), "read": timeout_s, "write": timeout_s, "pool": timeout_s}
        sent = httpcore.Request(
            method=request.method,
            url=httpcore.URL(scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions={"timeout": limits},
        )
        with told_as_egress(place):
            reply = await self._connections.handle_async_request(sent)
        headers = httpx.Headers(reply.headers)
        try:
            body = _Body(reply, headers.get("content-encoding", ""), max_reply_bytes, place)
        except EgressFailure:
            await reply.aclose()
            raise
        # What is handed on is decompressed, so neither header is true any more.
        kept = [(name, value) for name, value in reply.headers if name.lower() not in {b"content-encoding", b"content-length"}]
        return httpx.Response(reply.status, headers=kept, stream=body, request=request)

    async def aclose(self) -> None:
        await self._connections.aclose()


@lru_cache(maxsize=4)
def trusted(ca_file: Path | None = None) -> ssl.SSLContext:
    """Certificates are verified, always: by the system's authorities, Mozilla's list, and a company's own."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


class _Body(httpx.AsyncByteStream):
    """A reply's body, decompressed piece by piece and never more of it than was agreed."""

    def __init__(self, reply: httpcore.Response, coding: str, max_bytes: int, place: str) -> None:
        self._reply, self._max_bytes, self._place = reply, max_bytes, place
        self._decoder = _decoder(coding.strip().lower(), place)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        raw_bytes = plain_bytes = 0
        with told_as_egress(self._place):
            async for part in self._reply.aiter_stream():
                raw_bytes += len(part)
                for piece in (part,) if self._decoder is None else self._decoder.feed(part):
                    plain_bytes += len(piece)
                    if plain_bytes > self._max_bytes:
                        break
                    yield piece
                # The raw side counts too: compressed nothing is endless as well.
                if max(raw_bytes, plain_bytes) > self._max_bytes:
                    raise ReplyTooLarge(
                        f"The reply of {self._place} is larger than {self._max_bytes:,} bytes; ask for less, or raise max_response_bytes.",
                        details={"max_bytes": self._max_bytes},
                    )
            if raw_bytes and self._decoder is not None and not self._decoder.is_complete:
                raise ReplyUnreadable(f"The compressed reply of {self._place} breaks off before its end.")

    async def aclose(self) -> None:
        await self._reply.aclose()


class Inflater:
    """gzip or deflate with bounded steps: a small bomb is never held inflated."""

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._stream: zlib._Decompress | None = None

    @property
    def is_complete(self) -> bool:
        return self._stream is not None and self._stream.eof

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            stream = self._stream = self._stream or zlib.decompressobj(_window(self._coding, data))
            pending = True
            while pending:
                piece = stream.decompress(data, PIECE_BYTES)  # after its end a stream only collects into `unused_data`
                data = stream.unconsumed_tail
                if piece:
                    yield piece
                pending = not stream.eof and (bool(data) or len(piece) == PIECE_BYTES)
            if not (stream.eof and stream.unused_data.startswith(_GZIP_MAGIC)):
                return  # more is to come, or what follows is no member but padding
            data, self._stream = stream.unused_data, None


def _window(coding: str, data: bytes) -> int:
    """zlib's window argument. RFC 9110 §8.4.1.2: "deflate" means the zlib format, but some servers send it bare."""
    bare = coding == "deflate" and data[0] & 0x0F != zlib.DEFLATED
    return -zlib.MAX_WBITS if bare else zlib.MAX_WBITS | 32  # 32: gzip or zlib, whichever the header says


def _decoder(coding: str, place: str) -> Inflater | None:
    match coding:
        case "" | "identity":
            return None
        case "gzip" | "x-gzip" | "deflate":
            return Inflater(coding)
        case _:
            raise ReplyUnreadable(
                f'{place} compresses its reply as "{coding[:40]}", which was not asked for and cannot be read.', retryable=False
            )


@contextlib.contextmanager
def told_as_egress(place: str) -> Iterator[None]:
    """Errors of the library below become ours, each with a sentence."""
    try:
        yield
    except EgressFailure:
        raise
    except httpcore.ConnectTimeout:
        raise EgressTimeout(f"{place} does not accept a connection.", details={"host": place}) from None
    except httpcore.TimeoutException:
        raise EgressTimeout(f"{place} took too long to answer.", details={"host": place}) from None
    except httpcore.LocalProtocolError as error:
        raise RequestInvalid(f"The request to {place} cannot be sent: {_first_line(error)}.") from None
    except httpcore.RemoteProtocolError as error:
        raise ReplyUnreadable(f"{place} did not answer in HTTP, or broke off: {_first_line(error)}.") from None
    except httpcore.ConnectError as error:
        if isinstance(cause := error.__cause__ or error.__context__, ssl.SSLCertVerificationError):
            raise EgressUnreachable(
                f"The certificate of {place} cannot be trusted ({cause.verify_message}). Certificates are always verified: "
                "correct the server's, or install its authority on this machine.",
                details={"host": place},
                retryable=False,
            ) from None
        raise EgressUnreachable(f"{place} cannot be reached: {_first_line(error)}.", details={"host": place}) from None
    except httpcore.NetworkError as error:
        raise EgressUnreachable(f"The connection to {place} broke: {_first_line(error)}.", details={"host": place}) from None
    except zlib.error:
        raise ReplyUnreadable(f"The compressed reply of {place} is damaged.") from None


def _first_line(error: Exception) -> str:
    text = (str(error) or str(error.__cause__ or "") or type(error).__name__).strip().splitlines()[0]
    return text.rstrip(".")[:200]
