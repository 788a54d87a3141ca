"""The state of a run over the graph: which step, group and edge is how, as columns beside the geometry's.

States arrive by id, many at a time; what changed is told at most every 33 ms. Painting is `overlay_layer`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from app.ui.canvas.geometry import Geometry
from app.ui.canvas.look import STATE_TOKENS
from app.ui.canvas.rows import Small

TELL_EVERY_MS = 33

STATES = ("", *STATE_TOKENS)
"""Codes of box states: 0 is none."""
CODE = {state: code for code, state in enumerate(STATES)}
EDGE_STATES = ("", "taken", "running", "not_taken", "failed")
EDGE_CODE = {state: code for code, state in enumerate(EDGE_STATES)}

_RANK = {
    status: rank
    for rank, status in enumerate(
        ("failed", "running", "retrying", "waiting", "warning", "queued", "pending", "cancelled", "lost", "completed", "skipped")
    )
}
_DONE = [CODE[state] for state in ("completed", "warning")]
_ACTIVE = [CODE[state] for state in ("running", "retrying", "waiting", "paused")]
_LEFT_OUT = [CODE["skipped"]]


@dataclass(frozen=True, slots=True)
class OverlayState:
    """How one element is. `status` is a step run's or group run's, or for an edge `taken`, `running`, `not_taken` or `failed`.

    `text` stands in the chip (a duration, a code, "4 active") or right in a group's header; `progress`, 0 to 1, is a group's line.
    """

    status: str
    text: str = ""
    progress: float | None = None


class RunOverlay(QObject):
    """The states shown now. `told` names the ids whose look changed since it was last emitted."""

    told = Signal(frozenset)

    def __init__(self, geometry: Geometry, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._geometry = geometry
        self._states: dict[str, OverlayState] = {}
        self._untold: set[str] = set()
        self._version = -1
        self._boxes: Small = np.zeros(0, np.uint8)
        self._edges: Small | None = None
        self._folded: dict[str, OverlayState] = {}
        self._folds_anew = True
        self._timer = QTimer(self, singleShot=True, interval=TELL_EVERY_MS)
        self._timer.timeout.connect(self._tell)

    def follow(self, geometry: Geometry) -> None:
        """Stand over another graph; its states come anew."""
        self._geometry = geometry
        self._states.clear()
        self._folded = {}
        self._version = -1

    @property
    def active(self) -> bool:
        return bool(self._states)

    def state(self, id: str) -> OverlayState | None:
        """How an element is; for a folded group the worst of what is in it."""
        return self._folded.get(id) or self._states.get(id)

    def apply(self, states: Mapping[str, OverlayState]) -> None:
        """These are the states now; an element that is not named has none. Edges not named follow from their ends."""
        gone = self._states.keys() - states.keys()
        for key in gone:
            del self._states[key]
        self._untold |= gone
        self.merge(states, anew=bool(gone))

    def merge(self, states: Mapping[str, OverlayState], *, anew: bool = False) -> None:
        """These states changed; all others stay."""
        changed = {key for key, state in states.items() if self._states.get(key) != state}
        if not changed and not anew:
            return
        self._states.update({key: states[key] for key in changed})
        self._note(changed, anew=anew)
        self._untold |= changed
        if not self._timer.isActive():
            self._timer.start()

    def clear(self) -> None:
        """Show the graph without a run."""
        if not self._states:
            return
        self._untold |= set(self._states)
        self._states.clear()
        self._folded = {}
        self._version = -1
        self._tell()

    def _tell(self) -> None:
        self._timer.stop()
        untold, self._untold = frozenset(self._untold), set()
        if untold and self._geometry.collapsed_ids:
            untold |= self._geometry.collapsed_ids & self._geometry.boxes.slot.keys()
        if untold:
            self.told.emit(untold)

    @property
    def box_states(self) -> Small:
        """State codes by box slot."""
        if self._version != self._geometry.version:
            self._settle()
        if self._folds_anew:
            self._fold()
        return self._boxes

    @property
    def edge_states(self) -> Small:
        """Edge state codes by edge slot."""
        codes = self.box_states
        if self._edges is None:
            self._edges = self._derived_edges(codes)
            for key, slot in self._named_edges():
                self._edges[slot] = EDGE_CODE.get(self._states[key].status, 0)
        return self._edges

    def _settle(self) -> None:
        """Work out the columns for the geometry as it is now."""
        self._boxes = np.zeros(len(self._geometry.boxes.ids), np.uint8)
        self._edges = None
        self._version = self._geometry.version
        self._note(self._states.keys())

    def _note(self, keys: Iterable[str], *, anew: bool = False) -> None:
        """Take these states into the columns, unless they are worked out anew anyway."""
        if anew:
            self._version = -1
        if self._version != self._geometry.version:
            return
        slots = self._geometry.boxes.slot
        for key in keys:
            slot = slots.get(key)
            if slot is not None:
                self._boxes[slot] = CODE.get(self._states[key].status, CODE["pending"])
        self._edges = None
        self._folds_anew = True

    def _fold(self) -> None:
        """Give each folded group the worst state of what is in it; its own words where it has the same."""
        boxes = self._geometry.boxes
        self._folds_anew = False
        self._folded = {}
        for slot in np.flatnonzero(boxes.shown & boxes.collapsed).tolist():
            key = boxes.ids[slot]
            inside = [self._states.get(key or ""), *(self._states.get(boxes.ids[each] or "") for each in self._inside(slot))]
            present = [state for state in inside if state is not None]
            if key is not None and present:
                worst = min(present, key=lambda state: _RANK.get(state.status, len(_RANK)))
                self._folded[key] = worst
                self._boxes[slot] = CODE.get(worst.status, CODE["pending"])

    def _inside(self, slot: int) -> list[int]:
        found: list[int] = []
        todo = [slot]
        while todo and len(found) < len(self._geometry.boxes.ids):
            children = self._geometry.attachment.children.get(todo.pop(), [])
            found += children
            todo += children
        return found

    def _named_edges(self) -> list[tuple[str, int]]:
        slots = self._geometry.links.slot
        smaller = slots if len(slots) < len(self._states) else self._states
        return [(key, slots[key]) for key in smaller if key in slots and key in self._states]

    def _derived_edges(self, boxes: Small) -> Small:
        """What the states of the ends say of an edge. Which of several ways into a merge was taken, only the run knows: it names it."""
        links = self._geometry.links
        source = np.where(links.shown, boxes[links.anchors[:, 0]], 0)
        target = np.where(links.shown, boxes[links.anchors[:, 1]], 0)
        done = np.isin(source, _DONE)
        found = np.zeros(len(links.ids), np.uint8)
        found[done & np.isin(target, [*_DONE, CODE["failed"], CODE["cancelled"]])] = EDGE_CODE["taken"]
        found[done & np.isin(target, _ACTIVE)] = EDGE_CODE["running"]
        found[np.isin(source, _LEFT_OUT) | np.isin(target, _LEFT_OUT)] = EDGE_CODE["not_taken"]
        return found
