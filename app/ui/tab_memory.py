"""What is remembered of tabs: which were open, in which order, what was looked at, and those that were closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.json_value import Json, JsonRejected, dumps, loads
from app.ui.canvas.camera import Camera
from app.ui.canvas.view import CanvasView
from app.ui.document import Document
from app.ui.preferences import Preferences

_OPEN, _CURRENT, _PLACES = "editor/open", "editor/current", "editor/places"
_MOST_PLACES, _MOST_CLOSED = 200, 30


@dataclass(frozen=True, slots=True)
class Closed:
    """A draft's tab that was closed, and the place it had among the tabs."""

    workflow_id: str
    name: str
    at: int


class TabMemory:
    """Places are kept per workflow, also of those that are closed: opened again, one looks where one looked."""

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences
        self._places = _places(preferences.text(_PLACES))
        self.closed: list[Closed] = []

    @property
    def was_kept(self) -> bool:
        """False before the very first end of the program."""
        return self._preferences.knows(_OPEN)

    def left_open(self) -> tuple[list[str], str]:
        """Ids of the workflows that were open, in order, and the one that was shown."""
        return [id for id in self._preferences.text(_OPEN).split(",") if id], self._preferences.text(_CURRENT)

    def keep_open(self, documents: list[Document], current: Document | None) -> None:
        drafts = [document.workflow_id for document in documents if _is_draft(document)]
        self._preferences.set(_OPEN, ",".join(drafts))
        self._preferences.set(_CURRENT, current.workflow_id if current is not None and _is_draft(current) else "")
        newest = list(self._places.items())[-_MOST_PLACES:]
        kept: dict[str, Json] = {id: [camera.x, camera.y, camera.scale] for id, camera in newest}
        self._preferences.set(_PLACES, dumps(kept))

    def note_place(self, document: Document, view: CanvasView, *, was_seen: bool) -> None:
        """Remember what is looked at; a view that was never shown says nothing."""
        if was_seen and _is_draft(document):
            self._places.pop(document.workflow_id, None)
            self._places[document.workflow_id] = view.camera

    def look_as_left(self, document: Document, view: CanvasView) -> bool:
        """Look where one looked last; false when that is not known, or there is nothing to be seen any more."""
        camera = self._places.get(document.workflow_id) if _is_draft(document) else None
        if camera is None:
            return False
        view.look_from(Camera(camera.x, camera.y, camera.scale, view.camera.dpr))
        extent = view.scene.geometry.extent()
        if extent is None:
            return True
        left, top, right, bottom = extent
        seen = view.camera.rect_to_world(view.rect().toRectF())
        return seen.left() < right and seen.right() > left and seen.top() < bottom and seen.bottom() > top

    def note_closed(self, document: Document, at: int) -> None:
        if _is_draft(document):
            self.closed = [one for one in self.closed if one.workflow_id != document.workflow_id]
            self.closed = [*self.closed, Closed(document.workflow_id, document.name, at)][-_MOST_CLOSED:]

    def take_closed(self) -> Closed | None:
        return self.closed.pop() if self.closed else None


def _is_draft(document: Document) -> bool:
    return not document.is_snapshot and not document.is_version


def _places(text: str) -> dict[str, Camera]:
    try:
        kept = loads(text) if text else {}
    except JsonRejected:
        return {}
    found: Mapping[str, Json] = kept if isinstance(kept, dict) else {}
    return {id: camera for id, place in found.items() if (camera := _camera(place)) is not None}


def _camera(place: Json) -> Camera | None:
    if not isinstance(place, list) or len(place) != 3:
        return None
    x, y, scale = (float(part) if isinstance(part, int | float) and not isinstance(part, bool) else None for part in place)
    if x is None or y is None or scale is None or not 0.01 <= scale <= 10 or abs(x) > 1e9 or abs(y) > 1e9:
        return None
    return Camera(x, y, scale)
