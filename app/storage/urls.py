"""Database URLs as people write them, as libpq reads them, and as they may be shown."""

from __future__ import annotations

import re

_SCHEME = re.compile(r"^(postgres|postgresql)(\+\w+)?://")
_PASSWORD = re.compile(r"(?<=:)[^:@/]+(?=@)|(?<=password=)\S+")


def libpq_url(url: str) -> str:
    """`url` for psycopg: postgres://, postgresql+driver:// and keyword strings ("host=… dbname=…") are accepted."""
    return _SCHEME.sub("postgresql://", url.strip())


def shown_url(url: str) -> str:
    """`url` without its password, for messages and logs."""
    return _PASSWORD.sub("…", libpq_url(url))
