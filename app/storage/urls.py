"""Database URLs as people write them, as libpq takes them, and as they may be shown."""

from __future__ import annotations

import ipaddress
import os
import re
from pathlib import Path

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from app.domain.errors import DatabaseUnavailable

CONNECT_TIMEOUT_S = 10

_SCHEME = re.compile(r"^(postgres|postgresql)(\+\w+)?://")
_PASSWORD = re.compile(r"(?<=:)[^:@/]+(?=@)|(?<=password=)[^&\s]+")


def libpq_url(url: str) -> str:
    """`url` for psycopg: postgres://, postgresql+driver:// and keyword strings ("host=… dbname=…") are accepted."""
    return _SCHEME.sub("postgresql://", url.strip())


def libpq_environment(url: str) -> dict[str, str]:
    """`url` as the variables that psql and pg_dump read, so that a password is on no command line.

    https://www.postgresql.org/docs/current/libpq-envars.html
    """
    names = {
        "host": "PGHOST",
        "hostaddr": "PGHOSTADDR",
        "port": "PGPORT",
        "dbname": "PGDATABASE",
        "user": "PGUSER",
        "password": "PGPASSWORD",
    }
    names |= {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY", "options": "PGOPTIONS"}
    given = conninfo_to_dict(libpq_url(url))
    return {names[key]: str(value) for key, value in given.items() if key in names and value is not None}


def shown_url(url: str) -> str:
    """`url` without its password, for messages and logs."""
    return _PASSWORD.sub("…", libpq_url(url))


def conninfo(url: str, *, application_name: str = "orchestrion") -> str:
    """What every connection is opened with: `url`, and what it leaves open filled in.

    A dead network is noticed within seconds (keepalive 1 s × 3), times come in UTC, and a server on another host must prove who it is
    (sslmode=verify-full) unless the URL says otherwise.
    """
    try:
        given = {key: str(value) for key, value in conninfo_to_dict(libpq_url(url)).items() if value is not None}
    except ProgrammingError as error:
        raise DatabaseUnavailable(f"This is no database URL ({shown_url(url)}); write postgres://user@host:5432/name.") from error
    options = f"{given.pop('options', '')} -c TimeZone=UTC".strip()
    defaults = {
        "connect_timeout": str(CONNECT_TIMEOUT_S),
        "keepalives": "1",
        "keepalives_idle": "1",
        "keepalives_interval": "1",
        "keepalives_count": "3",
        "tcp_user_timeout": "4000",
        "application_name": application_name,
        **_tls_defaults(given),
    }
    return make_conninfo(**{**defaults, **given, "options": options})


def _tls_defaults(given: dict[str, str]) -> dict[str, str]:
    hosts = [*given.get("host", "").split(","), *given.get("hostaddr", "").split(",")]
    if "sslmode" in given or "PGSSLMODE" in os.environ or all(_is_local(host) for host in hosts):
        return {}
    own_root = "PGSSLROOTCERT" in os.environ or (Path.home() / ".postgresql/root.crt").exists()
    return {"sslmode": "verify-full"} | ({} if own_root else {"sslrootcert": "system"})


def _is_local(host: str) -> bool:
    if host in ("", "localhost") or host.startswith(("/", "@")):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
