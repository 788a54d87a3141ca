"""The bar at the foot of the canvas: tool, zoom, overview, undo and redo."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtGui import QAction, QActionGroup, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.ui.canvas.minimap import Minimap
from app.ui.canvas.view import CanvasView
from app.ui.theme import theme
from app.ui.widgets.buttons import Button, IconButton
from app.ui.widgets.painting import draw_box, painting

HEIGHT = 44
_BUTTON = 30


class ActionsById(Protocol):
    """The window's registry of actions."""

    def __getitem__(self, id: str) -> QAction: ...


class CanvasToolbar(QWidget):
    """Floats over the canvas it was given with `set_view`. Zoom, undo and redo are the registry's actions; tools are its own."""

    def __init__(self, actions: ActionsById, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("canvas-toolbar")
        self.setAccessibleName("Canvas")
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._view: CanvasView | None = None
        self._tools = QActionGroup(self)
        self.select_tool = self._own("tool-select", "Select", checked=True)
        self.hand_tool = self._own("tool-hand", "Move the canvas (hold Space)")
        self._tools.addAction(self.select_tool)
        self._tools.addAction(self.hand_tool)
        self.minimap = self._own("toggle-minimap", "Overview", checked=True)
        self._lay_out(actions)
        self.hand_tool.toggled.connect(self._on_tool)
        self.minimap.toggled.connect(self._show_minimap)
        theme().changed.connect(self.update)

    def set_view(self, view: CanvasView | None) -> None:
        """Serve this canvas from now on."""
        if self._view is not None:
            self._view.zoom_changed.disconnect(self.show_zoom)
            self._view.set_hand_tool(False)
        self._view = view
        if view is None:
            return
        view.zoom_changed.connect(self.show_zoom)
        self.show_zoom(view.zoom)
        self._on_tool(self.hand_tool.isChecked())
        self._show_minimap(self.minimap.isChecked())

    def show_zoom(self, zoom: float) -> None:
        self._zoom.setText(f"{round(zoom * 100)} %")
        self._zoom.setAccessibleName(f"Zoom {round(zoom * 100)} percent")
        self._zoom.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            draw_box(painter, self.rect(), 12, fill=tokens.panel, border=tokens.border)
            for button in self._first_of_part:
                painter.fillRect(button.x() - 6, 12, 1, self.height() - 24, tokens.border)

    def _lay_out(self, actions: ActionsById) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(6, 0, 6, 0)
        layout.setSpacing(2)
        self._zoom = Button("100 %", "quiet", name="zoom-button", action=actions["zoom-100"])
        self._zoom.setFixedWidth(54)
        zoom_out = IconButton("minus", "Zoom out", name="zoom-out-button", size=_BUTTON, action=actions["zoom-out"])
        overview = IconButton("map", "Overview", name="minimap-button", size=_BUTTON, action=self.minimap)
        tidy = IconButton("wand-sparkles", "Tidy up", name="auto-layout-button", size=_BUTTON, action=actions["auto-layout"])
        undo = IconButton("undo-2", "Undo", name="undo-button", size=_BUTTON, action=actions["undo"])
        parts: list[list[QWidget]] = [
            [
                IconButton("mouse-pointer-2", "Select", name="select-tool-button", size=_BUTTON, action=self.select_tool),
                IconButton("hand", "Move the canvas", name="hand-tool-button", size=_BUTTON, action=self.hand_tool),
            ],
            [
                zoom_out,
                self._zoom,
                IconButton("plus", "Zoom in", name="zoom-in-button", size=_BUTTON, action=actions["zoom-in"]),
                IconButton("maximize", "Zoom to fit", name="zoom-fit-button", size=_BUTTON, action=actions["zoom-fit"]),
            ],
            [tidy, overview],
            [
                undo,
                IconButton("redo-2", "Redo", name="redo-button", size=_BUTTON, action=actions["redo"]),
                IconButton("history", "History", name="history-button", size=_BUTTON, action=actions["history"]),
            ],
        ]
        self._first_of_part = [zoom_out, tidy, undo]
        for index, part in enumerate(parts):
            if index:
                layout.addSpacing(8)
            for button in part:
                layout.addWidget(button)

    def _own(self, name: str, text: str, *, checked: bool = False) -> QAction:
        action = QAction(text, self)
        action.setObjectName(name)
        action.setCheckable(True)
        action.setChecked(checked)
        return action

    def _on_tool(self, hand: bool) -> None:
        if self._view is not None:
            self._view.set_hand_tool(hand)

    def _show_minimap(self, shown: bool) -> None:
        if self._view is not None:
            overview = self._view.findChild(Minimap)
            (overview if isinstance(overview, Minimap) else Minimap(self._view)).setVisible(shown)
