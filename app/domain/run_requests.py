"""What is asked of a run besides being a whole one: which part of the workflow, and where it is to pause (semantics §6).

It belongs to the run, not to the definition, and is kept beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from app.domain.breakpoints import Breakpoint, breakpoints_of
from app.domain.json_value import Given, Json

PartKind = Literal["whole", "to", "from", "only"]
"""to: what a step needs, and the step. from: a step and what comes after it, the rest taken from an earlier run. only: one step."""
PART_KINDS: tuple[PartKind, ...] = ("whole", "to", "from", "only")


@dataclass(frozen=True, slots=True)
class RunRequest:
    """`path` is the place that a partial run is about, `step` its name; `given` the step's input, in place of what would arrive.

    `breakpoints` are where it is to pause.
    """

    kind: PartKind = "whole"
    path: str = ""
    step: str = ""
    given: Given | None = None
    breakpoints: tuple[Breakpoint, ...] = ()

    def to_json(self) -> dict[str, Json]:
        found: dict[str, Json] = {"kind": self.kind}
        if self.kind != "whole":
            found |= {"path": self.path, "step": self.step}
        if self.given is not None:
            found["given"] = self.given.value
        if self.breakpoints:
            found["breakpoints"] = [breakpoint.to_json() for breakpoint in self.breakpoints]
        return found

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | None) -> RunRequest:
        found = value or {}
        kind = found.get("kind")
        return cls(
            kind=cast(PartKind, kind) if kind in PART_KINDS else "whole",
            path=str(found.get("path") or ""),
            step=str(found.get("step") or ""),
            given=Given(found["given"]) if "given" in found else None,
            breakpoints=breakpoints_of(found.get("breakpoints")),
        )


WHOLE = RunRequest()


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a workflow as a person asks for it.

    `place` is a path, or the id, name or key of a step. `of` is the run whose data is taken (from, only; None: the newest that has
    it). `input` is the run's own input (to), `given` the step's (only).
    """

    kind: PartKind
    place: str
    of: str | None = None
    input: Json = None
    given: Given | None = None
    breakpoints: tuple[Breakpoint, ...] = ()
