"""From a problem to its place: the element in the middle of the canvas, the caret in the field."""

from __future__ import annotations

from app.domain.problems import Problem
from app.ui.canvas.glide import glide_to
from app.ui.editor_page import EditorPage


def show_place(editor: EditorPage, problem: Problem) -> None:
    """Select what a problem is about, centre it, and put the caret into the field that it names."""
    view = editor.view
    if view is None:
        return
    if problem.id is None:
        view.select(())
        editor.inspector.focus_field(problem.place)
        return
    view.select((problem.id,))
    glide_to(view, problem.id)
    editor.inspector.show()
    editor.inspector.focus_field(problem.place)
