"""A workflow as it is kept: its draft with the marks of its storage, and its published versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.workflow import Definition


@dataclass(frozen=True, slots=True)
class Draft:
    """What the builder edits. `revision` counts its saves; `version` is the number it will be published as."""

    id: str
    definition: Definition
    revision: int
    version: int
    status: str
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None = None
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A published version in a list. `published_by` is an e-mail address."""

    version: int
    note: str | None
    published_by: str | None
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """An immutable snapshot; `document` is the definition as `definition_to_json` wrote it."""

    workflow_id: str
    version: int
    document: dict[str, Any]
    note: str | None
    published_at: datetime
