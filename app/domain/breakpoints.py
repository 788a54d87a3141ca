"""Breakpoints: where a run is to pause, what is seen there, and how a person lets it go on (semantics §6).

They belong to the request for a run. A pause is a row of the journal whose path is the place's with ``#before`` or ``#after``;
its input is the data as it came, its output the answer, with the data as it was changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from app.domain.json_value import Given, Json

When = Literal["before", "after"]
Command = Literal["resume", "step", "into", "skip"]
"""resume: on to the next breakpoint. step: to the next step beside or after this one. into: to the first step inside a group.
skip: as resume, but the step that it pauses before does not run; its input is its output."""

PAUSE_TYPE = "breakpoint"
"""The step type of the rows that are pauses."""


@dataclass(frozen=True, slots=True)
class Breakpoint:
    """Pause before or after a step or group; with a condition, only where it holds."""

    node: str
    when: When = "before"
    condition: str = ""

    def to_json(self) -> dict[str, Json]:
        return {"node": self.node, "when": self.when, **({"condition": self.condition} if self.condition else {})}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Breakpoint:
        when: When = "after" if value.get("when") == "after" else "before"
        return cls(str(value.get("node") or ""), when, str(value.get("condition") or ""))


def breakpoints_of(value: Json) -> tuple[Breakpoint, ...]:
    """A kept list of breakpoints; what is none is left out."""
    return tuple(Breakpoint.from_json(each) for each in value if isinstance(each, Mapping)) if isinstance(value, list) else ()


@dataclass(frozen=True, slots=True)
class Answer:
    """How a paused place goes on: `number` counts the answers of the run, `changed` is the data from now on, where it was changed.

    `breakpoints` are those of the run from now on; None leaves them as they are.
    """

    command: Command
    number: int = 0
    changed: Given | None = None
    breakpoints: tuple[Breakpoint, ...] | None = None

    def to_json(self) -> dict[str, Json]:
        found: dict[str, Json] = {"command": self.command, "number": self.number}
        if self.changed is not None:
            found["changed"] = self.changed.value
        if self.breakpoints is not None:
            found["breakpoints"] = [point.to_json() for point in self.breakpoints]
        return found

    @classmethod
    def from_json(cls, value: Json) -> Answer:
        found = value if isinstance(value, dict) else {}
        command = found.get("command")
        return cls(
            cast(Command, command) if command in ("resume", "step", "into", "skip") else "resume",
            int(cast(int, found.get("number") or 0)),
            Given(found["changed"]) if "changed" in found else None,
            breakpoints_of(found["breakpoints"]) if "breakpoints" in found else None,
        )


@dataclass(frozen=True, slots=True)
class PauseAsk:
    """What a place that pauses shows: which node it is about (id, name), the data there, and why its condition could not be asked."""

    node: str
    name: str
    data: Any
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Pause:
    """A place where a run pauses, or paused. `data` is None with `is_large` where there is too much of it to be shown and changed.

    `problem` says why the condition could not be asked. `answer` is None while it waits.
    """

    path: str
    node: str
    name: str
    when: When
    data: Json = None
    is_large: bool = False
    problem: str = ""
    since: datetime | None = None
    is_open: bool = True
    answer: Answer | None = None

    @property
    def place(self) -> str:
        """The path of the step or group itself."""
        return self.path.partition("#")[0]
