"""One exchange over HTTP as plain values, and every way it can fail.

AdapterFailure
└── EgressFailure
    ├── EgressRefused       not allowed: scheme, private address, a redirect that would carry the body to another host
    ├── EgressUnreachable   no such host, no connection, a broken one, a certificate that does not verify
    ├── EgressTimeout
    ├── ReplyTooLarge
    ├── ReplyUnreadable     not HTTP, a broken compression, one that nobody asked for
    └── RequestInvalid      a URL or header that cannot be sent
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from app.adapters.addresses import ALLOW_SETTING
from app.adapters.protocol import AdapterFailure
from app.domain.json_value import Json

DEFAULT_TIMEOUT_S = 30.0
DEFAULT_REPLY_BYTES = 4 * 1024 * 1024

_RETRYABLE_STATUS = frozenset({408, 425, 429})
_EXCERPT_CHARS = 2_000
_EXCERPT_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """`allow` is the tenant's allow-list, beside the process's own; `timeout_s` bounds everything, redirects and body included."""

    method: str
    url: str
    headers: Sequence[tuple[str, str]] = ()
    query: Sequence[tuple[str, str]] = ()
    body: bytes | None = None
    timeout_s: float = DEFAULT_TIMEOUT_S
    max_reply_bytes: int = DEFAULT_REPLY_BYTES
    follow_redirects: bool = True
    allow: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class HttpReply:
    """`headers` in the order of the wire, names in lower case; `body` is decompressed; `url` is where the last redirect led."""

    status_code: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    url: str

    def header(self, name: str) -> str | None:
        """The first header of this name (lower case)."""
        return next((value for key, value in self.headers if key == name), None)

    def header_object(self) -> dict[str, Json]:
        """Headers as JSON; one that stands several times is joined by commas, cookies by line ends."""
        joined: dict[str, list[str]] = {}
        for name, value in self.headers:
            joined.setdefault(name, []).append(value)
        return {name: ("\n" if name == "set-cookie" else ", ").join(values) for name, values in joined.items()}

    def excerpt(self, mask: Callable[[str], str]) -> str:
        """The body's beginning as text for an error's details; masked before it is cut."""
        return mask(self.body[:_EXCERPT_BYTES].decode("utf-8", "replace"))[:_EXCERPT_CHARS]


class EgressFailure(AdapterFailure):
    """An exchange that gave no reply."""

    type_name = "HttpError"
    helps_to_retry = False

    def __init__(self, message: str, *, details: Json = None, retryable: bool | None = None) -> None:
        helps = self.helps_to_retry if retryable is None else retryable
        super().__init__(self.type_name, message, retryable=helps, details=details)


class EgressRefused(EgressFailure):
    """The request may not leave this program."""


class EgressUnreachable(EgressFailure):
    """The server could not be reached, or the connection broke."""

    helps_to_retry = True


class EgressTimeout(EgressFailure):
    """The server took too long."""

    type_name = "Timeout"
    helps_to_retry = True


class ReplyTooLarge(EgressFailure):
    """The reply has more bytes than are taken."""

    type_name = "LimitExceeded"


class ReplyUnreadable(EgressFailure):
    """What came back is not a readable HTTP reply."""

    helps_to_retry = True


class RequestInvalid(EgressFailure):
    """The request cannot be sent as it is."""

    type_name = "ValidationError"


def private_address_refused(place: str, address: str) -> EgressRefused:
    """`place` is the URL's host:port, `address` what it resolved to."""
    named = "" if address in place else f" ({address})"
    return EgressRefused(
        f"{place}{named} is not a public address. If this server is meant, put {place} on the allow-list: "
        f"in the tenant's settings, or in {ALLOW_SETTING}.",
        details={"host": place, "address": address},
    )


def is_retryable_status(status_code: int) -> bool:
    """Whether the same request may succeed later: too early, too slow, too many, or the server's own fault."""
    return status_code in _RETRYABLE_STATUS or (status_code >= 500 and status_code not in {501, 505})


def retry_after_s(reply: HttpReply) -> float | None:
    """How long the server asks to wait: Retry-After in seconds or as a date, or the finer retry-after-ms that model servers send."""
    millis, value = reply.header("retry-after-ms"), reply.header("retry-after")
    if millis is not None and re.fullmatch(r"\d{1,9}(\.\d{1,6})?", millis.strip()):
        return float(millis) / 1000
    if value is None:
        return None
    if re.fullmatch(r"\d{1,9}(\.\d{1,6})?", value.strip()):
        return float(value)
    when = _http_date(value)
    if when is None:
        return None
    # By the server's own clock where it tells it: two clocks need not agree.
    now = _http_date(reply.header("date") or "")
    return max(0.0, when - (time.time() if now is None else now))


def _http_date(text: str) -> float | None:
    try:
        when = parsedate_to_datetime(text)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
