"""The breakpoints that one person has set in one workflow: kept with the window's preferences, never in the definition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from app.domain.breakpoints import Breakpoint, When
from app.domain.json_value import Json, JsonRejected, dumps, loads
from app.domain.workflow import Graph

Place = tuple[str, When]


@dataclass(frozen=True, slots=True)
class Point:
    """One breakpoint; one that is off is kept but pauses nothing."""

    node: str
    when: When = "before"
    condition: str = ""
    is_on: bool = True

    @property
    def place(self) -> Place:
        return self.node, self.when


class BreakpointBook(QObject):
    """Breakpoints by step and moment, in the order in which they were set."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._points: dict[Place, Point] = {}

    def read(self, text: str) -> None:
        """Take what `text` kept; what cannot be read is left out."""
        try:
            kept: Json = loads(text) if text else []
        except JsonRejected:
            kept = []
        points = [_point(each) for each in kept if isinstance(each, Mapping)] if isinstance(kept, list) else []
        self._points = {point.place: point for point in points}
        self.changed.emit()

    @property
    def text(self) -> str:
        return dumps([{"node": p.node, "when": p.when, "condition": p.condition, "on": p.is_on} for p in self._points.values()])

    @property
    def points(self) -> tuple[Point, ...]:
        return tuple(self._points.values())

    def at(self, node: str, when: When = "before") -> Point | None:
        return self._points.get((node, when))

    def of(self, node: str) -> tuple[Point, ...]:
        """Those before and after one step."""
        return tuple(point for when in ("before", "after") if (point := self._points.get((node, when))) is not None)

    def for_run(self, graph: Graph) -> tuple[Breakpoint, ...]:
        """Those that are on, at what is there."""
        return tuple(
            Breakpoint(p.node, p.when, p.condition)
            for p in self._points.values()
            if p.is_on and (p.node in graph.steps or p.node in graph.groups)
        )

    def toggle(self, node: str, when: When = "before") -> None:
        """Set one, or take it away; one that is off is switched on again, so that its condition is not lost."""
        point = self._points.get((node, when))
        if point is None:
            self.put(Point(node, when))
        elif not point.is_on:
            self.put(replace(point, is_on=True))
        else:
            self.remove([point.place])

    def put(self, point: Point) -> None:
        self._points[point.place] = point
        self.changed.emit()

    def remove(self, places: Iterable[Place]) -> None:
        for place in places:
            self._points.pop(place, None)
        self.changed.emit()


def _point(kept: Mapping[str, Json]) -> Point:
    return Point(
        str(kept.get("node") or ""),
        "after" if kept.get("when") == "after" else "before",
        str(kept.get("condition") or ""),
        kept.get("on") is not False,
    )
