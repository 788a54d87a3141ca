"""How a sticky note looks: its colour, and its text, which is markdown."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QTextBlockFormat, QTextCharFormat, QTextCursor

from app.ui.canvas.look import Look, NoteLook
from app.ui.canvas.step_item import elided, paint_icon, text_width
from app.ui.markdown import QuietDocument, is_code, pieces_of
from app.ui.theme import font

RADIUS = 10.0
LEFT, RIGHT, TOP, BOTTOM = 13.0, 12.0, 12.0, 10.0
TITLE_TOP = 33.0
INDENT = 14.0
EMPTY = "Double click to write"
# What starts a line that is no plain sentence; such a line is never taken for a title.
_MARKS = frozenset("*_`[>-+|~!0123456789")


def paint_note(painter: QPainter, size: tuple[float, float], text: str, colour: str, look: Look) -> None:
    """In world px, with the note's corner at the origin."""
    note = look.note_of(colour)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(note.ground)
    painter.drawRoundedRect(QRectF(0, 0, *size), RADIUS, RADIUS)
    painter.setPen(note.words)
    if not text.strip():
        painter.setPen(note.faint)
        painter.setFont(font("caption"))
        painter.drawText(QRectF(LEFT, TOP, size[0] - LEFT - RIGHT, size[1] - TOP), Qt.AlignmentFlag.AlignLeft, EMPTY)
        return
    title, body = parted(text.strip(), size[0] - 44)
    if title:
        paint_icon(painter, "sticky-note", note.words, QRectF(12, 12, 14, 14))
        painter.setFont(font("section"))
        painter.drawText(QPointF(32, 23.5), elided(title, "second", size[0] - 44))
    top = TITLE_TOP if title else TOP
    painter.save()
    painter.translate(LEFT, top)
    note_document(body, size[0] - LEFT - RIGHT, note).drawContents(painter, QRectF(0, 0, size[0] - LEFT - RIGHT, size[1] - top - BOTTOM))
    painter.restore()


def note_document(text: str, width: float, note: NoteLook) -> QuietDocument:
    """The laid out text of a note."""
    document = QuietDocument(with_hard_breaks(text), font("caption"))
    document.setDocumentMargin(0)
    document.setIndentWidth(INDENT)
    cursor = QTextCursor(document)
    block = document.begin()
    while block.isValid():
        shape = block.blockFormat()
        level, code = shape.headingLevel(), is_code(shape)
        if shape.leftMargin() > 0:  # a quotation
            shape.setLeftMargin(INDENT)
            shape.setRightMargin(0)
        shape.setTopMargin(0)
        shape.setBottomMargin(2 if block.textList() is not None or code else 5)
        shape.setLineHeight(118, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        cursor.setPosition(block.position())
        cursor.setBlockFormat(shape)
        for start, length, look in pieces_of(block):
            cursor.setPosition(start)
            cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
            cursor.mergeCharFormat(_face(look, note, level=level, code=code))
        block = block.next()
    document.setTextWidth(width)
    return document


def height_of(text: str, width: float, look: Look) -> float:
    """How high a note must be to show all of its text."""
    title, body = parted(text.strip(), width - 44)
    return note_document(body, width - LEFT - RIGHT, look.note_of("yellow")).size().height() + (TITLE_TOP if title else TOP) + BOTTOM


def link_at(text: str, size: tuple[float, float], at: QPointF, look: Look) -> str:
    """The address of the link at a point of a note, in world px from its corner; empty for none."""
    title, body = parted(text.strip(), size[0] - 44)
    top = TITLE_TOP if title else TOP
    if not top <= at.y() <= size[1] - BOTTOM:
        return ""
    document = note_document(body, size[0] - LEFT - RIGHT, look.note_of("yellow"))
    return str(document.documentLayout().anchorAt(QPointF(at.x() - LEFT, at.y() - top)))


def parted(text: str, room: float) -> tuple[str, str]:
    """Title and body: a first line is a title when it says so, or is short and plain and more follows."""
    first, _, rest = text.partition("\n")
    plain = bool(first) and first[0] not in _MARKS and not first.startswith("#")
    if (first.startswith("#") and first.lstrip("#").startswith(" ")) or (plain and rest.strip() and text_width(first, "second") <= room):
        return first.lstrip("# "), rest.strip("\n")
    return "", text


def with_hard_breaks(text: str) -> str:
    """Lines end where they were ended, as people write notes; in markdown a line break alone is a blank."""
    lines, fenced = [], False
    for line in text.split("\n"):
        fenced ^= line.lstrip().startswith("```")
        lines.append(line if fenced or not line.strip() else f"{line.rstrip()}  ")
    return "\n".join(lines)


def _face(look: QTextCharFormat, note: NoteLook, *, level: int, code: bool) -> QTextCharFormat:
    face = QTextCharFormat()
    face.setForeground(QColor(note.link if look.isAnchor() else note.words))
    if code or look.fontFixedPitch():
        face.setFont(font("code"))
    elif level:
        bold = QFont(font("section"))
        bold.setPixelSize(13 if level == 1 else 12)
        face.setFont(bold)
    return face
