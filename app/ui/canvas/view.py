"""The canvas widget: it shows a `GraphModel`, turns mouse and keys into edits, and tells what is selected.

Immediate mode: the scene keeps numbers, `composer` paints them. All positions of the API are logical px of the widget.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPaintEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from app.domain.catalog import Catalog
from app.domain.edits import GraphEdit, removal
from app.domain.errors import EditRefused
from app.domain.problems import Severity
from app.domain.rewiring import healing_removal, left_apart
from app.domain.workflow import Graph
from app.ui.canvas import keyboard
from app.ui.canvas.adding import Adding
from app.ui.canvas.clipboard import Clipboard
from app.ui.canvas.composer import Composer
from app.ui.canvas.dropping import Dropping
from app.ui.canvas.entries import Entry
from app.ui.canvas.eye import Eye
from app.ui.canvas.folding import Folding
from app.ui.canvas.gliding import Gliding
from app.ui.canvas.graph_model import GraphChange, GraphModel
from app.ui.canvas.hits import NOTHING, Hit, hit_at
from app.ui.canvas.interactions import Gesture, gesture_for
from app.ui.canvas.look import look_of
from app.ui.canvas.overlay import RunOverlay
from app.ui.canvas.pointing import cursor_of, double_clicked, lit_part
from app.ui.canvas.scene import Scene
from app.ui.canvas.space_bar import SpaceBar
from app.ui.canvas.spotlight import Spotlight
from app.ui.canvas.tooltips import tooltip_at
from app.ui.canvas.word_chips import WordChip
from app.ui.theme import theme


class CanvasView(Eye):
    """The canvas."""

    selection_changed = Signal(tuple)
    graph_changed = Signal()
    activated = Signal(str)
    refused = Signal(str)
    told = Signal(str)
    """What was done otherwise than one might expect, as a sentence."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("canvas")
        self.setAccessibleName("Workflow canvas")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.catalog = Catalog({}, {}, {})
        self.scene = Scene(self.catalog, look_of(theme().tokens))
        self.overlay = RunOverlay(self.scene.geometry, self)
        self.composer = Composer(self)
        self.dropping = Dropping(self)
        self.adding = Adding(self)
        self.clipboard = Clipboard(self)
        self.space_bar = SpaceBar(self)
        self.folding = Folding(self)
        self.gliding = Gliding(self)
        self.spotlight = Spotlight(self)
        self.gesture: Gesture | None = None
        self.hovered: Hit = NOTHING
        self.pointer: QPointF | None = None
        self._menu_at: QPointF | None = None
        self.problems: dict[str, Severity] = {}
        self.word_chips: dict[str, WordChip] = {}
        self.panning = False
        self.editable = True
        self._model: GraphModel | None = None
        self._selected: dict[str, None] = {}
        self.overlay.told.connect(self._on_overlay)

    # What is shown

    def set_catalog(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.scene = Scene(catalog, look_of(theme().tokens))
        self.scene.load(self.graph)
        self.overlay.follow(self.scene.geometry)
        self.composer.follow_scene()
        self.graph_changed.emit()

    def set_model(self, model: GraphModel) -> None:
        """Show a graph and edit it from now on; the view looks at all of it."""
        if self._model is not None:
            self._model.changed.disconnect(self._on_changed)
            self._model.problems_changed.disconnect(self._on_problems)
        self._model = model
        model.changed.connect(self._on_changed)
        model.problems_changed.connect(self._on_problems)
        self._show_anew()
        self._on_problems()

    def set_editable(self, editable: bool) -> None:
        """A canvas that is not editable still pans, zooms and selects."""
        self.editable = editable

    @property
    def model(self) -> GraphModel | None:
        return self._model

    @property
    def graph(self) -> Graph:
        return self._model.graph if self._model is not None else Graph()

    def change(self, edit: GraphEdit, *, merge_key: str = "") -> bool:
        """Push an edit; false, and `refused` with the reason, when it does not fit."""
        if self._model is None:
            return False
        try:
            self._model.push(edit, merge_key=merge_key)
        except EditRefused as refusal:
            self.refused.emit(str(refusal))
            return False
        return True

    def set_problems(self, problems: Mapping[str, Severity]) -> None:
        """Mark these elements as invalid."""
        self.problems = dict(problems)
        self.update()

    def _show_anew(self) -> None:
        self.cancel_gesture()
        self.adding.close()
        self.scene.load(self.graph)
        self.overlay.follow(self.scene.geometry)
        self.composer.follow_scene()
        self.select(())
        self.hovered = NOTHING
        self.zoom_to_fit()
        self.graph_changed.emit()

    def _on_changed(self, change: GraphChange) -> None:
        if change.edit is None:
            self._show_anew()
            return
        self.cancel_gesture()
        self.adding.close()
        self.composer.follow_change(self.scene.update(change))
        self.select(self.selected_ids())
        self.hovered = NOTHING
        self.folding.follow(change.edit)
        self.update()
        self.graph_changed.emit()

    def _on_problems(self) -> None:
        found: dict[str, Severity] = {}
        for problem in self._model.problems if self._model is not None else ():
            if problem.id is not None and found.get(problem.id) != "error":
                found[problem.id] = problem.severity
        self.set_problems(found)

    def _on_overlay(self, ids: frozenset[str]) -> None:
        """Repaint where states changed: the elements, their chips and their edges."""
        geometry = self.scene.geometry
        slots = np.array([geometry.boxes.slot[key] for key in ids if key in geometry.boxes.slot], np.intp)
        edges = [geometry.links.slot[key] for key in ids if key in geometry.links.slot]
        around = np.union1d(np.array(edges, np.intp), geometry.edges_of(slots))
        self.graph_changed.emit()
        self.animate()
        if len(slots) + len(around) > 64:
            self.composer.invalidate()
            return
        for x, y, width, height in geometry.boxes.rect[slots].tolist():
            self.update_world(QRectF(x - 8, y - 16, width + 16, height + 24))
        for left, top, right, bottom in geometry.links.bounds[around].tolist():
            self.composer.invalidate(QRectF(left - 6, top - 6, right - left + 12, bottom - top + 12))

    # Selection

    def selected_ids(self) -> tuple[str, ...]:
        return tuple(self._selected)

    def select(self, ids: Iterable[str]) -> None:
        """Select these elements, as far as they are there."""
        slots, edges = self.scene.geometry.boxes.slot, self.scene.geometry.links.slot
        wanted = dict.fromkeys(key for key in ids if key in slots or key in edges)
        if wanted.keys() == self._selected.keys():
            return
        self._selected = wanted
        self.setAccessibleDescription(self._described())
        self.update()
        self.selection_changed.emit(tuple(wanted))

    def select_all(self) -> None:
        graph = self.graph
        self.select([*graph.steps, *graph.groups, *graph.notes])

    def delete_selected(self, *, heal: bool = True) -> None:
        """Delete the selection; with `heal`, neighbours are joined where one way led through what goes."""
        if not self._selected or not self.editable:
            return
        apart = left_apart(self.graph, self.selected_ids()) if heal else []
        if self.change((healing_removal if heal else removal)(self.graph, self.selected_ids())) and apart:
            self.told.emit(f"What followed “{apart[0]}” asked for its output, so its neighbours are not connected.")

    def undo(self) -> None:
        if self._model is not None and self.editable:
            self.cancel_gesture()
            self._model.undo_stack.undo()

    def redo(self) -> None:
        if self._model is not None and self.editable:
            self.cancel_gesture()
            self._model.undo_stack.redo()

    def add_entry(self, entry: Entry) -> None:
        """Add a palette entry in the middle of what is seen."""
        if self.editable:
            self.dropping.add(entry, QRectF(self.rect()).center())

    def toggle_collapsed(self, group_id: str) -> None:
        """Show a group as one node, or open it again."""
        self.folding.toggle(group_id)

    def _described(self) -> str:
        names = [getattr(self.graph.element(key), "name", "") or "a connection" for key in self._selected]
        if not names:
            return "Nothing is selected."
        return f"Selected: {', '.join(names[:5])}{f' and {len(names) - 5} more' if len(names) > 5 else ''}."

    # Where things are

    def hit(self, at: QPointF | QPoint) -> Hit:
        """What lies under a point."""
        return hit_at(self.scene, self.camera, QPointF(at))

    def node_rect(self, id: str) -> QRectF:
        """Where a step, group or note is; empty when it is not shown."""
        slot = self.scene.geometry.boxes.slot.get(id)
        if slot is None or not self.scene.geometry.boxes.shown[slot]:
            return QRectF()
        return self.camera.rect_to_screen(QRectF(*self.scene.geometry.boxes.rect[slot].tolist()))

    def port_pos(self, id: str, port: str) -> QPointF:
        """Where a port is: `in`, `out`, or the name of an output row such as `true`."""
        slot = self.scene.geometry.boxes.slot[id]
        return self.camera.to_screen(QPointF(*self.scene.geometry.port(slot, port)))

    def ensure_visible(self, id: str) -> None:
        """Pan so that an element is seen, if it is not."""
        place = self.node_rect(id)
        if not place.isEmpty() and not QRectF(self.rect()).adjusted(8, 8, -8, -8).contains(place):
            self.look_from(self.camera.centred(self.camera.to_world(place.center()), QRectF(self.rect())))

    @property
    def lives(self) -> bool:
        return self.gesture is not None and self.gesture.lives

    # Events

    def cancel(self) -> bool:
        """Esc: give up the gesture, else the selection; false when there is neither."""
        if self.gesture is not None:
            self.cancel_gesture()
            return True
        if self._selected:
            self.select(())
            return True
        return False

    def cancel_gesture(self) -> None:
        self.gliding.finish()
        if self.gesture is not None:
            gesture, self.gesture = self.gesture, None
            gesture.cancel()
            self._show_cursor()

    def paintEvent(self, event: QPaintEvent) -> None:
        self.composer.paint(event)
        if self.composer.rough:
            self.sharpen_soon()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.gesture is not None:
            return
        self.gliding.finish()
        self.space_bar.used()
        self._menu_at = event.position() if event.button() == Qt.MouseButton.RightButton else None
        hit = self.hit(event.position())
        self.gesture = gesture_for(self, hit, event.position(), event.button(), event.modifiers())
        self._show_cursor()
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.pointer, self._menu_at = event.position(), None
        if self.gesture is not None:
            self.gesture.move(event.position(), event.modifiers())
            return
        hit = self.hit(event.position())
        if hit != self.hovered:
            self._repaint_hover(self.hovered)
            self.hovered = hit
            self._repaint_hover(hit)
            self._show_cursor()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.gesture is not None:
            gesture, self.gesture = self.gesture, None
            gesture.end(event.position())
            self._show_cursor()
            self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        left = event.button() == Qt.MouseButton.LeftButton and not self.panning
        if not left or not double_clicked(self, self.hit(event.position()), event.position()):
            self.mousePressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.pointer = None
        self._repaint_hover(self.hovered)
        self.hovered = NOTHING

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            self.space_bar.press(event)
        elif not keyboard.press(self, event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.space_bar.release(event)
        else:
            super().keyReleaseEvent(event)

    def focusNextPrevChild(self, next: bool) -> bool:
        # Also asked when what floats over the canvas and had the focus is hidden.
        return (self.hasFocus() and keyboard.step_through(self, forward=next)) or super().focusNextPrevChild(next)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        event.setAccepted(self.dropping.over(event))

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        event.setAccepted(self.dropping.over(event))

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.dropping.gone()

    def dropEvent(self, event: QDropEvent) -> None:
        if self.dropping.drop(event):
            event.acceptProposedAction()
            self.setFocus()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and (words := tooltip_at(self, event.pos())):
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def _repaint_hover(self, hit: Hit) -> None:
        if (part := lit_part(self, hit)) is not None:
            self.update_world(part)

    def set_hand_tool(self, on: bool) -> None:
        """With the hand, the left button pans."""
        self.space_bar.set_tool(on)

    def set_panning(self, on: bool) -> None:
        self.panning = on
        self._show_cursor()

    @property
    def aim(self) -> QPointF | None:
        """Where what is added or pasted shall stand: at the pointer, or where the menu was opened; None when it is elsewhere."""
        return self.pointer if self.pointer is not None else self._menu_at

    def _show_cursor(self) -> None:
        self.setCursor(cursor_of(self))
