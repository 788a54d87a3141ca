"""What is wrong with a definition: one problem, one place, one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `code` is stable (semantics §1); `id` is the element it is about, None for the workflow itself.

    `place` is a JSON Pointer below that element, such as ``/config/prompt``; empty for the element as a whole.
    """

    severity: Severity
    code: str
    message: str
    id: str | None = None
    place: str = ""

    def to_json(self) -> dict[str, str | None]:
        return {"severity": self.severity, "code": self.code, "message": self.message, "id": self.id, "place": self.place}


def has_errors(problems: list[Problem]) -> bool:
    """Whether any of them forbids to run and to publish."""
    return any(problem.severity == "error" for problem in problems)
