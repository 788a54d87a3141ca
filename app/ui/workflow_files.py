"""Workflow files: reading what a person picked or dropped. These coroutines run on the engine thread."""

from __future__ import annotations

import asyncio
from pathlib import Path

from app.domain.errors import AppError
from app.domain.json_value import Json

_MAX_BYTES = 16 * 1024 * 1024


class FileRefused(AppError):
    """This file cannot be imported."""

    code = "file.refused"


async def read_document(path: Path) -> Json:
    """The JSON of a workflow file of at most 16 MiB.

    Raises:
        FileRefused: it cannot be read, or is too large.
        JsonRejected: it is no acceptable JSON.
    """
    from app.domain.json_value import loads

    def read() -> bytes:
        with path.open("rb") as file:
            return file.read(_MAX_BYTES + 1)

    try:
        content = await asyncio.to_thread(read)
    except OSError as error:
        raise FileRefused(f"The file cannot be read: {(error.strerror or str(error)).lower()}.") from error
    if len(content) > _MAX_BYTES:
        raise FileRefused("The file is larger than 16 MiB, which no workflow may be.")
    return await asyncio.to_thread(loads, content)


async def write_document(path: Path, document: Json) -> None:
    """Write a workflow file, in full or not at all.

    Raises:
        FileRefused: it cannot be written.
    """
    import json

    def write() -> None:
        beside = path.with_name(f".{path.name}.part")
        beside.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        beside.replace(path)

    try:
        await asyncio.to_thread(write)
    except OSError as error:
        raise FileRefused(f"The file cannot be written: {(error.strerror or str(error)).lower()}.") from error


def is_workflow_file(name: str) -> bool:
    return name.lower().endswith(".json")
