"""The canvas of a comparison: both versions drawn at once, read only, with what differs standing out."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from app.domain.catalog import Catalog
from app.domain.difference_words import DifferenceWords
from app.domain.differences import Differences, Verdict, union_graph
from app.ui.canvas.difference_layer import DifferenceLayer
from app.ui.canvas.glide import glide_to, place_of
from app.ui.canvas.graph_model import GraphModel
from app.ui.canvas.view import CanvasView

WORDLESS = (0.22, 0.4)
"""Scales at which nodes are shown without words, but not as an overview either."""
LEAST_ZOOM = 0.6
"""A change that is gone to is shown at least so large."""


class ComparisonCanvas(CanvasView):
    """Up and down lead through the changes instead of through the steps."""

    stepped = Signal(int)

    def __init__(self, catalog: Catalog, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("comparison-canvas")
        self.setAccessibleName("What differs, on the canvas")
        self.set_catalog(catalog)
        self.set_editable(False)

    def show_difference(self, difference: Differences, words: DifferenceWords, *, keep_place: bool) -> None:
        """Draw a comparison; with `keep_place` the eye stays where it is."""
        camera, selected = self.camera, self.selected_ids()
        old = self.model
        self.composer.difference = None
        self.set_model(GraphModel(union_graph(difference), self))
        if old is not None:
            old.deleteLater()
        chips = {item.id: words.chip(item) for item in difference.items if item.kind != "workflow"}
        self.composer.difference = DifferenceLayer(self.scene, difference, chips)
        self.composer.invalidate()
        if keep_place:
            self.look_from(camera)
            self.select(selected)

    def show_verdicts(self, verdicts: Collection[Verdict]) -> None:
        if self.composer.difference is not None:
            self.composer.difference.show(verdicts)
            self.composer.invalidate()

    def go_to(self, id: str) -> None:
        """Select an element and bring it to the middle."""
        self.select((id,) if id else ())
        if id:
            glide_to(self, id, least_zoom=LEAST_ZOOM)

    def frame_all(self, first: str) -> None:
        """All of the graph where that can be read, else what differs, else the `first` change; from afar all is an overview again."""
        self.zoom_to_fit()
        layer = self.composer.difference
        if self.zoom < LEAST_ZOOM and layer is not None and not (marked := layer.marked_extent()).isEmpty():
            view = QRectF(self.rect()).adjusted(48, 48, -48, -72)
            self.look_from(self.camera.looking_at(marked, view))
        if first and WORDLESS[0] < self.zoom < WORDLESS[1]:
            self.look_from(self.camera.zoomed(LEAST_ZOOM, QRectF(self.rect()).center()))
            place = place_of(self, first)
            self.look_from(self.camera.centred(place.center(), QRectF(self.rect())))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier) and event.key() in steps:
            self.stepped.emit(steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)
