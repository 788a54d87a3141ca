"""Writing a note where it stands: its markdown in a field over it, dressed as it will look, kept while it is typed."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from PySide6.QtCore import QRect, Qt, QTimer
from PySide6.QtGui import QFocusEvent, QFont, QKeyEvent, QSyntaxHighlighter, QTextCharFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import QFrame, QPlainTextEdit

from app.domain.edits import AddElements, Batch, GraphEdit, ReplaceElements, Resize, SetNoteText
from app.domain.measures import GRID, snapped
from app.domain.workflow import Graph, Note, Position, Size
from app.ui.canvas.look import NoteLook
from app.ui.canvas.note_item import BOTTOM, LEFT, RIGHT, TOP, height_of
from app.ui.theme import font, theme

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

KEEP_AFTER_MS = 500
LEAST_WIDTH, LEAST_HEIGHT = 160, 72
LEAST_FONT_PX = 11
NEW_SIZE = Size(200, 120)
LONGEST = 20_000
# A note grows with its text up to so many px; beyond, its end is cut.
TALLEST = 2000


class NoteField(QPlainTextEdit):
    """Esc, Ctrl+Enter and leaving end the writing; nothing that was typed is lost, and one undo takes all of it back."""

    def __init__(self, view: CanvasView, note: Note) -> None:
        super().__init__(view)
        self.setObjectName("note-field")
        self.setAccessibleName("Note")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._view, self._id = view, note.id
        self._kept = note.text
        self._burst = f"write note {uuid4()}"
        self._is_over = False
        self.setPlainText(note.text)
        self._dresser = _Dresser(self.document())
        self._keep_soon = QTimer(self, singleShot=True, interval=KEEP_AFTER_MS)
        self._keep_soon.timeout.connect(self._keep)
        self.textChanged.connect(self._keep_soon.start)
        view.camera_changed.connect(self._follow)
        view.graph_changed.connect(self._follow)
        theme().changed.connect(self._follow)
        self.moveCursor(QTextCursor.MoveOperation.End)
        self._follow()
        self.show()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        ends = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if ends or event.key() == Qt.Key.Key_Escape:
            self.end()
            return
        super().keyPressEvent(event)
        event.accept()  # what the field does not know must not reach the canvas under it

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self.end()

    def end(self) -> None:
        """Keep what is written and take the field away."""
        if self._is_over:
            return
        self._keep()
        self._is_over = True
        if self.hasFocus():
            self._view.setFocus()
        self.hide()
        self.deleteLater()

    def _keep(self) -> None:
        """Into the graph, so that it is saved: bursts of one writing are one undo. The note grows to show all of it."""
        self._keep_soon.stop()
        text = self.toPlainText()[:LONGEST]
        note = self._view.graph.notes.get(self._id)
        if self._is_over or note is None or text == self._kept:
            return
        self._kept = text
        needed = -(-height_of(text, note.size.width, self._view.scene.pictures.look) // GRID) * GRID
        size = Size(note.size.width, max(note.size.height, min(round(needed), TALLEST)))
        edit = Batch((SetNoteText(self._id, text), Resize(self._id, note.position, size)), SetNoteText.label)
        self._view.change(edit, merge_key=self._burst)

    def _follow(self) -> None:
        """Stay over the note; gone when it is. What another hand wrote, or an undo, shows unless something waits to be kept."""
        if self._is_over:
            return
        view, note = self._view, self._view.graph.notes.get(self._id)
        rect = view.node_rect(self._id)
        if note is None or rect.isEmpty():
            self._is_over = True
            self.hide()
            self.deleteLater()
            return
        if note.text != self._kept and self.toPlainText() == self._kept:
            self._kept = note.text
            self.setPlainText(note.text)
            self._keep_soon.stop()
        zoom = view.zoom
        self._dress(view.scene.pictures.look.note_of(note.colour), zoom)
        self.setGeometry(
            QRect(round(rect.left()), round(rect.top()), max(LEAST_WIDTH, round(rect.width())), max(LEAST_HEIGHT, round(rect.height())))
        )

    def _dress(self, look: NoteLook, zoom: float) -> None:
        face = QFont(font("caption"))
        face.setPixelSize(max(LEAST_FONT_PX, round(face.pixelSize() * zoom)))
        self.setFont(face)
        self.document().setDocumentMargin(0)
        self.setViewportMargins(*(round(side * zoom) for side in (LEFT, TOP, RIGHT, BOTTOM)))
        self.setStyleSheet(
            f"QPlainTextEdit#note-field {{ background: {look.ground.name()}; color: {look.words.name()};"
            f" border: 2px solid {theme().tokens.accent}; border-radius: {round(10 * zoom)}px; padding: 0 }}"
        )
        self._dresser.show(look)


class _Dresser(QSyntaxHighlighter):
    """Markdown while it is written: headings and bold heavier, signs fainter, code in its own face."""

    _PATTERNS = (
        ("heading", re.compile(r"^#{1,6} .*")),
        ("bold", re.compile(r"\*\*[^*\n]+\*\*|__[^_\n]+__")),
        ("italic", re.compile(r"(?<![*\w])\*[^*\s][^*\n]*\*(?!\*)")),
        ("code", re.compile(r"`[^`\n]+`")),
        ("link", re.compile(r"\[[^\]\n]*\]\([^)\n]*\)|https?://\S+")),
        ("sign", re.compile(r"^\s*(?:[-*+]|\d+\.|>) (?:\[[ xX]\] )?")),
    )

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._formats: dict[str, QTextCharFormat] = {}
        self._shown: NoteLook | None = None

    def show(self, look: NoteLook) -> None:
        """In these colours from now on."""
        if look is self._shown:
            return
        self._shown = look
        formats = {name: QTextCharFormat() for name, _ in self._PATTERNS}
        for name in ("heading", "bold"):
            formats[name].setFontWeight(QFont.Weight.Bold)
        formats["italic"].setFontItalic(True)
        formats["code"].setFontFamilies(font("code").families())
        formats["link"].setForeground(look.link)
        formats["sign"].setForeground(look.faint)
        self._formats = formats
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        for name, pattern in self._PATTERNS:
            if name in self._formats:
                for found in pattern.finditer(text):
                    self.setFormat(found.start(), found.end() - found.start(), self._formats[name])


def new_note(at: tuple[float, float]) -> Note:
    """An empty note with its corner's words at a world point."""
    return Note(str(uuid4()), "", Position(snapped(at[0] - LEFT), snapped(at[1] - TOP)), NEW_SIZE)


def add_note(view: CanvasView, note: Note) -> None:
    """Put a note on the canvas and begin to write it."""
    if view.editable and view.change(Batch((AddElements((note,)),), "Add a note")):
        view.select((note.id,))
        edit_note(view, note.id)


def edit_note(view: CanvasView, id: str) -> NoteField | None:
    """Open the field over a note; None when nothing can be changed."""
    note = view.graph.notes.get(id)
    if note is None or not view.editable:
        return None
    view.ensure_visible(id)
    open_field = view.findChild(NoteField)
    if isinstance(open_field, NoteField):
        open_field.end()
    return NoteField(view, note)


def colour_edit(graph: Graph, ids: tuple[str, ...], colour: str) -> GraphEdit | None:
    """Another colour for notes; None when all have it."""
    notes = [graph.notes[id] for id in ids if id in graph.notes and graph.notes[id].colour != colour]
    return Batch((ReplaceElements(tuple(replace(note, colour=colour) for note in notes)),), "Colour note") if notes else None
