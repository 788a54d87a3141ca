"""From a problem to its place: the element in the middle of the canvas, the caret in the field."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QWidget

from app.domain.problems import Problem
from app.ui.canvas.glide import glide_to
from app.ui.editor_page import EditorPage
from app.ui.inspector.panel import InspectorPanel
from app.ui.widgets.fold import Fold


def show_place(editor: EditorPage, problem: Problem) -> None:
    """Select what a problem is about, centre it, and put the caret into the field that it names."""
    view = editor.view
    if view is None:
        return
    if problem.id is None:
        view.select(())
        return
    view.select((problem.id,))
    glide_to(view, problem.id)
    editor.inspector.show()
    focus_field(editor.inspector, problem.place)


def focus_field(inspector: InspectorPanel, place: str) -> None:
    """The field at a JSON Pointer, or the nearest one around it, unfolded, in sight and with the caret."""
    inspector.show_tab("Configure")
    for name in _names(place):
        field = inspector.findChild(QWidget, name)
        if field is not None:
            _reveal(field)
            field.setFocus(Qt.FocusReason.OtherFocusReason)
            return
    inspector.focus_first_field()


def _names(place: str) -> Iterator[str]:
    parts = [part for part in place.split("/") if part]
    if parts[:1] == ["config"]:
        parts = parts[1:]
    while parts:
        yield f"input-{'.'.join(parts)}"
        parts = parts[:-1]


def _reveal(field: QWidget) -> None:
    around = field.parentWidget()
    while around is not None:
        if isinstance(around, Fold):
            around.head.setChecked(True)
        if isinstance(around, QScrollArea):
            around.ensureWidgetVisible(field, 0, 40)
        around = around.parentWidget()
