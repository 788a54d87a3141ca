"""Which connections a wire that hangs from a port may still make, and why not the others."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from app.domain.edits import Connect
from app.domain.workflow import Edge
from app.ui.canvas.geometry import Geometry, Kind

EMPTY_GROUP = "Put a step into this group first: a connection joins steps."


@dataclass(frozen=True, slots=True)
class End:
    """The port a wire hangs from; `forward` when it is an output."""

    slot: int
    port: str

    @property
    def forward(self) -> bool:
        return self.port != "in"


class WireRules:
    """The answer for every box, for one hanging wire. Cycles are looked up in what leads to the wire's end, found once."""

    def __init__(self, geometry: Geometry, end: End, *, without: int | None = None) -> None:
        """`without` is an edge that does not count: the one whose end is being moved."""
        self._geometry = geometry
        self.end = end
        self.step = self._step_behind(end.slot, output=end.forward)
        self._reasons: dict[int, str | None] = {}
        links = geometry.links
        if self.step is not None:
            self._behind = geometry.attachment.leading_to(geometry.attachment.chain(self.step), backward=end.forward, without=without)
            column = 0 if end.forward else 1
            mine = links.alive & (links.ends[:, column] == self.step)
            if without is not None:
                mine[without] = False
            self._joined = frozenset(links.ends[mine, 1 - column].tolist())

    def refusal(self, slot: int) -> str | None:
        """Why the wire may not end at this step or group; None when it may."""
        if slot not in self._reasons:
            self._reasons[slot] = self._refusal(slot)
        return self._reasons[slot]

    def edit(self, slot: int, port: str) -> Connect:
        """The connection to a port of a box that is not refused."""
        geometry = self._geometry
        other = self._step_behind(slot, output=not self.end.forward)
        assert self.step is not None and other is not None
        source, target = (self.step, other) if self.end.forward else (other, self.step)
        source_id, target_id = geometry.boxes.ids[source], geometry.boxes.ids[target]
        assert source_id is not None and target_id is not None
        condition = None
        start = self.end if self.end.forward else End(slot, port)
        if source == start.slot:
            condition = next((each.condition for each in geometry.ports.get(source, ()) if each.name == start.port), None)
        return Connect(Edge(str(uuid4()), source_id, target_id, condition))

    def _step_behind(self, slot: int, *, output: bool) -> int | None:
        """The step that a port stands for: the box itself, or the step that stands for a group on that side."""
        if self._geometry.boxes.kind[slot] == Kind.STEP:
            return slot
        standing = self._geometry.attachment.exit if output else self._geometry.attachment.entry
        step = standing.get(slot, -1)
        return step if step >= 0 else None

    def _refusal(self, slot: int) -> str | None:
        if self.step is None:
            return EMPTY_GROUP
        other = self._step_behind(slot, output=not self.end.forward)
        if other is None:
            return EMPTY_GROUP
        if other == self.step or slot == self.end.slot:
            return "A step cannot lead to itself; use a while group to repeat it."
        if slot in self._geometry.attachment.chain(self.step) or self.end.slot in self._geometry.attachment.chain(other):
            return "A group and a step inside it are not connected: what enters the group reaches its first steps."
        if other in self._joined:
            return "These two steps are already connected."
        near, far = self._geometry.attachment.side_by_side(self.step, other)
        if self._role(near) != self._role(far):
            return "A connection cannot lead from one role of a group into another."
        if far in self._behind:
            return "This would close a circle, and a workflow runs in one direction only."
        return None

    def _role(self, slot: int) -> str | None:
        key = self._geometry.boxes.ids[slot]
        return self._geometry.graph.parent_of(key)[1] if key is not None and self._geometry.boxes.parent[slot] >= 0 else None
