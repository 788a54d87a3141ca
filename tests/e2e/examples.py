"""The examples that ship with the program, as tests take them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.domain.definition_file import parse_text
from app.domain.workflow import Definition

PLACE = Path(__file__).resolve().parents[2] / "resources" / "examples"
NAMES = sorted(path.name.removesuffix(".workflow.json") for path in PLACE.glob("*.workflow.json"))


def document(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((PLACE / f"{name}.workflow.json").read_text(encoding="utf-8"))
    return loaded


def example_input(name: str) -> Any:
    return json.loads((PLACE / f"{name}.input.json").read_text(encoding="utf-8"))


def definition(name: str) -> Definition:
    read, problems = parse_text((PLACE / f"{name}.workflow.json").read_bytes())
    assert read is not None and not problems, problems
    return read


def by_name() -> dict[str, dict[str, Any]]:
    """Every example under the name that a subflow calls it by."""
    return {found["name"]: found for found in map(document, NAMES)}


def hurried(value: Any) -> Any:
    """The same workflow without the pauses that are there for people to watch; what it does stays as it is."""
    if isinstance(value, Mapping):
        quick = {"delay_ms": 0, "initial_interval_ms": 1, "retry_delay_ms": 0}
        return {key: quick[key] if key in quick else hurried(inner) for key, inner in value.items()}
    return [hurried(inner) for inner in value] if isinstance(value, list) else value
