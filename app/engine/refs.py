"""Values that hold references to large ones, which stay in the journal."""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.json_gate import normalise
from app.domain.json_value import Json, size_bytes
from app.engine.ports import Value, ValueRef

ROW_SHOWN_BYTES = 262_144
"""Inputs and outputs of groups above this are not repeated in the group's row."""


def has_ref(value: Value) -> bool:
    if isinstance(value, ValueRef):
        return True
    if isinstance(value, Mapping):
        return any(has_ref(item) for item in value.values())
    if isinstance(value, list):
        return any(has_ref(item) for item in value)
    return False


def brief(value: Value) -> Json:
    """A value for a group's row: references told by their place, what is large left out."""
    if isinstance(value, ValueRef):
        return {"at": value.path, "bytes": value.bytes}
    if has_ref(value):
        if isinstance(value, Mapping):
            return {str(key): brief(item) for key, item in value.items()}
        return [brief(item) for item in value]
    shown, _ = normalise(value)
    return shown if size_bytes(shown) <= ROW_SHOWN_BYTES else {"bytes": size_bytes(shown)}
