"""The way that Tab takes through a form: from field to field as they are read, whenever they were made."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget

from app.ui.inspector.fields import Field
from app.ui.widgets.switch import Segments


def stops(page: QWidget) -> list[QWidget]:
    """What takes the focus by Tab, in the order of reading; the switch of a field comes after what it switches."""
    found = [widget for widget in page.findChildren(QWidget) if _is_stop(widget, page)]
    return sorted(found, key=lambda widget: _place(widget, page))


def neighbour(page: QWidget, current: QWidget | None, *, forward: bool) -> QWidget | None:
    """The stop after or before the one that has the focus; None at the ends."""
    line = stops(page)
    if current is None or current not in line:
        return line[0] if line and forward else line[-1] if line else None
    at = line.index(current) + (1 if forward else -1)
    return line[at] if 0 <= at < len(line) else None


def _is_stop(widget: QWidget, page: QWidget) -> bool:
    takes = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.focusProxy() is None
    return takes and widget.isEnabled() and widget.isVisibleTo(page)


def _place(widget: QWidget, page: QWidget) -> tuple[int, int, int, int, int]:
    """Top and left of the field it belongs to, then of itself; switches last within their field."""
    own = widget.mapTo(page, QPoint(0, 0))
    field: QWidget | None = widget
    while field is not None and field is not page and not isinstance(field, Field):
        field = field.parentWidget()
    corner = field.mapTo(page, QPoint(0, 0)) if isinstance(field, Field) else own
    # Fields of one row may differ by a pixel or two.
    return corner.y() // 8, corner.x(), int(isinstance(widget, Segments)), own.y(), own.x()
