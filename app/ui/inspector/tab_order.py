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


def neighbour(panel: QWidget, page: QWidget, current: QWidget, *, forward: bool) -> QWidget | None:
    """The stop after or before the one that has the focus; at the ends the first one beside the panel.

    The page in the panel scrolls: what stands over and under it comes before and after all of it.
    """
    beside = [widget for widget in stops(panel) if widget is not page and not page.isAncestorOf(widget)]
    top = page_top(panel, page)
    line = [
        *(widget for widget in beside if widget.mapTo(panel, QPoint(0, 0)).y() < top),
        *stops(page),
        *(widget for widget in beside if widget.mapTo(panel, QPoint(0, 0)).y() >= top),
    ]
    if current not in line:
        return line[0] if line and forward else line[-1] if line else None
    at = line.index(current) + (1 if forward else -1)
    return line[at] if 0 <= at < len(line) else _beyond(panel, forward=forward)


def page_top(panel: QWidget, page: QWidget) -> int:
    """Where what is seen of the page begins."""
    seen = page
    while (above := seen.parentWidget()) is not None and above is not panel:
        seen = above
    return seen.mapTo(panel, QPoint(0, 0)).y()


def _beyond(panel: QWidget, *, forward: bool) -> QWidget | None:
    """The next place in the window: Qt's own order does not know where fields stand that were made later."""
    widget = panel.nextInFocusChain() if forward else panel.previousInFocusChain()
    while widget is not None and widget is not panel:
        if not panel.isAncestorOf(widget) and _is_stop(widget, panel.window()):
            return widget
        widget = widget.nextInFocusChain() if forward else widget.previousInFocusChain()
    return None


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
