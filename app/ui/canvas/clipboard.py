"""Copy, cut, paste and duplicate on one canvas. What is copied is text: a definition document that stands for itself.

Wires that led outside travel beside the text and are drawn again on demand. A large part is read and prepared elsewhere
than on the GUI thread, when there is an elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from PySide6.QtCore import QMimeData, QPointF, QRectF
from PySide6.QtGui import QGuiApplication

from app.domain.catalog import Catalog
from app.domain.edits import GraphEdit, removal
from app.domain.errors import EditRefused
from app.domain.fragments import Fragment, cut_out, fragment_to_json, graft, parents_in, read_fragment
from app.domain.json_value import JsonRejected, dumps, dumps_bytes, loads
from app.domain.measures import box_of, snapped
from app.domain.room import with_room
from app.domain.workflow import BlockGroup, Edge, Graph, Note, Step, edge_to_json
from app.ui.canvas.landing import Place, place_at
from app.ui.words import count

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

WIRES_MIME = "application/x-orchestrion-wires"
# A copy stands this far from what it was made of, and from another that stands there already.
OFFSET = 32
LARGE_TEXT = 20_000
LARGE_PART = 60
Elsewhere = Callable[[Coroutine[Any, Any, None]], object]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where a part shall come to stand: moved by so much, in this place or (None) where its originals stand."""

    move: tuple[int, int]
    place: Place | None
    with_outside: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    edit: GraphEdit
    roots: tuple[str, ...]


class Clipboard:
    """The clipboard as one canvas uses it."""

    def __init__(self, view: CanvasView) -> None:
        self._view = view
        self.off_thread: Callable[[Callable[[], Any]], Coroutine[Any, Any, Any]] | None = None
        """Runs a pure function elsewhere; set by whoever has a thread for it."""
        self.start: Elsewhere | None = None

    def copy(self) -> bool:
        """Put the selection on the clipboard; false when there is nothing of it to copy."""
        view = self._view
        part = cut_out(view.graph, view.catalog, view.selected_ids())
        if not part.roots:
            return False
        data = QMimeData()
        data.setText(dumps(fragment_to_json(part, view.graph.details.name)))
        if part.outside:
            data.setData(WIRES_MIME, dumps_bytes([edge_to_json(edge) for edge in part.outside]))
        QGuiApplication.clipboard().setMimeData(data)
        return True

    def cut(self) -> None:
        """Copy and take away; neighbours are not joined, because what was cut may come back between them."""
        view = self._view
        if view.editable and self.copy():
            view.change(removal(view.graph, view.selected_ids()))

    def paste(self, *, with_outside: bool = False) -> None:
        """Put in what the clipboard holds: at the pointer, else beside where it came from; a refusal says why."""
        view, data = self._view, QGuiApplication.clipboard().mimeData()
        if not view.editable:
            return
        if not data.hasText():
            view.refused.emit("The clipboard holds no steps.")
            return
        text, wires = data.text(), _wires_of(data)
        self._do(lambda: _with_wires(read_fragment(text), wires), large=len(text) > LARGE_TEXT, with_outside=with_outside)

    def duplicate(self) -> None:
        """A copy of the selection beside it, in the same groups."""
        view = self._view
        part = cut_out(view.graph, view.catalog, view.selected_ids())
        if view.editable and part.roots:
            self.put(part, Wanted((OFFSET, OFFSET), None))

    def put(self, part: Fragment, wanted: Wanted) -> None:
        """Put a part of this workflow in once more, and select it."""
        self._do(lambda: part, large=len(part.graph.steps) > LARGE_PART, wanted=wanted)

    def _do(self, read: Callable[[], Fragment], *, large: bool, with_outside: bool = False, wanted: Wanted | None = None) -> None:
        if large and self.off_thread is not None and self.start is not None:
            self.start(self._put_large(read, with_outside, wanted))
            return
        view = self._view
        try:
            part = read()
            told = wanted if wanted is not None else self._wanted(part, with_outside=with_outside)
            self._push(prepared(view.graph, view.catalog, part, told, view.folding.folded))
        except EditRefused as refusal:
            view.refused.emit(str(refusal))

    async def _put_large(self, read: Callable[[], Fragment], with_outside: bool, wanted: Wanted | None) -> None:
        view = self._view
        assert self.off_thread is not None
        try:
            part = await self.off_thread(read)
            told = wanted if wanted is not None else self._wanted(part, with_outside=with_outside)
            while True:
                graph, folded = view.graph, view.folding.folded
                found = await self.off_thread(lambda: prepared(graph, view.catalog, part, told, folded))  # noqa: B023 - awaited at once
                if view.graph is graph:
                    break  # else it was edited meanwhile: names that were free may be taken
            self._push(found)
        except EditRefused as refusal:
            view.refused.emit(str(refusal))

    def _push(self, found: Prepared) -> None:
        if self._view.change(found.edit):
            self._view.select(found.roots)

    def _wanted(self, part: Fragment, *, with_outside: bool) -> Wanted:
        view = self._view
        box = _box(part, view.catalog)
        pointer, seen = view.aim, view.camera.rect_to_world(QRectF(view.rect()))
        if pointer is not None:
            middle = view.camera.to_world(pointer)
        elif seen.intersects(box):
            middle = box.center() + QPointF(OFFSET, OFFSET)
        else:
            middle = seen.center()
        move = snapped(middle.x() - box.center().x()), snapped(middle.y() - box.center().y())
        move = _beside(view.graph, part, move)
        corner = box.topLeft() + QPointF(*move)
        at = middle if pointer is not None else corner
        return Wanted(move, place_at(view.scene.geometry, at.x(), at.y()), with_outside)


