"""Where a listener listens, and where others reach it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from app.domain.errors import AppError

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared, not bound


class ListenAddressInvalid(AppError):
    """The address to listen on is HOST:PORT, such as 127.0.0.1:8642."""

    code = "setting.listen"


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """Port 0 takes any free one. `public_url` is where a proxy is reached that forwards to here."""

    host: str
    port: int
    public_url: str | None = None

    @property
    def text(self) -> str:
        """HOST:PORT."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def base_url(self) -> str:
        """Where webhooks are reached, without a slash at its end."""
        if self.public_url is not None:
            return self.public_url.rstrip("/")
        host = "127.0.0.1" if self.host == "0.0.0.0" else "[::1]" if self.host == "::" else self.text.rpartition(":")[0]  # noqa: S104
        return f"http://{host}:{self.port}"

    @property
    def public(self) -> SplitResult | None:
        return urlsplit(self.public_url) if self.public_url else None

    @property
    def names(self) -> frozenset[str]:
        """What a request may name as its host."""
        public = self.public
        return frozenset({self.host.lower(), *LOOPBACK, *([public.hostname] if public is not None and public.hostname else [])})


def parse_address(text: str, *, public_url: str | None = None) -> ListenAddress:
    """`HOST:PORT`; an IPv6 host stands in brackets.

    Raises:
        ListenAddressInvalid.
    """
    host, colon, port = text.strip().rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isdigit() or int(port) > 65_535:
        raise ListenAddressInvalid(f"“{text:.80}” is no address to listen on; it looks like 127.0.0.1:8642.")
    return ListenAddress(host, int(port), public_url)
