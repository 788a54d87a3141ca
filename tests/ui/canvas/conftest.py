"""A shown canvas at 100 % with its world's origin at the corner, and a hand that uses the mouse."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.domain.workflow import BlockGroup, Edge, Graph, Note, Position, Size, Step
from app.ui.canvas.camera import Camera
from app.ui.canvas.graph_model import GraphModel
from app.ui.canvas.view import CanvasView
from app.ui.theme import theme
from tests.catalog import CATALOG

NONE = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier


def step(key: str, x: int, y: int, *, group: str | None = None, role: str | None = None, type: str = "transform") -> Step:
    config = {"transform": {"output": "{{ $ }}"}, "condition": {"expression": "$.n > 3"}}.get(type, {})
    return Step(key, key.capitalize(), type, config, Position(x, y), group, role)


def sample() -> Graph:
    """Three steps in a row; below them a loop with one step, a guard with one in `try`, and a note.

    first → second, first → inner (drawn at the loop's header), and third stands alone.
    """
    steps = [
        step("first", 96, 96),
        step("second", 392, 96),
        step("third", 688, 96),
        step("check", 688, 200, type="condition"),
        step("inner", 144, 400, group="loop", role="body"),
        step("call", 600, 440, group="guard", role="try"),
        step("tell", 600, 560, group="guard", role="catch"),
    ]
    groups = [
        BlockGroup("loop", "Loop", "foreach", {}, None, None, Position(96, 320), Size(320, 240)),
        BlockGroup("guard", "Guard", "try_catch", {}, None, None, Position(560, 352), Size(360, 400)),
    ]
    edges = [Edge("e1", "first", "second"), Edge("e2", "first", "inner", "$.n > 1")]
    notes = [Note("note", "Hello\nThere", Position(24, 620), Size(200, 120))]
    return Graph({s.id: s for s in steps}, {e.id: e for e in edges}, {g.id: g for g in groups}, {n.id: n for n in notes})


class Hand:
    """Real mouse and key events on one canvas; points are logical px of the widget."""

    def __init__(self, view: CanvasView) -> None:
        self.view = view

    def press(self, at: QPointF, *, keys: Qt.KeyboardModifier = NONE, button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
        QTest.mousePress(self.view, button, keys, at.toPoint())

    def move(self, at: QPointF, *, keys: Qt.KeyboardModifier = NONE) -> None:
        """With `keys` held the event is sent by hand: QTest moves the mouse without any."""
        if keys == NONE:
            QTest.mouseMove(self.view, at.toPoint())
            return
        there, left = QPointF(self.view.mapToGlobal(at.toPoint())), Qt.MouseButton.LeftButton
        QApplication.sendEvent(self.view, QMouseEvent(QEvent.Type.MouseMove, at, there, Qt.MouseButton.NoButton, left, keys))

    def release(self, at: QPointF, *, keys: Qt.KeyboardModifier = NONE, button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
        QTest.mouseRelease(self.view, button, keys, at.toPoint())

    def click(self, at: QPointF, *, keys: Qt.KeyboardModifier = NONE) -> None:
        self.press(at, keys=keys)
        self.release(at, keys=keys)

    def drag(
        self, start: QPointF, end: QPointF, *, keys: Qt.KeyboardModifier = NONE, button: Qt.MouseButton = Qt.MouseButton.LeftButton
    ) -> None:
        self.press(start, keys=keys, button=button)
        self.move(start + (end - start) * 0.5, keys=keys)
        self.move(end, keys=keys)
        self.release(end, keys=keys, button=button)

    def key(self, key: Qt.Key, keys: Qt.KeyboardModifier = NONE) -> None:
        QTest.keyClick(self.view, key, keys)

    def middle(self, id: str) -> QPointF:
        """The middle of a step, or of a group's header."""
        box = self.view.node_rect(id)
        return QPointF(box.center().x(), box.top() + 23) if id in self.view.graph.groups else box.center()


@pytest.fixture
def canvas(dressed: QApplication, qtbot: QtBot) -> Iterator[CanvasView]:
    theme().set_mode("dark")
    view = CanvasView()
    view.resize(1000, 800)
    view.set_catalog(CATALOG)
    view.set_model(GraphModel(sample(), view))
    view.show()
    qtbot.waitExposed(view)
    view.setFocus()
    view.look_from(Camera(0, 0, 1.0, view.devicePixelRatioF()))
    yield view
    view.hide()
    view.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def hand(canvas: CanvasView) -> Hand:
    return Hand(canvas)


def picture(view: CanvasView) -> QImage:
    """What the canvas shows once it is sharp, as it becomes by itself between events."""
    image = view.grab()
    for _ in range(50):
        if not view.composer.rough:
            break
        view.composer.invalidate()
        image = view.grab()
    return image.toImage().convertToFormat(QImage.Format.Format_RGB32)


def colours_in(image: QImage, box: tuple[int, int, int, int]) -> set[str]:
    """The colours within x, y, width, height of a picture."""
    x, y, width, height = box
    return {image.pixelColor(QPoint(x + i, y + j)).name().upper() for i in range(width) for j in range(height)}


def shows(image: QImage, box: tuple[int, int, int, int], colour: str, *, near: int = 40) -> bool:
    """Whether some pixel of a part has a colour, or one that antialiasing made of it."""
    x, y, width, height = box
    wanted = QColor(colour)
    part = pixels(image)[y : y + height, x : x + width, :3]
    away = np.abs(part - np.array([wanted.blue(), wanted.green(), wanted.red()])).max(axis=2)
    return bool((away <= near).any())


def alike(one: QImage, other: QImage) -> bool:
    """Equal but for the last bits of antialiasing, which depend on where Qt cuts a line."""
    return one.size() == other.size() and int(np.abs(pixels(one) - pixels(other)).max()) <= 6


def pixels(image: QImage) -> NDArray[np.int16]:
    """Blue, green, red and an unused byte of each pixel."""
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return rows[:, : image.width()].astype(np.int16)
