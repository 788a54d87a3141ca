"""The one way out: every HTTP request of the program goes through `Egress`.

http and https only; only to public addresses or where an allow-list says so, checked again on every redirect; what is
secret stays behind when a redirect leaves the host; certificates verified; time, size and decompression bounded; no
proxy, cookie jar or .netrc from the environment.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from app import __version__
from app.adapters.addresses import allow_key, parse_allow_list
from app.adapters.exchange import EgressFailure, EgressRefused, EgressTimeout, HttpReply, HttpRequest, RequestInvalid

if TYPE_CHECKING:
    import ssl

    import httpx

    from app.adapters.transport import Pool, Resolver

MAX_REDIRECTS = 3
USER_AGENT = f"Orchestrion/{__version__}"

_MAX_POOLS = 16
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OURS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade", "expect", "accept-encoding"}
)
_HOST = re.compile(r"[A-Za-z0-9._-]+|\[?[0-9A-Fa-f:.]+\]?")
_KEPT_ACROSS_HOSTS = frozenset({"accept", "accept-language", "content-type", "user-agent", "idempotency-key"})
"""All that goes along to another host: any other header may be a key under a name that nobody could list."""


class Egress:
    """The door of one process. `allow` (ORCHESTRION_EGRESS_ALLOW) holds for all requests, a tenant's own list comes with each.

    `resolver` and `ca_file` (a company's own authority, beside the system's) are seldom given. Belongs to one event loop.
    """

    def __init__(self, *, allow: str | Iterable[str] = (), resolver: Resolver | None = None, ca_file: Path | None = None) -> None:
        self._allow = parse_allow_list(allow)
        self._resolver, self._ca_file = resolver, ca_file
        self._tls: ssl.SSLContext | None = None
        self._pools: OrderedDict[frozenset[str], Pool] = OrderedDict()

    async def send(self, request: HttpRequest) -> HttpReply:
        """The whole reply, whatever its status.

        Raises:
            EgressFailure: there is none; see `exchange` for the kinds.
        """
        async with self.stream(request) as response:
            body = b"".join([piece async for piece in response.aiter_raw()])
            headers = tuple((name.lower(), value) for name, value in response.headers.multi_items())
            return HttpReply(response.status_code, headers, body, str(response.url))

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[httpx.Response]:
        """The reply as it comes in: `aiter_bytes`, `aiter_lines` or an httpx_sse.EventSource read it, bounds included.

        Leaving the block, by cancellation too, closes the connection unless the body was read to its end.
        """
        try:
            async with asyncio.timeout(request.timeout_s) as clock, self._pool(request.allow) as pool:
                response = await self._follow(pool, request)
                try:
                    yield response
                finally:
                    await response.aclose()
        except TimeoutError:
            if not clock.expired():
                raise
            raise EgressTimeout(
                f"{_place(request.url)} took longer than {request.timeout_s:g} s.", details={"timeout_ms": round(request.timeout_s * 1000)}
            ) from None

    async def aclose(self) -> None:
        """Close every connection. Requests in flight fail."""
        while self._pools:
            _, pool = self._pools.popitem()
            await pool.aclose()

    async def _follow(self, pool: Pool, request: HttpRequest) -> httpx.Response:
        """The first reply that is no redirect, or the redirect itself when it is not to be followed."""
        sent = _as_sent(request)
        for _ in range(MAX_REDIRECTS + 1):
            response = await pool.exchange(sent, timeout_s=request.timeout_s, max_reply_bytes=request.max_reply_bytes)
            location = response.headers.get("location")
            if not request.follow_redirects or response.status_code not in _REDIRECTS or location is None:
                return response
            await response.aclose()
            sent = _redirected(sent, response.status_code, location)
        raise EgressFailure(f"{_place(request.url)} redirects more than {MAX_REDIRECTS} times; use the address where it ends.")

    @asynccontextmanager
    async def _pool(self, tenants_allow: frozenset[str]) -> AsyncIterator[Pool]:
        """Connections are kept per allow-list: what one tenant may reach must not be left open for another."""
        from app.adapters.transport import Pool, SystemResolver, trusted

        allow = self._allow | tenants_allow
        pool = self._pools.get(allow)
        if pool is None:
            self._tls = self._tls or trusted(self._ca_file)
            pool = self._pools[allow] = Pool(self._resolver or SystemResolver(), allow, self._tls)
        self._pools.move_to_end(allow)
        pool.users += 1
        try:
            yield pool
        finally:
            pool.users -= 1
            for key, idle in [(key, kept) for key, kept in self._pools.items() if not kept.users][: max(0, len(self._pools) - _MAX_POOLS)]:
                del self._pools[key]
                await idle.aclose()


def _as_sent(request: HttpRequest) -> httpx.Request:
    import httpx

    url = _checked_url(request.url)
    headers = [(name, value) for name, value in request.headers]
    for name, value in headers:
        if name.lower() in _OURS:
            raise RequestInvalid(f'The header "{name}" is set by the program itself; leave it out.')
        if not name.isascii() or not value.isprintable():
            raise RequestInvalid(f'The header "{name}" holds characters that cannot be sent, such as a line end.')
    names = {name.lower() for name, _ in headers}
    if url.userinfo and "authorization" not in names:
        user_and_password = f"{url.username}:{url.password}".encode()
        headers.append(("Authorization", f"Basic {base64.b64encode(user_and_password).decode()}"))
    if "user-agent" not in names:
        headers.append(("User-Agent", USER_AGENT))
    if "accept" not in names:
        headers.append(("Accept", "*/*"))
    headers.append(("Accept-Encoding", "gzip, deflate"))
    query = b"&".join(part for part in (url.query, urlencode(request.query).encode()) if part)
    url = url.copy_with(userinfo=b"", fragment=None, query=query or None)
    encoded = [(name.encode("ascii"), value.strip().encode("utf-8")) for name, value in headers]
    return httpx.Request(request.method.upper(), url, headers=encoded, content=request.body)


def _redirected(sent: httpx.Request, status_code: int, location: str) -> httpx.Request:
    """What to send after a redirect (RFC 9110 §15.4), without anything secret when it leads to another host."""
    import httpx

    url = _checked_url(location, base=sent.url).copy_with(userinfo=b"")
    method, body = sent.method, sent.content
    headers = [
        (name, value) for name, value in sent.headers.multi_items() if name.lower() not in {"host", "content-length", "transfer-encoding"}
    ]
    if (status_code == 303 and method != "HEAD") or (status_code in {301, 302} and method == "POST"):
        method, body = "GET", b""
        headers = [(name, value) for name, value in headers if not name.lower().startswith("content-")]
    if not _same_server(sent.url, url):
        if body:
            raise EgressRefused(
                f"{sent.url.host} asks to send the request's body on to {url.host}. If that is right, use that address in the step.",
                details={"host": allow_key(url.host, _port(url))},
            )
        headers = [(name, value) for name, value in headers if name.lower() in _KEPT_ACROSS_HOSTS or name.lower() == "accept-encoding"]
    return httpx.Request(method, url, headers=headers, content=body or None)


def _checked_url(text: str, base: httpx.URL | None = None) -> httpx.URL:
    import httpx

    try:
        url = httpx.URL(text) if base is None else base.join(text)
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise RequestInvalid(f'"{text}" is not a URL: {error}.') from None
    if url.scheme not in {"http", "https"}:
        whence = "The server redirects to" if base is not None else "The URL begins with"
        raise EgressRefused(f'{whence} "{url.scheme[:20]}:"; only http:// and https:// go out.')
    if not _HOST.fullmatch(url.raw_host.decode("ascii", "replace")):
        raise RequestInvalid(f'"{text}" names no server; a URL is like https://example.com/path.')
    if not 0 < _port(url) < 65_536:
        raise RequestInvalid(f'"{text}" has a port that does not exist; ports go from 1 to 65535.')
    return url


def _same_server(before: httpx.URL, after: httpx.URL) -> bool:
    """Same scheme, host and port; or the same host gone over to https, both on their usual ports."""
    if before.host != after.host:
        return False
    if (before.scheme, _port(before)) == (after.scheme, _port(after)):
        return True
    return (before.scheme, _port(before), after.scheme, _port(after)) == ("http", 80, "https", 443)


def _port(url: httpx.URL) -> int:
    return (443 if url.scheme == "https" else 80) if url.port is None else url.port


def _place(url: str) -> str:
    """The host of a URL for a sentence: never its path or query, which may hold a key."""
    import httpx

    try:
        return httpx.URL(url).host or "The server"
    except httpx.InvalidURL:
        return "The server"
