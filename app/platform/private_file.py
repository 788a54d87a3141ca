"""A file for our own eyes that appears complete or not at all, and of which only the first is kept."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def keep_first(path: Path, text: str) -> str:
    """Make `path` (mode 0600) with `text` unless it is there; what it holds afterwards, whoever of several processes was first."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        write_private(draft, text)
        try:
            os.link(draft, path)
        except FileExistsError:
            return path.read_text(encoding="utf-8")
        return text
    finally:
        draft.unlink(missing_ok=True)


def write_private(path: Path, text: str) -> None:
    """Write a new file with mode 0600, and have it on the disk when this returns."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, text.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