def prepared(graph: Graph, catalog: Catalog, part: Fragment, wanted: Wanted, folded: frozenset[str]) -> Prepared:
    """The edit that puts a part in, with room for it, and what is to be selected then.

    Raises:
        EditRefused: there would be too many steps.
    """
    parents = parents_in(graph, part.roots) if wanted.place is None else (wanted.place.group_id, wanted.place.role)
    grafted = graft(
        graph,
        catalog,
        part,
        move=wanted.move,
        parents=parents,
        new_id=lambda: str(uuid4()),
        with_outside=wanted.with_outside,
    )
    words = f"{'Duplicate' if wanted.place is None else 'Paste'} {_words(part)}"
    edit = with_room(graph, catalog, grafted.edits, grafted.roots, text=words, folded=folded)
    return Prepared(edit, grafted.roots)


def _words(part: Fragment) -> str:
    steps, groups, notes = len(part.graph.steps), len(part.graph.groups), len(part.graph.notes)
    return count(groups, "group") if groups and not steps else count(steps, "step") if steps else count(notes, "note")


def _with_wires(part: Fragment, wires: tuple[Edge, ...]) -> Fragment:
    return Fragment(part.graph, (*part.outside, *wires))


def _wires_of(data: QMimeData) -> tuple[Edge, ...]:
    """The wires beside the text; anything odd counts for nothing."""
    if not data.hasFormat(WIRES_MIME):
        return ()
    try:
        found = loads(bytes(data.data(WIRES_MIME).data()))
    except JsonRejected:
        return ()
    edges: list[Edge] = []
    for each in found if isinstance(found, list) else ():
        if not isinstance(each, dict):
            continue
        source, target, condition = (each.get(name) for name in ("source_step_id", "target_step_id", "condition"))
        if isinstance(source, str) and isinstance(target, str) and (condition is None or isinstance(condition, str)):
            edges.append(Edge("", source, target, condition))
    return tuple(edges)


def _box(part: Fragment, catalog: Catalog) -> QRectF:
    """Around all roots of a part."""
    boxes = [box_of(part.graph, catalog, id) for id in part.roots]
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
    return QRectF(left, top, right - left, bottom - top)


def _beside(graph: Graph, part: Fragment, move: tuple[int, int]) -> tuple[int, int]:
    """Not right on top of what was pasted before."""
    first = part.graph.element(part.roots[0])
    assert isinstance(first, Step | BlockGroup | Note)
    nodes: tuple[Step | BlockGroup | Note, ...] = (*graph.steps.values(), *graph.groups.values(), *graph.notes.values())
    taken = {(each.position.x, each.position.y) for each in nodes}
    while (first.position.x + move[0], first.position.y + move[1]) in taken:
        move = move[0] + OFFSET, move[1] + OFFSET
    return move
