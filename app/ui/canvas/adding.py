"""Adding by typing: where the popup opens, the ghost and the wire it keeps in sight, and what a choice adds.

Space, a double click on nothing and a wire let go on nothing open it. One popup at a time; any change of the graph
from elsewhere closes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from PySide6.QtCore import QPoint, QPointF, QRectF, QSizeF, Qt
from PySide6.QtWidgets import QWidget

from app.domain.edits import Connect, GraphEdit
from app.domain.habits import habit_of
from app.domain.lanes import ABOVE, HEADER, PADDING
from app.domain.measures import has_rows, ports_of, roles_of, snapped
from app.domain.naming import free_name
from app.domain.workflow import NODE_HEIGHT, NODE_WIDTH, BlockGroup, Edge, Position, Step
from app.ui.canvas.add_popup import AddPopup
from app.ui.canvas.along_wires import free_port
from app.ui.canvas.decorations import paint_target
from app.ui.canvas.entries import entries_of
from app.ui.canvas.frame import Frame
from app.ui.canvas.ghost import paint_ghost
from app.ui.canvas.landing import add_edit, new_node, place_at
from app.ui.canvas.note_field import add_note, new_note
from app.ui.canvas.note_item import LEFT as NOTE_LEFT
from app.ui.canvas.note_item import TOP as NOTE_TOP
from app.ui.canvas.suggestions import Context, Sample, Suggestion, neighbours_here, sample_of_step
from app.ui.canvas.wires import EMPTY_GROUP, End, WireRules
from app.ui.canvas.wiring import paint_wire
from app.ui.widgets.floating import SHADOW
from app.ui.widgets.opening import open_softly

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

BELOW_GHOST = 12
CHAIN_GAP = 88
# From a new group's upper border to the step in its first lane, on the grid: the lane's label and the chip have room.
ROOM_ABOVE = snapped(HEADER + ABOVE)
# What a place found for a new step keeps free around it, and how often a lower one is tried.
FREE = 16
MOST_TRIES = 50


@dataclass(frozen=True, slots=True)
class Hanging:
    """The port a wire hangs from while the popup is open; by id, because slots may change."""

    id: str
    port: str

    @property
    def forward(self) -> bool:
        return self.port != "in"


class Adding:
    """What the canvas does between asking for something to add and having it."""

    def __init__(self, view: CanvasView) -> None:
        self._view = view
        self._popup: AddPopup | None = None
        self._corner = QPointF()
        self._wire: Hanging | None = None
        self._under = True
        self.sample_of: Callable[[str], Sample | None] = lambda _id: None
        """What a step gave in the run that is shown; set by whoever knows runs."""
        self.habits_of: Callable[[str, bool], Mapping[str, int]] = lambda _habit, _forward: {}
        """In how many workflows each kind follows (or, false, precedes) a kind of step."""
        view.camera_changed.connect(self._follow_camera)

    @property
    def popup(self) -> AddPopup | None:
        return self._popup

    # Opening

    def open_at_cursor(self) -> None:
        """Add where the pointer is; in the middle when it is elsewhere."""
        view = self._view
        if view.aim is not None:
            self.open_at(view.aim)
        else:
            world = view.camera.to_world(QRectF(view.rect()).center())
            self._open(self._free_place(QPointF(world.x() - NODE_WIDTH / 2, world.y() - NODE_HEIGHT / 2)), None)

    def open_at(self, at: QPointF) -> None:
        """Add something without a wire, centred on a point of the widget."""
        world = self._view.camera.to_world(at)
        self._open(QPointF(world.x() - NODE_WIDTH / 2, world.y() - NODE_HEIGHT / 2), None)

    def open_for_wire(self, id: str, port: str, at: QPointF) -> None:
        """Add what the wire from this port shall lead to (or come from), with its port at a point of the widget."""
        world, wire = self._view.camera.to_world(at), Hanging(id, port)
        self._open(QPointF(world.x() - (0 if wire.forward else NODE_WIDTH), world.y() - NODE_HEIGHT / 2), wire)

    def open_after(self, id: str) -> None:
        """Add behind a step or group, from its first port that leads nowhere yet."""
        view = self._view
        geometry = view.scene.geometry
        slot, port = geometry.boxes.slot[id], free_port(view, id)
        x, y = geometry.port(slot, port)
        self._open(self._free_place(QPointF(x + CHAIN_GAP, y - NODE_HEIGHT / 2)), Hanging(id, port))

    def close(self) -> None:
        """Take popup, ghost and wire away; nothing was added."""
        popup, self._popup = self._popup, None
        if popup is not None:
            popup.hide()
            popup.deleteLater()
            self._view.update()

    def _open(self, corner: QPointF, wire: Hanging | None) -> None:
        view = self._view
        self.close()
        if not view.editable:
            return
        if wire is not None and self._step_behind(wire) is None:
            view.refused.emit(EMPTY_GROUP)
            return
        self._corner = QPointF(snapped(corner.x()), snapped(corner.y()))
        self._wire = wire
        self._bring_into_sight()
        # A wire leads to steps alone.
        entries = [entry for entry in entries_of(view.catalog) if wire is None or entry.kind != "note"]
        popup = self._popup = AddPopup(entries, self._context(wire), view.window())
        popup.chosen.connect(self._on_chosen)
        popup.highlighted.connect(view.update)
        popup.dismissed.connect(self._on_dismissed)
        self._place(popup)
        popup.fitted.connect(lambda: self._move(popup))
        popup.show()
        popup.raise_()
        open_softly(popup)
        popup.search.setFocus(Qt.FocusReason.OtherFocusReason)
        view.update()

    def _free_place(self, corner: QPointF) -> QPointF:
        """The place, or the first one below it where no step stands."""
        geometry = self._view.scene.geometry
        for _ in range(MOST_TRIES):
            left, top = corner.x() - FREE, corner.y() - FREE
            over = geometry.boxes_in(left, top, left + NODE_WIDTH + 2 * FREE, top + NODE_HEIGHT + 2 * FREE) & geometry.nodes
            if not over.any():
                break
            rect = geometry.boxes.rect[over]
            corner = QPointF(corner.x(), float((rect[:, 1] + rect[:, 3]).max()) + FREE)
        return corner

    def _bring_into_sight(self) -> None:
        """A chain that leads out of the canvas takes the canvas along."""
        view = self._view
        ghost, seen = self._on_screen(), QRectF(view.rect()).adjusted(16, 16, -16, -16)
        dx = min(0.0, seen.right() - ghost.right()) or max(0.0, seen.left() - ghost.left())
        dy = min(0.0, seen.bottom() - ghost.bottom()) or max(0.0, seen.top() - ghost.top())
        overview = view.findChild(QWidget, "canvas-minimap")
        if isinstance(overview, QWidget) and overview.isVisible():
            corner = QRectF(overview.geometry()).adjusted(-16, -16, 16, 16)
            if ghost.translated(dx, dy).intersects(corner):
                dy += corner.top() - ghost.translated(dx, dy).bottom()
        if dx or dy:
            view.pan_by(dx, dy)

    def _place(self, popup: AddPopup) -> None:
        """At the ghost's left edge and 12 under it, above it when there is more room there; always within the window."""
        view, window = self._view, self._view.window()
        ghost = self._on_screen()
        top_left = view.mapTo(window, ghost.topLeft().toPoint()) if view is not window else ghost.topLeft().toPoint()
        bottom = top_left.y() + round(ghost.height())
        below = window.height() - bottom - BELOW_GHOST - 8 + SHADOW.top() + SHADOW.bottom()
        above = top_left.y() - BELOW_GHOST - 8 + SHADOW.top() + SHADOW.bottom()
        popup.fit_into(100_000)
        self._under = popup.height() <= below or below >= above
        popup.fit_into(below if self._under else above)
        self._move(popup)

    def _move(self, popup: AddPopup) -> None:
        """To its side of the ghost; what it shows may have become less."""
        view, window = self._view, self._view.window()
        ghost = self._on_screen()
        corner = view.mapTo(window, ghost.topLeft().toPoint()) if view is not window else ghost.topLeft().toPoint()
        bottom = corner.y() + round(ghost.height())
        x = max(8, min(corner.x(), window.width() - popup.width() + SHADOW.left() + SHADOW.right() - 8)) - SHADOW.left()
        y = bottom + BELOW_GHOST - SHADOW.top() if self._under else corner.y() - BELOW_GHOST - popup.height() + SHADOW.bottom()
        lowest = window.height() - popup.height() + SHADOW.bottom() - 8
        popup.move(QPoint(x, max(8 - SHADOW.top(), min(y, lowest))))

    def _follow_camera(self) -> None:
        if self._popup is not None:
            self._move(self._popup)

    def _context(self, wire: Hanging | None) -> Context:
        if wire is None:
            return Context()
        graph = self._view.graph
        node = graph.steps.get(wire.id) or graph.groups[wire.id]
        habit = habit_of(node.type, node.config)
        sample = sample_of_step(node, self.sample_of(node.id)) if isinstance(node, Step) and wire.forward else None
        here = neighbours_here(graph, habit, forward=wire.forward) if isinstance(node, Step) else {}
        return Context(node.name, wire.port, habit, wire.forward, sample, here, self.habits_of(habit, wire.forward))

    # Choosing

    def _on_dismissed(self) -> None:
        popup = self._popup
        had_focus = popup is not None and (popup.hasFocus() or popup.isAncestorOf(popup.window().focusWidget() or popup.window()))
        self.close()
        if had_focus:
            self._view.setFocus()

    def _on_chosen(self, suggestion: Suggestion, chain: bool) -> None:
        view, popup = self._view, self._popup
        assert popup is not None
        if suggestion.entry.kind == "note":
            self.close()
            add_note(view, new_note((self._corner.x() + NOTE_LEFT, self._corner.y() + NOTE_TOP)))
            return
        inner = popup.inner
        wire, corner = self._wire, self._corner
        nodes = self._nodes(suggestion, inner)
        step = nodes[-1]
        assert isinstance(step, Step)
        wires = self._connection(step)
        self.close()
        folded = view.folding.folded
        if not view.change(add_edit(view.graph, view.catalog, *nodes, wires=wires, folded=folded)):
            view.setFocus()
            return
        view.select((nodes[0].id,))
        if not chain:
            view.setFocus()
            view.activated.emit(nodes[0].id)
        elif wire is None or wire.forward:
            self.open_after(nodes[0].id)
        else:
            before = QPointF(corner.x() - NODE_WIDTH - CHAIN_GAP, corner.y())
            self._open(self._free_place(before), Hanging(nodes[0].id, "in"))

    def _nodes(self, suggestion: Suggestion, inner: Suggestion | None) -> tuple[Step | BlockGroup, ...]:
        """The step where the ghost is; for a group, the group with that step in its first role."""
        view = self._view
        centre = self._corner.x() + NODE_WIDTH / 2, self._corner.y() + NODE_HEIGHT / 2
        place = place_at(view.scene.geometry, *centre)
        wanted = suggestion if suggestion.entry.kind == "step" else inner
        entry = wanted.entry if wanted is not None else next(e for e in entries_of(view.catalog) if e.kind == "step")
        step = new_node(view.graph, view.catalog, entry, at=centre, place=place)
        assert isinstance(step, Step)
        corner = Position(round(self._corner.x()), round(self._corner.y()))
        step = Step(step.id, step.name, step.type, step.config, corner, place.group_id, place.role)
        if suggestion.entry.kind == "step":
            return (step,)
        of_group = suggestion.entry
        group = new_node(view.graph, view.catalog, of_group, at=centre, place=place)
        assert isinstance(group, BlockGroup)
        name = free_name(view.graph, of_group.title)
        where = Position(corner.x - PADDING, corner.y - ROOM_ABOVE)
        group = BlockGroup(group.id, name, group.type, group.config, place.group_id, place.role, where, group.size)
        first = roles_of(group.type, group.config, view.catalog)[0]
        return group, Step(step.id, step.name, step.type, step.config, corner, group.id, first)

    def _connection(self, step: Step) -> tuple[GraphEdit, ...]:
        """The wire to the new step; from a branch port it asks for that branch."""
        wire, view = self._wire, self._view
        if wire is None or (behind := self._step_behind(wire)) is None:
            return ()
        if not wire.forward:
            ports = ports_of(step, view.catalog)
            return (Connect(Edge(str(uuid4()), step.id, behind, ports[0].condition if has_rows(ports) else None)),)
        geometry = view.scene.geometry
        slot = geometry.boxes.slot[wire.id]
        condition = next((port.condition for port in geometry.ports.get(slot, ()) if port.name == wire.port), None)
        return (Connect(Edge(str(uuid4()), behind, step.id, condition)),)

    def _step_behind(self, wire: Hanging) -> str | None:
        """The step a wire really joins: that of the port, or the one that stands for a group."""
        geometry = self._view.scene.geometry
        rules = WireRules(geometry, End(geometry.boxes.slot[wire.id], wire.port))
        return geometry.boxes.ids[rules.step] if rules.step is not None else None

    # Painting

    def _on_screen(self) -> QRectF:
        return self._view.camera.rect_to_screen(QRectF(self._corner, QSizeF(NODE_WIDTH, NODE_HEIGHT)))

    def paint(self, frame: Frame) -> None:
        popup, view = self._popup, self._view
        if popup is None:
            return
        look, geometry = view.scene.pictures.look, view.scene.geometry
        current = popup.current
        paint_target(frame, view.scene, place_at(geometry, self._corner.x() + NODE_WIDTH / 2, self._corner.y() + NODE_HEIGHT / 2))
        if self._wire is not None and self._wire.id in geometry.boxes.slot:
            port = geometry.port(geometry.boxes.slot[self._wire.id], self._wire.port)
            ghost = self._corner.x() + (0 if self._wire.forward else NODE_WIDTH), self._corner.y() + NODE_HEIGHT / 2
            paint_wire(frame, look, *((port, ghost) if self._wire.forward else (ghost, port)), tip=ghost)
        second = "will land here"
        if current is not None and current.entry.kind == "group" and popup.inner is not None:
            second = f"around {popup.inner.entry.title}"
        size = QSizeF(NODE_WIDTH, NODE_HEIGHT)
        paint_ghost(frame, look, current.entry if current is not None else None, self._corner, size, second=second)
