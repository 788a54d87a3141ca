"""Markdown from a file or a person: shown, never obeyed. Nothing is loaded from anywhere, HTML stays text, links are asked about.

`QuietDocument` is what every view and painter of markdown in the program uses.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import (
    QColor,
    QDesktopServices,
    QFont,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextTable,
)
from PySide6.QtWidgets import QTextBrowser, QWidget

from app.ui.prompts import Dialog
from app.ui.theme import font, theme
from app.ui.widgets.buttons import Button
from app.ui.widgets.labels import Label

MARGIN = 28
_FEATURES = QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML


class QuietDocument(QTextDocument):
    """A document of markdown that loads nothing: not even to look must a text fetch, and so tell that it was read."""

    def __init__(self, text: str, face: QFont, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setUndoRedoEnabled(False)
        self.setDefaultFont(face)
        self.setMarkdown(text, _FEATURES)
        self._name_pictures()

    def loadResource(self, kind: int, url: QUrl | str) -> Any:
        return None

    def _name_pictures(self) -> None:
        """A word in the place of each picture. Where a resource is missing, Qt reads a file of that name by itself (6.11)."""
        found: list[tuple[int, int, str]] = []
        block = self.begin()
        while block.isValid():
            for start, length, look in pieces_of(block):
                if look.isImageFormat():
                    found.append((start, length, str(look.property(QTextFormat.Property.ImageAltText) or "")))
            block = block.next()
        cursor = QTextCursor(self)
        for start, length, words in reversed(found):
            cursor.setPosition(start)
            cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
            cursor.insertText(f"[{words or 'picture'}]", QTextCharFormat())


class MarkdownView(QTextBrowser):
    """A page of markdown. Pictures and pages of other places are not loaded; links are told to `anchorClicked`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)

    def loadResource(self, kind: int, url: QUrl | str) -> Any:
        return None

    def show_markdown(self, text: str) -> None:
        document = QuietDocument(text, font("second"), self)  # formatted before it is shown: each change would lay the page out again
        document.setDocumentMargin(MARGIN)
        _set_tables(document)
        _set_page(document)
        self.setDocument(document)  # deletes the one before


def is_code(shape: QTextBlockFormat) -> bool:
    return bool(shape.hasProperty(QTextFormat.Property.BlockCodeLanguage) or shape.nonBreakableLines())


def ask_to_open(widget: QWidget, url: QUrl) -> bool:
    """Ask before an address of the web is opened in the browser; false for any other kind of address, which never is."""
    if url.scheme() not in ("http", "https"):
        return False
    question = Dialog(widget, "Open this address in the browser?", name="open-link-dialog")
    question.content.addWidget(Label(url.toDisplayString(), "code", "text_second", wrap=True, name="open-link-address"))
    question.add_button(Button("Stay here", name="open-link-no"), accepts=False).setFocus()
    question.add_button(Button("Open", "primary", name="open-link-yes"), accepts=True)
    question.accepted.connect(lambda: QDesktopServices.openUrl(url))
    question.finished.connect(question.deleteLater)
    question.open()
    return True


def _set_tables(document: QTextDocument) -> None:
    """Thin lines in the theme's colour; markdown's own are thick and white."""
    for frame in document.rootFrame().childFrames():
        if isinstance(frame, QTextTable):
            look = frame.format()
            look.setBorder(1)
            look.setBorderCollapse(True)
            look.setBorderBrush(QColor(theme().tokens.border))
            look.setCellPadding(6)
            look.setTopMargin(4)
            look.setBottomMargin(12)
            frame.setFormat(look)


def _set_page(document: QTextDocument) -> None:
    """Air between lines and paragraphs, headings by size, code in its own face and colour."""
    tokens = theme().tokens
    cursor = QTextCursor(document)
    block = document.begin()
    while block.isValid():
        shape = block.blockFormat()
        level = shape.headingLevel()
        in_table = QTextCursor(block).currentTable() is not None
        code = is_code(shape)
        shape.setLineHeight(130, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        shape.setTopMargin(0 if in_table or code else 20 if level > 1 else 2)
        shape.setBottomMargin(0 if in_table or code else 8)
        if code:
            shape.setBackground(QColor(tokens.field))
        cursor.setPosition(block.position())
        cursor.setBlockFormat(shape)
        for start, length, look in pieces_of(block):
            cursor.setPosition(start)
            cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
            face = QTextCharFormat()
            if look.fontFixedPitch() or code:
                face.setFont(font("code"))
            elif level:
                face.setFont(_heading(level))
            if look.isAnchor():
                face.setForeground(QColor(tokens.accent))
            cursor.mergeCharFormat(face)
        block = block.next()


def pieces_of(block: QTextBlock) -> list[tuple[int, int, QTextCharFormat]]:
    """The stretches of one look in a block: start, length, look. Read before anything is changed, as changing ends the iterator."""
    found = []
    pieces = block.begin()
    while not pieces.atEnd():
        piece = pieces.fragment()
        found.append((piece.position(), piece.length(), piece.charFormat()))
        pieces += 1
    return found


def _heading(level: int) -> QFont:
    face = QFont(font("inspector_title"))
    face.setPixelSize({1: 22, 2: 16}.get(level, 14))
    return face
