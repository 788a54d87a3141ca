"""Palette, outline, canvas, inspector and bottom panel around each other: their sizes, what is folded away, and narrow windows."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QEnterEvent, QMouseEvent, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from app.ui.actions import Actions
from app.ui.preferences import Preferences
from app.ui.theme import theme, tint
from app.ui.widgets.painting import painting

PALETTE_WIDTH, OUTLINE_WIDTH, INSPECTOR_WIDTH, BOTTOM_HEIGHT = 240, 240, 324, 264
FLOATS_BELOW, NO_PALETTE_BELOW, ONE_OF_TWO_BELOW = 1280, 1000, 1400
"""Widths of the window: below the first the inspector lies over the canvas, below the second there is no palette beside it, below the
third palette and outline do not stand side by side."""
EDGE = 6
_BARS = 88
_TOO_NARROW = "The window is too narrow for it; Space on the canvas adds a step."
_ONE_OF_TWO = "The window is too narrow for palette and outline; Space on the canvas adds a step."

Side = Literal["left", "right", "bottom"]


class Coverable(QWidget):
    """What can be told that so many px at its right are covered."""

    def cover(self, right: int) -> None:
        raise NotImplementedError


class HotEdge(QWidget):
    """What a folded panel leaves: six px at the edge that bring it back."""

    asked = Signal()

    def __init__(self, side: Side, label: str, parent: QWidget, *, name: str) -> None:
        super().__init__(parent)
        self.side: Side = side
        self.setObjectName(name)
        self.setAccessibleName(label)
        self.setToolTip(label)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.hide()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.asked.emit()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            painter.fillRect(self.rect(), tint(tokens.accent, 0.7) if self.underMouse() else tint(tokens.text_third, 0.10))


class Panels(QWidget):
    """Follows the window's `toggle-…` actions. A panel that is dragged to nothing is folded; it comes back as wide as it was."""

    def __init__(
        self,
        actions: Actions,
        preferences: Preferences,
        *,
        palette: QWidget,
        outline: QWidget,
        host: Coverable,
        inspector: QWidget,
        bottom: QWidget,
    ) -> None:
        super().__init__()
        self.setObjectName("editor-panels")
        self._actions, self._preferences = actions, preferences
        self._host = host
        self.by_action: dict[str, QWidget] = {
            "toggle-palette": palette,
            "toggle-outline": outline,
            "toggle-inspector": inspector,
            "toggle-bottom": bottom,
        }
        across = preferences.sizes("editor/across", [PALETTE_WIDTH, 800, INSPECTOR_WIDTH])
        down = preferences.sizes("editor/down", [0, 0])
        self._sizes = {
            "toggle-palette": across[0] or PALETTE_WIDTH,
            "toggle-outline": preferences.sizes("editor/outline-width", [OUTLINE_WIDTH])[0] or OUTLINE_WIDTH,
            "toggle-inspector": across[2] or INSPECTOR_WIDTH,
            "toggle-bottom": down[1],
        }
        self._floats = self._without_palette = self._has_selection = False
        self._edges = {
            "toggle-palette": HotEdge("left", "Show the palette", self, name="palette-edge"),
            "toggle-inspector": HotEdge("right", "Show the inspector", self, name="inspector-edge"),
            "toggle-bottom": HotEdge("bottom", "Show the bottom panel", self, name="bottom-edge"),
        }
        self._lay_out(palette, outline, host, inspector, bottom)
        self._connect()
        theme().changed.connect(self.update)

    @property
    def inspector_floats(self) -> bool:
        return self._floats

    def keep(self) -> None:
        """Remember sizes and what is folded."""
        self._preferences.set("editor/across", [self._sizes["toggle-palette"], 800, self._sizes["toggle-inspector"]])
        self._preferences.set("editor/outline-width", [self._sizes["toggle-outline"]])
        if self._sizes["toggle-bottom"]:
            self._preferences.set("editor/down", [800, self._sizes["toggle-bottom"]])
        for id in self.by_action:
            self._preferences.set(f"editor/{id}", self._actions[id].isChecked())

    def follow_selection(self, has_selection: bool) -> None:
        """An inspector that lies over the canvas is only there while there is something to inspect."""
        self._has_selection = has_selection
        self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._follow_window()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._follow_window()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move) and watched in (self._host, self._room):
            self._place()
        return False

    # What is shown where

    def _follow_window(self) -> None:
        width = self.window().width()
        floats, without = width < FLOATS_BELOW, self._is_too_narrow()
        if not self._sizes["toggle-bottom"] and self.isVisible():
            # Never set by hand: on a low screen the canvas needs the room more. The window's height counts: a page that is
            # shown for the first time has not got its own yet.
            self._sizes["toggle-bottom"] = min(BOTTOM_HEIGHT, (self.window().height() - _BARS) * 27 // 100)
            self._share()
        if (floats, without) != (self._floats, self._without_palette):
            self._floats, self._without_palette = floats, without
            self._show()
        self._place()

    def _is_too_narrow(self) -> bool:
        """For the palette."""
        width = self.window().width()
        return width < NO_PALETTE_BELOW or (width < ONE_OF_TWO_BELOW and self._actions["toggle-outline"].isChecked())

    def _show(self) -> None:
        """Show what is not folded, share the room, and put an edge where something is."""
        self._without_palette = self._is_too_narrow()
        why = _ONE_OF_TWO if self._actions["toggle-outline"].isChecked() else _TOO_NARROW
        self._actions.enable("toggle-palette", not self._without_palette, why)
        for id, panel in self.by_action.items():
            unfolded = self._actions[id].isChecked()
            shown = unfolded
            if id == "toggle-palette":
                shown = unfolded and not self._without_palette
            elif id == "toggle-inspector" and self._floats:
                shown = unfolded and self._has_selection
            panel.setVisible(shown)
            if id == "toggle-inspector":
                self._room.setVisible(shown and not self._floats)
            if id in self._edges:
                self._edges[id].setVisible(not unfolded and not (id == "toggle-palette" and self._without_palette))
        self._share()
        self._place()

    def _share(self) -> None:
        """Give each panel the size it had; the canvas gets the rest."""
        palette = self._sizes["toggle-palette"] if not self.by_action["toggle-palette"].isHidden() else 0
        outline = self._sizes["toggle-outline"] if not self.by_action["toggle-outline"].isHidden() else 0
        docked = not self._floats and not self.by_action["toggle-inspector"].isHidden()
        inspector = self._sizes["toggle-inspector"] if docked else 0
        middle = max(240, self.width() - palette - outline - inspector)
        self._across.setSizes([palette, outline, middle, inspector])
        bottom = self._sizes["toggle-bottom"] if not self.by_action["toggle-bottom"].isHidden() else 0
        self._down.setSizes([max(160, self.height() - bottom), bottom])

    def _place(self) -> None:
        width, height = self.width(), self.height()
        canvas = QRect(self._host.mapTo(self, self._host.rect().topLeft()), self._host.size())
        self._edges["toggle-palette"].setGeometry(0, 0, EDGE, height)
        self._edges["toggle-inspector"].setGeometry(width - EDGE, 0, EDGE, height)
        self._edges["toggle-bottom"].setGeometry(canvas.left(), canvas.bottom() + 1 - EDGE, canvas.width(), EDGE)
        inspector = self.by_action["toggle-inspector"]
        if self._floats:
            size = min(self._sizes["toggle-inspector"], width - 240)
            inspector.setGeometry(width - size, 0, size, height)
            self._host.cover(size if not inspector.isHidden() else 0)
        else:
            self._host.cover(0)
            inspector.setGeometry(QRect(self._room.mapTo(self, QPoint(0, 0)), self._room.size()))
        inspector.raise_()
        for edge in self._edges.values():
            edge.raise_()

    def _note_sizes(self) -> None:
        """What was drawn by hand. A small window squeezes panels: that is nobody's wish and is not remembered."""
        across, down = self._across.sizes(), self._down.sizes()
        if not self.isVisible():
            return
        found = {"toggle-palette": across[0], "toggle-outline": across[1], "toggle-bottom": down[1]}
        if not self._floats:
            found["toggle-inspector"] = across[3]
        for id, size in found.items():
            if size > 0 and not self.by_action[id].isHidden():
                self._sizes[id] = size

    def _on_moved(self) -> None:
        """A handle was drawn: to nothing means away."""
        across, down = self._across.sizes(), self._down.sizes()
        gone = {"toggle-palette": across[0] == 0, "toggle-outline": across[1] == 0, "toggle-bottom": down[1] == 0}
        if not self._floats:
            gone["toggle-inspector"] = across[3] == 0
        folded = [id for id, is_gone in gone.items() if is_gone and not self.by_action[id].isHidden()]
        if folded:
            # After the handle's own event: Qt still works with the panel here.
            QTimer.singleShot(0, self, lambda: self._fold(folded))
        else:
            self._note_sizes()
        self._place()

    def _fold(self, ids: list[str]) -> None:
        for id in ids:
            self._actions[id].setChecked(False)

    # Its parts

    def _lay_out(self, palette: QWidget, outline: QWidget, host: QWidget, inspector: QWidget, bottom: QWidget) -> None:
        self._down = QSplitter(Qt.Orientation.Vertical)
        self._down.setObjectName("editor-splitter-down")
        self._down.addWidget(host)
        self._down.addWidget(bottom)
        self._across = QSplitter(Qt.Orientation.Horizontal)
        self._across.setObjectName("editor-splitter-across")
        # The inspector stands over its room in the row, so that it can lie over the canvas as well without changing hands.
        self._room = QWidget()
        self._room.setMinimumWidth(max(200, inspector.minimumSizeHint().width()))
        for part in (palette, outline, self._down, self._room):
            self._across.addWidget(part)
        for splitter, stretch in ((self._across, 2), (self._down, 0)):
            splitter.setHandleWidth(1)
            for at in range(splitter.count()):
                splitter.setStretchFactor(at, int(at == stretch))
                splitter.setCollapsible(at, at != stretch)
        palette.setMinimumWidth(180)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._across)
        inspector.setParent(self)

    def _connect(self) -> None:
        for id in self.by_action:
            action = self._actions[id]
            action.setChecked(self._preferences.flag(f"editor/{id}", default=id != "toggle-outline"))
            action.toggled.connect(lambda on, id=id: self._on_toggled(id, on=on))
            if id in self._edges:
                self._edges[id].asked.connect(lambda action=action: action.setChecked(True))
        for splitter in (self._across, self._down):
            splitter.splitterMoved.connect(lambda _at, _index: self._on_moved())
        for followed in (self._host, self._room):
            followed.installEventFilter(self)
        self._show()

    def _on_toggled(self, id: str, *, on: bool) -> None:
        if on and id == "toggle-inspector" and self._floats:
            self._has_selection = True  # asked for by hand: it is wanted, whatever is selected
        self._show()
