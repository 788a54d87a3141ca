"""A piece of data in the hand: a chip beside the pointer, fields that would take it in dashes, the caret where it would go in.

It lives inside the window and follows the mouse itself: a drag of the system would stop everything else meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPaintEvent, QRegion
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from app.ui.inspector.expression_edit import ExpressionEdit
from app.ui.inspector.fields import Field
from app.ui.theme import font, theme
from app.ui.widgets.painting import draw_box, painting

_BESIDE = QPoint(12, 10)
_MOST_CHARS = 32


class Zone(Protocol):
    """A widget on which a path may be let go."""

    def set_drop_hint(self, on: bool) -> None: ...

    def take_path(self, path: str) -> None: ...

    def isVisible(self) -> bool: ...

    def visibleRegion(self) -> QRegion: ...

    def mapFromGlobal(self, at: QPoint, /) -> QPoint: ...


class DataDrag(QObject):
    """One drag, from the first move to the release."""

    def __init__(self, source: QWidget, path: str, kind: str, zones: Sequence[Zone] | None = None) -> None:
        """Into one of `zones`, the first where they overlap; without any, into the fields of its window that take data."""
        super().__init__(source)
        self._window = source.window()
        self.path = path
        self._chip = DragChip(self._window, path, kind)
        self._zones = list(_fields_in(self._window) if zones is None else zones)
        self._over: Zone | None = None
        for zone in self._zones:
            zone.set_drop_hint(True)
        QApplication.instance().installEventFilter(self)  # type: ignore[union-attr]

    @property
    def is_over(self) -> bool:
        """Whether it would be taken where it is."""
        return self._over is not None

    def move(self, at: QPoint) -> None:
        """The pointer is here, on the screen."""
        corner = self._window.mapFromGlobal(at) + _BESIDE
        self._chip.move(min(corner.x(), self._window.width() - self._chip.width() - 4), corner.y())
        self._over = self._zone_at(at)
        if (edit := _edit_of(self._over, at)) is not None:
            edit.follow_drag(at)

    def drop(self, at: QPoint) -> bool:
        """Let go; true when a field took it."""
        self.move(at)
        over, path = self._over, self.path
        edit = _edit_of(over, at)
        self.cancel()
        if over is None:
            return False
        if edit is None or (isinstance(over, Field) and edit is over.editor):
            over.take_path(path)
        else:
            edit.take_path(path)
            edit.setFocus()
        return True

    def cancel(self) -> None:
        QApplication.instance().removeEventFilter(self)  # type: ignore[union-attr]
        for zone in self._zones:
            if isValid(zone):
                zone.set_drop_hint(False)
        self._zones, self._over = [], None
        self._chip.hide()
        self._chip.deleteLater()
        self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape and self._zones:
            self.cancel()
            return True
        return False

    def _zone_at(self, at: QPoint) -> Zone | None:
        for zone in self._zones:
            if isValid(zone) and zone.isVisible() and zone.visibleRegion().boundingRect().contains(zone.mapFromGlobal(at)):
                return zone
        return None


class DragChip(QWidget):
    """The end of the path, and what kind of value it is."""

    def __init__(self, window: QWidget, path: str, kind: str) -> None:
        super().__init__(window)
        self.setObjectName("drag-chip")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        last = re.split(r"[.\[]", path)[-1].rstrip("]").strip('"') or path
        self._text = last if len(last) <= _MOST_CHARS else f"{last[:_MOST_CHARS]}…"
        self._kind = kind
        metrics = QFontMetrics(font("code"))
        self._split = metrics.horizontalAdvance(self._text)
        kind_width = QFontMetrics(font("second")).horizontalAdvance(kind) + 8 if kind else 0
        self.resize(self._split + kind_width + 24, 28)
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            draw_box(painter, self.rect(), 8, fill=tokens.card, border=tokens.accent)
            painter.setFont(font("code"))
            painter.setPen(QColor(tokens.text))
            painter.drawText(QRectF(12, 0, self._split + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, self._text)
            painter.setFont(font("second"))
            painter.setPen(QColor(tokens.text_second))
            painter.drawText(QRectF(20 + self._split, 0, self.width(), self.height()), Qt.AlignmentFlag.AlignVCenter, self._kind)


def _fields_in(window: QWidget) -> list[Zone]:
    fields = [field for field in window.findChildren(Field) if field.isVisible() and field.takes_paths]
    inside = {id(edit) for field in fields for edit in field.findChildren(ExpressionEdit)}
    edits = [edit for edit in window.findChildren(ExpressionEdit) if edit.isVisible() and not edit.isReadOnly()]
    return [*fields, *(edit for edit in edits if id(edit) not in inside and not _in_a_field(edit))]


def _in_a_field(edit: QWidget) -> bool:
    above = edit.parentWidget()
    while above is not None:
        if isinstance(above, Field):
            return True
        above = above.parentWidget()
    return False


def _edit_of(zone: Zone | None, at: QPoint) -> ExpressionEdit | None:
    """The editor under the pointer, or the one that its field shows."""
    if isinstance(zone, ExpressionEdit):
        return zone
    if not isinstance(zone, Field):
        return None
    inside = [edit for edit in zone.findChildren(ExpressionEdit) if edit.isVisible() and edit.rect().contains(edit.mapFromGlobal(at))]
    return inside[0] if inside else zone.editor
