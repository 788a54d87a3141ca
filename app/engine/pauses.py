"""Where a run pauses: at its breakpoints, and where a person who steps through it comes next. As pure as the interpreter.

What was answered at a place is on record, so a run that is taken up again passes it with the data as it was changed. Stepping is
on record too: it is under way when the last answer said so and no place has paused since.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.breakpoints import Answer, Breakpoint, PauseAsk, When
from app.domain.expressions import is_true
from app.domain.run_requests import RunRequest
from app.domain.workflow import BlockGroup, Step
from app.engine.frames import Names
from app.engine.ports import Recorded, StepError, Value

if TYPE_CHECKING:
    from app.engine.interpreter import Interpreter

_MARKS: dict[When, str] = {"before": "#before", "after": "#after"}


@dataclass
class Stepping:
    """Pause at the next node of this scope or one around it; with `group`, of any scope right inside that group too."""

    scope: str
    group: str = ""

    def takes(self, scope: str) -> bool:
        if self.group and (
            scope == self.group or (scope.startswith((f"{self.group}.", f"{self.group}[")) and "/" not in scope[len(self.group) :])
        ):
            return True
        return scope in ("", self.scope) or self.scope.startswith((f"{scope}/", f"{scope}.", f"{scope}["))

    def leave(self, scope: str) -> None:
        """That scope has ended: its group's next turn or role comes next, or what comes after the group."""
        if scope and scope == self.scope:
            above, _, last = scope.rpartition("/")
            self.scope, self.group = above, f"{above}/{last.partition('.')[0].partition('[')[0]}"


class Pauses:
    """Asked before and after each node, of runs that may pause."""

    def __init__(self, interpreter: Interpreter, request: RunRequest) -> None:
        self._in, self._host = interpreter, interpreter.host
        self._points = _by_place(request.breakpoints)
        self._takes_over = request.kind in ("from", "only")
        recorded = list(self._host.pauses)
        self._known: dict[str, Recorded] = {row.path: row for row in recorded}
        self.active = bool(self._points or recorded)
        self._begun: dict[str, None] = {}
        self._stepping: Stepping | None = None
        if self.active:
            self._begun = dict.fromkeys(part for path in self._host.begun() for part in _places_around(path))
        self._answered = next((row for row in reversed(recorded) if row.status == "completed"), None)
        self._is_stepping = self._answered is not None and recorded[-1] is self._answered
        self._skipped: dict[str, None] = {}

    async def before(self, names: Names, node: Step | BlockGroup, given: Value, path: str, *, scope: str) -> Value:
        """The input that the node goes on with."""
        return await self._at("before", names, node, given, path, scope=scope)

    async def after(self, names: Names, node: Step | BlockGroup, output: Value, path: str, *, scope: str) -> Value:
        """The output that the node goes on with."""
        return await self._at("after", names, node, output, path, scope=scope)

    def left(self, scope: str) -> None:
        if self._stepping is not None:
            self._stepping.leave(scope)

    def skips(self, path: str) -> bool:
        """Whether a person said that the node at this place is not to run."""
        return path in self._skipped

    async def open(self) -> None:
        """Take breakpoints and stepping up where they were when the run was left."""
        if self._answered is not None:
            place = self._answered.path.partition("#")[0]
            self._obey(await self._host.pause(self._answered.path, PauseAsk("", "", None)), place, scope=place.rpartition("/")[0])
            if not self._is_stepping:
                self._stepping = None

    async def _at(self, when: When, names: Names, node: Step | BlockGroup, data: Value, path: str, *, scope: str) -> Value:
        place = path + _MARKS[when]
        known = self._known.get(place)
        if known is not None and known.status == "completed":
            answer = await self._host.pause(place, PauseAsk(node.id, node.name, data))
            return self._gone_on(answer, when, data, path)
        problem: str | None = ""
        if known is None:
            if path in self._begun and (when == "before" or self._takes_over):
                return data  # it was begun before the run was left, or is another run's, and was not to pause then
            problem = await self._why(when, names, node, data, path, scope=scope)
        if problem is None:
            return data
        self._stepping = None
        answer = await self._host.pause(place, PauseAsk(node.id, node.name, data, problem))
        self._obey(answer, path, scope=scope)
        return self._gone_on(answer, when, data, path)

    def _gone_on(self, answer: Answer, when: When, data: Value, path: str) -> Value:
        if answer.command == "skip" and when == "before":
            self._skipped[path] = None
        return data if answer.changed is None else answer.changed.value

    async def _why(self, when: When, names: Names, node: Step | BlockGroup, data: Value, path: str, *, scope: str) -> str | None:
        """None: it does not pause here. Else empty, or why the condition could not be asked."""
        if when == "before" and self._stepping is not None and self._stepping.takes(scope):
            return ""
        point = self._points.get((node.id, when))
        if point is None:
            return None
        if not point.condition.strip():
            return ""
        try:
            return "" if is_true(await self._in.evaluate(path, point.condition, names.scope(data), step=node.name)) else None
        except StepError as error:
            return error.failure.message

    def _obey(self, answer: Answer, path: str, *, scope: str) -> None:
        if answer.breakpoints is not None:
            self._points = _by_place(answer.breakpoints)
        match answer.command:
            case "resume" | "skip":
                self._stepping = None
            case "step":
                self._stepping = Stepping(scope)
            case "into":
                self._stepping = Stepping(scope, path)


def _by_place(points: Sequence[Breakpoint]) -> dict[tuple[str, When], Breakpoint]:
    return {(each.node, each.when): each for each in points}


def _places_around(path: str) -> list[str]:
    """The path of a step and those of the groups around it."""
    place = path.partition("#")[0]
    found = [place]
    while "/" in place[1:]:
        place = place.rpartition("/")[0]
        head, _, last = place.rpartition("/")
        found.append(f"{head}/{last.partition('.')[0].partition('[')[0]}")
    return found
