"""What usually follows what: counted over workflows, so that the most likely step is offered first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.json_value import Json


@dataclass(frozen=True, slots=True)
class Following:
    """In so many workflows a step of one kind is followed by one of another; kinds as `habit_of` calls them."""

    before: str
    after: str
    workflows: int


def habit_of(type: str, config: Mapping[str, Json]) -> str:
    """How a kind of step is counted: a tool by its adapter."""
    adapter = config.get("adapter_id")
    return f"tool {adapter}" if type == "tool" and isinstance(adapter, str) else type
