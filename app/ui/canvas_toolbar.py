"""The bar at the foot of the canvas: zoom, fit, undo and redo."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.ui.actions import Actions
from app.ui.theme import theme
from app.ui.widgets.buttons import Button, IconButton
from app.ui.widgets.painting import draw_box, painting


class CanvasToolbar(QWidget):
    """Floats over the canvas; every button is an action of the registry."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("canvas-toolbar")
        self.setAccessibleName("Canvas")
        self.setFixedHeight(44)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(6, 0, 6, 0)
        layout.setSpacing(2)
        layout.addWidget(IconButton("minus", "Zoom out", name="zoom-out-button", action=actions["zoom-out"]))
        self._zoom = Button("100 %", "quiet", name="zoom-button", action=actions["zoom-100"])
        self._zoom.setFixedWidth(68)
        layout.addWidget(self._zoom)
        layout.addWidget(IconButton("plus", "Zoom in", name="zoom-in-button", action=actions["zoom-in"]))
        layout.addWidget(IconButton("maximize", "Zoom to fit", name="zoom-fit-button", action=actions["zoom-fit"]))
        layout.addSpacing(14)
        layout.addWidget(IconButton("undo-2", "Undo", name="undo-button", action=actions["undo"]))
        layout.addWidget(IconButton("redo-2", "Redo", name="redo-button", action=actions["redo"]))
        theme().changed.connect(self.update)

    def show_zoom(self, zoom: float) -> None:
        self._zoom.setText(f"{round(zoom * 100)} %")
        self._zoom.setAccessibleName(f"Zoom {round(zoom * 100)} percent")
        self._zoom.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            draw_box(painter, self.rect(), 12, fill=tokens.panel, border=tokens.border)
            # The line between looking and changing stands in the gap left of Undo.
            undo = self.findChild(IconButton, "undo-button", Qt.FindChildOption.FindDirectChildrenOnly)
            assert isinstance(undo, IconButton)
            painter.fillRect(undo.x() - 9, 12, 1, self.height() - 24, tokens.border)
