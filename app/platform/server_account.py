"""PostgreSQL refuses to run as root: which account runs it then, and where its files may lie.

As an ordinary user the server runs as that user and everything lies in the data directory.
As root it runs as ``postgres`` or ``nobody``; that account has to reach its files, so a data
directory below somebody's private home (mode 0700) keeps only a pointer to a place outside.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

from app.platform.errors import PermissionMissing

logger = logging.getLogger(__name__)

IS_WINDOWS = sys.platform == "win32"
POINTER = "postgres.location"


@dataclass(frozen=True, slots=True)
class Account:
    """The unprivileged account that a server started by root runs as."""

    name: str
    user_id: int
    group_id: int


def server_account() -> Account | None:
    """The account that the server needs, or None when it may run as we do."""
    if IS_WINDOWS or os.geteuid() != 0:
        return None
    import pwd

    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise PermissionMissing(
        "PostgreSQL does not run as root, and this machine has neither a `postgres` nor a `nobody` account; "
        "start Orchestrion as an ordinary user."
    )


def machine_directory() -> Path:
    """Where root keeps what other accounts have to reach."""
    return Path("/Library/Application Support/Orchestrion") if sys.platform == "darwin" else Path("/var/lib/orchestrion")


def can_enter(path: Path, account: Account | None) -> bool:
    """Whether `account` may pass through every existing directory on the way to, and including, `path`."""
    if account is None:
        return True
    resolved = path.resolve()
    return all(_may_pass(step, account) for step in (resolved, *resolved.parents) if step.is_dir())


def server_directory(data_dir: Path, *, outside: Path | None = None) -> Path:
    """The directory of the local server that belongs to `data_dir`.

    That is ``data_dir/postgres``, unless the account of the server cannot get there: then a
    new directory `outside` (as a rule under `machine_directory`) is chosen once and remembered in ``postgres.location``.
    """
    account = server_account()
    pointer = data_dir / POINTER
    with contextlib.suppress(FileNotFoundError):
        return Path(pointer.read_text(encoding="utf-8").strip())
    if can_enter(data_dir, account):
        return data_dir / "postgres"
    assert account is not None
    chosen = (outside or machine_directory()) / "servers" / f"{data_dir.name}-{secrets.token_hex(4)}"
    logger.warning("the account %s cannot reach %s; the database is kept in %s", account.name, data_dir, chosen)
    return _remember(pointer, chosen)


def _remember(pointer: Path, chosen: Path) -> Path:
    """Write the pointer unless another process was first; return what it says."""
    draft = pointer.with_name(f"{POINTER}.{os.getpid()}")
    draft.write_text(f"{chosen}\n", encoding="utf-8")
    try:
        os.link(draft, pointer)
    except FileExistsError:
        return Path(pointer.read_text(encoding="utf-8").strip())
    finally:
        draft.unlink()
    return chosen


def _may_pass(directory: Path, account: Account) -> bool:
    """The classic mode bits; access lists are not asked, the worst is a needless second place."""
    found = directory.stat()
    if found.st_uid == account.user_id:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == account.group_id:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)
