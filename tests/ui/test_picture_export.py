"""Pictures of the canvas: each kind is written, read back, and looks like what was asked for; vectors are vectors."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from app.domain.workflow import Definition, Graph
from app.ui.canvas.exporting import MOST_PX, MOST_PX_A_SIDE, fitting_scale, part_of, pixels_of
from app.ui.canvas.view import CanvasView
from app.ui.main_window import MainWindow
from app.ui.picture_dialog import Wish, size_words
from app.ui.picture_export import PictureRefused, write
from app.ui.theme import DARK, LIGHT
from tests.benchmarks.canvas_graph import large_graph
from tests.fakes.services import FakeServices

Open = Callable[[str], None]
CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def view(window: MainWindow, opened: Open) -> CanvasView:
    opened("triage")
    window.editor.view.setFocus()
    return window.editor.view


@pytest.fixture
def exported(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> Callable[..., Path]:
    """Ask for a picture by key, choose in the dialog by mouse, and give the file dialog a name."""

    def export(*choices: str, name: str = "picture") -> Path:
        path = tmp_path / name
        QTest.keyClick(window.editor.view, Qt.Key.Key_S, CTRL_SHIFT)
        qtbot.waitUntil(lambda: window.findChild(QWidget, "picture-dialog") is not None)
        for choice in choices:
            QTest.mouseClick(window.findChild(QWidget, choice), Qt.MouseButton.LeftButton)
        QTest.mouseClick(window.findChild(QWidget, "picture-save"), Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: window.findChild(QFileDialog, "picture-file-dialog") is not None)
        dialog = window.findChild(QFileDialog, "picture-file-dialog")
        dialog.fileSelected.emit(str(path))
        dialog.close()
        qtbot.waitUntil(path.exists, timeout=20_000)
        qtbot.waitUntil(lambda: path.name in window.notices.text)
        return path

    return export


def ground(image: QImage) -> str:
    return image.pixelColor(2, 2).name().upper()


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_png_has_the_size_that_was_asked_for(view: CanvasView, exported: Callable[..., Path], times: int) -> None:
    image = QImage(str(exported("picture-format-png", f"picture-scale-{times}", name="a.png")))
    world = part_of(view, margin=32).world
    assert image.size() == QSize(round(world.width() * times), round(world.height() * times))
    assert ground(image) == DARK.canvas
    step = view.graph.steps["draft"].position
    inside = image.pixelColor(round((step.x - world.left() + 100) * times), round((step.y - world.top() + 8) * times))
    assert inside.name().upper() == DARK.card


def test_it_can_be_light_without_ground_and_without_margin(view: CanvasView, exported: Callable[..., Path]) -> None:
    choices = ("picture-scale-1", "picture-colours-light", "picture-margin-0", "picture-ground")
    image = QImage(str(exported(*choices, name="b.png")))
    assert image.pixelColor(2, 2).alpha() == 0
    world, step = part_of(view, margin=0).world, view.graph.steps["draft"].position
    assert image.pixelColor(round(step.x - world.left() + 100), round(step.y - world.top() + 8)).name().upper() == LIGHT.card


def test_only_what_is_selected_with_what_stands_in_it(view: CanvasView, exported: Callable[..., Path]) -> None:
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=(view.node_rect("each").topLeft() + QPointF(60, 10)).toPoint())
    assert view.selected_ids() == ("each",)
    path = exported("picture-format-svg", "picture-what-selection", name="c.svg")
    text = path.read_text(encoding="utf-8")
    assert "Extract text" in text and "Summarise" in text and "Draft reply" not in text


def test_an_svg_is_vectors_and_text_all_through(view: CanvasView, exported: Callable[..., Path]) -> None:
    path = exported("picture-format-svg", name="d.svg")
    tree = ElementTree.parse(path)
    tags = [element.tag.rpartition("}")[2] for element in tree.iter()]
    assert "image" not in tags
    assert tags.count("path") > 60
    words = [element.text.strip() for element in tree.iter() if element.tag.endswith("text") and element.text]
    assert {"New ticket", "Draft reply", "Refund with fallback", "catch", "TRY / CATCH"} <= set(words)
    assert any("Refunds above" in each for each in words)
    renderer = QSvgRenderer(str(path))
    assert renderer.isValid()
    image = QImage(renderer.viewBox().size(), QImage.Format.Format_RGB32)
    painter = QPainter(image)
    try:
        renderer.render(painter, QRectF(image.rect()))
    finally:
        painter.end()
    assert ground(image) == DARK.canvas


def test_a_pdf_is_one_page_of_vectors_with_its_fonts(view: CanvasView, exported: Callable[..., Path]) -> None:
    content = exported("picture-format-pdf", name="e.pdf").read_bytes()
    assert content.startswith(b"%PDF-") and content.rstrip().endswith(b"%%EOF")
    assert len(re.findall(rb"/Type\s*/Page\b", content)) == 1
    assert b"/Subtype /Image" not in content and b"/Subtype/Image" not in content
    assert b"/FontFile2" in content
    world = part_of(view, margin=32).world
    (box,) = re.findall(rb"/MediaBox \[([^\]]+)\]", content)
    left, top, right, bottom = (float(part) for part in box.split())
    assert (right - left, bottom - top) == pytest.approx((world.width(), world.height()), abs=1)
    drawn = b"".join(_inflated(stream) for stream in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL))
    assert drawn.count(b" c\n") > 40  # curves


def _inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""


def test_a_copy_is_on_the_clipboard(window: MainWindow, view: CanvasView, qtbot: QtBot) -> None:
    view.select(("draft",))
    QGuiApplication.clipboard().clear()
    QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: not QGuiApplication.clipboard().image().isNull())
    world = part_of(view, ("draft",), margin=32).world
    assert QGuiApplication.clipboard().image().size() == pixels_of(world, 2.0)
    assert "on the clipboard" in window.notices.text


def test_a_huge_workflow_is_bounded_and_says_so(window: MainWindow, services: FakeServices, opened: Open) -> None:
    services.workflows.add(Definition("Large", large_graph(6)), id="large")
    opened("large")
    world = part_of(window.editor.view, margin=32).world
    size = pixels_of(world, fitting_scale(world, 3.0))
    assert max(size.width(), size.height()) <= MOST_PX_A_SIDE and size.width() * size.height() <= MOST_PX * 1.01
    words = size_words(world, Wish("png", 3, True, True, 32, True))
    assert "more than most programs open" in words and f"{size.width():,} × {size.height():,} px" in words
    assert "shrunk to" in size_words(world, Wish("pdf", 1, True, True, 32, True))
    assert "sharp at any size" in size_words(world, Wish("svg", 1, True, True, 32, True))


def test_a_large_picture_is_painted_in_pieces_and_can_be_stopped(
    window: MainWindow, services: FakeServices, opened: Open, qtbot: QtBot, tmp_path: Path
) -> None:
    services.workflows.add(Definition("Large", large_graph(48)), id="large")
    opened("large")
    QTest.keyClick(window.editor.view, Qt.Key.Key_S, CTRL_SHIFT)
    qtbot.waitUntil(lambda: window.findChild(QWidget, "picture-dialog") is not None)
    QTest.mouseClick(window.findChild(QWidget, "picture-format-svg"), Qt.MouseButton.LeftButton)
    QTest.mouseClick(window.findChild(QWidget, "picture-save"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.findChild(QFileDialog, "picture-file-dialog") is not None)
    dialog = window.findChild(QFileDialog, "picture-file-dialog")
    dialog.fileSelected.emit(str(tmp_path / "f.svg"))
    dialog.close()
    qtbot.waitUntil(lambda: any(each.isVisible() for each in window.findChildren(QWidget, "progress-dialog")))
    QTest.mouseClick(window.findChild(QWidget, "progress-stop"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.findChild(QWidget, "progress-dialog") is None)
    assert list(tmp_path.glob("*.svg*")) == []


def test_a_file_that_cannot_be_written_is_told_and_what_was_there_stays(tmp_path: Path) -> None:
    with pytest.raises(PictureRefused, match="cannot be written there"):
        write(tmp_path / "nowhere" / "a.svg", b"x")
    kept = tmp_path / "kept.svg"
    kept.write_bytes(b"old")
    write(kept, b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["kept.svg"]
    assert kept.read_bytes() == b"new"


def test_nothing_on_the_canvas_is_no_picture(window: MainWindow, services: FakeServices, opened: Open) -> None:
    services.workflows.add(Definition("Empty", Graph()), id="empty")
    opened("empty")
    assert part_of(window.editor.view, margin=0) is None
    assert not window.actions_of_window["export-picture"].isEnabled()
