"""Sticky notes: made, written, coloured and resized by hand; their markdown is shown, and nothing in it is loaded or obeyed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QPointF, QSize, Qt, QUrl
from PySide6.QtGui import QColor, QImage, QPainter, QTextDocument
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.domain.edits import AddElements
from app.domain.workflow import Note, Position, Size
from app.ui.canvas.entries import entries_of
from app.ui.canvas.look import NOTE_COLOURS, look_of
from app.ui.canvas.note_field import NoteField
from app.ui.canvas.note_item import note_document, paint_note, parted
from app.ui.canvas.view import CanvasView
from app.ui.main_window import MainWindow
from app.ui.markdown import QuietDocument, ask_to_open
from app.ui.theme import DARK, LIGHT, font
from tests.ui.canvas.conftest import picture
from tests.ui.mouse import double_click

Open = Callable[[str], None]
CTRL = Qt.KeyboardModifier.ControlModifier
CTRL_SHIFT = CTRL | Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def view(window: MainWindow, opened: Open) -> CanvasView:
    opened("triage")
    found = window.editor.view
    found.set_zoom(1.0)
    found.ensure_visible("n1")
    found.setFocus()
    return found


def field_of(view: CanvasView) -> NoteField | None:
    return next((each for each in view.findChildren(NoteField) if each.isVisible()), None)


def write(view: CanvasView, text: str) -> None:
    for line, words in enumerate(text.split("\n")):
        if line:
            QTest.keyClick(field_of(view), Qt.Key.Key_Return)
        QTest.keyClicks(field_of(view), words)


def test_a_key_makes_a_note_at_the_pointer_and_begins_to_write_it(view: CanvasView) -> None:
    at = QPoint(300, 80)
    QTest.mouseMove(view, at)
    before = view.graph
    QTest.keyClick(view, Qt.Key.Key_N, CTRL_SHIFT)
    (made,) = (note for key, note in view.graph.notes.items() if key not in before.notes)
    assert field_of(view) is not None and field_of(view).hasFocus()
    assert (view.node_rect(made.id).topLeft() - QPointF(at)).manhattanLength() < 40
    write(view, "# Month end\n- **last** day")
    QTest.keyClick(field_of(view), Qt.Key.Key_Escape)
    assert field_of(view) is None
    assert view.hasFocus()
    assert view.graph.notes[made.id].text == "# Month end\n- **last** day"
    view.undo()
    assert view.graph.notes[made.id].text == ""
    view.undo()
    assert view.graph == before


@pytest.mark.parametrize("how", ["double click", "enter"])
def test_a_note_is_written_where_it_stands(view: CanvasView, how: str) -> None:
    middle = view.node_rect("n1").center().toPoint()
    if how == "double click":
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=middle)
        double_click(view, middle)
    else:
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=middle)
        QTest.keyClick(view, Qt.Key.Key_Return)
    assert field_of(view) is not None
    QTest.keyClicks(field_of(view), "!")
    QTest.keyClick(field_of(view), Qt.Key.Key_Return, CTRL)
    assert view.graph.notes["n1"].text.endswith("CX!")


def test_what_is_typed_is_kept_by_itself_and_leaving_ends_it(window: MainWindow, view: CanvasView, qtbot: QtBot) -> None:
    double_click(view, view.node_rect("n1").center())
    QTest.keyClicks(field_of(view), " one")
    qtbot.waitUntil(lambda: view.graph.notes["n1"].text.endswith(" one"))
    QTest.keyClicks(field_of(view), " two")
    window.editor.palette_panel.search.setFocus()
    assert field_of(view) is None
    assert view.graph.notes["n1"].text.endswith(" one two")
    view.undo()  # one writing, one undo
    assert view.graph.notes["n1"].text.endswith("CX")


def test_a_note_grows_with_its_text_and_shrinks_with_the_undo(view: CanvasView) -> None:
    before = view.graph.notes["n1"]
    double_click(view, view.node_rect("n1").center())
    write(view, "".join(f"\nline {n}" for n in range(9)))
    QTest.keyClick(field_of(view), Qt.Key.Key_Escape)
    after = view.graph.notes["n1"]
    assert after.size.height > before.size.height + 80
    assert (after.position, after.size.width) == (before.position, before.size.width)
    view.undo()
    assert view.graph.notes["n1"] == before


def test_a_note_is_resized_by_its_borders(view: CanvasView) -> None:
    before = view.graph.notes["n1"]
    box = view.node_rect("n1")
    for start, way in ((QPointF(box.right(), box.center().y()), QPointF(40, 0)), (QPointF(box.center().x(), box.top()), QPointF(0, -24))):
        QTest.mouseMove(view, start.toPoint())
        assert view.hovered.is_border
        QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start.toPoint())
        QTest.mouseMove(view, (start + way / 2).toPoint())
        QTest.mouseMove(view, (start + way).toPoint())
        QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=(start + way).toPoint())
    after = view.graph.notes["n1"]
    assert after.size.width > before.size.width + 30 and after.size.height > before.size.height + 16
    assert after.position.x == before.position.x and after.position.y < before.position.y
    view.undo()
    view.undo()
    assert view.graph.notes["n1"] == before


def test_the_field_stays_over_its_note_while_the_canvas_moves(view: CanvasView) -> None:
    double_click(view, view.node_rect("n1").center())
    view.pan_by(40, 24)
    assert field_of(view).geometry().topLeft() == view.node_rect("n1").topLeft().toPoint()


def test_the_colour_is_chosen_from_the_menu_as_one_undo(window: MainWindow, view: CanvasView) -> None:
    before = picture(view)
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.node_rect("n1").center().toPoint())
    window.actions_of_window["note-blue"].trigger()
    assert view.graph.notes["n1"].colour == "blue"
    assert picture(view) != before
    view.undo()
    assert view.graph.notes["n1"].colour == "yellow"


def test_a_note_dragged_from_the_palette_lands_under_the_pointer(window: MainWindow, view: CanvasView) -> None:
    before = set(view.graph.notes)
    entry = next(entry for entry in entries_of(view.catalog) if entry.kind == "note")
    view.add_entry(entry)
    (made,) = set(view.graph.notes) - before
    assert view.node_rect(made).contains(QPointF(view.rect().center()))
    assert field_of(view) is not None


def test_space_and_typing_adds_a_note(window: MainWindow, view: CanvasView) -> None:
    before = set(view.graph.notes)
    QTest.mouseMove(view, QPoint(260, 60))
    QTest.keyClick(view, Qt.Key.Key_Space)
    search = QApplication.focusWidget()
    QTest.keyClicks(search, "note")
    QTest.keyClick(search, Qt.Key.Key_Return)
    assert len(set(view.graph.notes) - before) == 1
    assert field_of(view) is not None


def painted(text: str, colour: str = "yellow") -> QImage:
    image = QImage(QSize(220, 160), QImage.Format.Format_RGB32)
    image.fill(QColor("#000000"))
    painter = QPainter(image)
    try:
        paint_note(painter, (220, 160), text, colour, look_of(DARK))
    finally:
        painter.end()
    return image


def test_markdown_is_shown(dressed: QApplication) -> None:
    note = look_of(DARK).note_of("yellow")
    document = note_document("**bold** and `code`\n- one\n- two\n\n[site](https://a.example)", 180, note)
    assert document.toPlainText() == "bold and code\none\ntwo\nsite"
    assert "<li" in document.toHtml() and "https://a.example" in document.toHtml()
    assert painted("a **b**") != painted("a b")


def test_lines_end_where_they_were_ended(dressed: QApplication) -> None:
    note = look_of(DARK).note_of("yellow")
    assert note_document("one\ntwo", 180, note).toPlainText().split() == ["one", "two"]
    assert note_document("one\ntwo", 500, note).size().height() > note_document("one two", 500, note).size().height()


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        ("# Month end\nRuns late", "Month end", "Runs late"),
        ("Month end\nRuns late", "Month end", "Runs late"),
        ("- one\n- two", "", "- one\n- two"),
        ("#5 is open", "", "#5 is open"),
        ("only this", "", "only this"),
    ],
)
def test_a_short_first_line_is_the_title(dressed: QApplication, text: str, title: str, body: str) -> None:
    assert parted(text, 160) == (title, body)


def test_nothing_is_loaded_and_html_stays_text(dressed: QApplication, tmp_path) -> None:
    secret = tmp_path / "picture.png"
    square = QImage(QSize(40, 40), QImage.Format.Format_RGB32)
    square.fill(QColor("#FF00FF"))
    square.save(str(secret))
    for address in (secret.as_uri(), str(secret), "https://example.com/a.png", "qrc:/a.png", "data:image/png;base64,AAAA"):
        document = QuietDocument(f"![x]({address})", font("caption"))
        assert document.resource(QTextDocument.ResourceType.ImageResource, QUrl(address)) is None
        assert QuietDocument(f"a ![my cat]({address}) b", font("caption")).toPlainText() == "a [my cat] b"
    for address in (secret.as_uri(), str(secret)):
        image = painted(f"![x]({address})")
        assert all(image.pixelColor(x, y) != QColor("#FF00FF") for x in range(0, 220, 4) for y in range(0, 160, 4))
    assert "<b>bold</b>" in QuietDocument("<b>bold</b>", font("caption")).toPlainText()
    assert "<script>" in QuietDocument("a <script>x</script>", font("caption")).toPlainText()


def test_a_link_is_opened_only_after_a_question_and_only_to_the_web(window: MainWindow, view: CanvasView, qtbot: QtBot) -> None:
    view.change(AddElements((Note("n2", "[site](https://a.example/x)", Position(0, 560), Size(200, 90)),)))
    view.ensure_visible("n2")
    on_link = (view.node_rect("n2").topLeft() + QPointF(20, 20)).toPoint()
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=on_link)
    assert window.findChild(QWidget, "open-link-dialog") is None  # the first click selects
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=on_link)
    assert window.findChild(QWidget, "open-link-address").text() == "https://a.example/x"
    QTest.mouseClick(window.findChild(QWidget, "open-link-no"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.findChild(QWidget, "open-link-dialog") is None)
    for address in ("file:///etc/passwd", "javascript:alert(1)", "mailto:a@b.c", "orchestrion:x"):
        assert not ask_to_open(view, QUrl(address))


@pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("colour", NOTE_COLOURS)
def test_words_can_be_read_on_every_colour(dressed: QApplication, tokens, colour: str) -> None:
    note = look_of(tokens).note_of(colour)

    def light(each: QColor) -> float:
        parts = [(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4) for c in (each.redF(), each.greenF(), each.blueF())]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    for words in (note.words, note.faint, note.link):
        high, low = sorted((light(words), light(note.ground)), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5, words.name()


def test_a_colour_of_a_later_version_shows_as_yellow(dressed: QApplication) -> None:
    assert painted("a", "plaid") == painted("a", "yellow")
