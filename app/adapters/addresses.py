"""Which addresses the program may connect to: the public internet, and what an allow-list names.

The tables are IANA's special-purpose registries (RFC 6890 and its updates), written out, since what `ipaddress` calls
global has changed between patch releases of Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from app.domain.errors import AppError

ALLOW_SETTING = "ORCHESTRION_EGRESS_ALLOW"

_SPECIAL_V4 = tuple(
    IPv4Network(net)
    for net in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, and the metadata service of clouds
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_GLOBAL_V6 = IPv6Network("2000::/3")
"""All that was ever given out as global unicast; loopback, link-local, unique local, multicast, NAT64 and mapped addresses lie outside."""
_SPECIAL_V6 = tuple(
    IPv6Network(net)
    for net in (
        "2001::/23",  # protocol assignments, Teredo (2001::/32) among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address inside, private ones too
        "3fff::/20",  # documentation
    )
)
_ENTRY = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[^\s:/@\[\]?#*]+)):(?P<port>\d{1,5})")


class AllowListInvalid(AppError):
    """The egress allow-list is not a list of host:port."""

    code = "egress.allow_list_invalid"


def parse_allow_list(entries: str | Iterable[str]) -> frozenset[str]:
    """What a tenant's setting or ORCHESTRION_EGRESS_ALLOW says: `host:port`, separated by commas or as a list; `[::1]:8080` for IPv6.

    Raises:
        AllowListInvalid: an entry is something else.
    """
    texts = entries.split(",") if isinstance(entries, str) else entries
    return frozenset(_entry(text.strip()) for text in texts if text.strip())


def allow_key(host: str, port: int) -> str:
    """How `host` and `port` stand in an allow-list."""
    name = host.strip("[]").rstrip(".").lower()
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"


def unmapped(address: str) -> IPv4Address | IPv6Address:
    """The address itself; the IPv4 one for ::ffff:a.b.c.d. A scope id stays."""
    parsed = ip_address(address)
    return parsed.ipv4_mapped or parsed if isinstance(parsed, IPv6Address) else parsed


def is_global(address: str) -> bool:
    """Whether an address, as a resolver gives it, lies in the public internet."""
    parsed = unmapped(address)
    if isinstance(parsed, IPv4Address):
        return not any(parsed in net for net in _SPECIAL_V4)
    return parsed.scope_id is None and parsed in _GLOBAL_V6 and not any(parsed in net for net in _SPECIAL_V6)


def _entry(text: str) -> str:
    match = _ENTRY.fullmatch(text)
    try:
        if match is not None and 0 < int(match["port"]) < 65_536:
            host = str(IPv6Address(match["v6"])) if match["v6"] is not None else match["host"].encode("idna").decode()
            return allow_key(host, int(match["port"]))
    except ValueError:  # no IPv6 address, or no possible host name
        pass
    raise AllowListInvalid(
        f'"{text[:80]}" in the egress allow-list is not host:port, such as localhost:11434 or [::1]:8080; '
        f"the list is {ALLOW_SETTING} or stands in the tenant's settings."
    )
