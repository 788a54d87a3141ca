"""Ids are text in the program and UUIDs in the database."""

from __future__ import annotations

from uuid import UUID


def uuid_of(text: str | None) -> UUID | None:
    """The UUID of an id; None for a text that is none, which no row matches."""
    if text is None:
        return None
    try:
        return UUID(text)
    except ValueError:
        return None


def text_of(value: UUID | None) -> str | None:
    return str(value) if value is not None else None
