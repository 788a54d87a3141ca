"""One evaluation under way: what every part of an expression is given to find its value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from app.domain.expressions.work import Work
from app.domain.json_value import Json


class Frame:
    """The scope, the variables of loops, the secrets, and the work that is left."""

    __slots__ = ("locals", "scope", "secrets", "work")

    def __init__(self, scope: Mapping[str, Json], *, slots: int, secrets: Callable[[str], str] | None) -> None:
        self.scope, self.secrets = scope, secrets
        self.locals: list[Json] = [None] * slots
        self.work = Work()


Run: TypeAlias = Callable[[Frame], Json]
