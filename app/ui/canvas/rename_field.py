"""Giving a step or group another name where it stands: a field over its title."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit

from app.domain.errors import EditRefused
from app.domain.renaming import renaming
from app.ui.canvas.reveal import reveal
from app.ui.canvas.view import CanvasView
from app.ui.theme import font

HEIGHT, LEAST_WIDTH = 32, 180


class RenameField(QLineEdit):
    """Enter and leaving take the name, Esc does not. A name that is refused stays in the field, with the reason told."""

    def __init__(self, view: CanvasView, id: str, name: str) -> None:
        super().__init__(name, view)
        self.setObjectName("rename-field")
        self.setAccessibleName("Name")
        self.setMaxLength(255)
        self.setFont(font("node_title"))
        self._view, self._id, self._before = view, id, name
        self._is_over = False
        view.camera_changed.connect(self._follow)
        view.graph_changed.connect(self._follow)
        self.selectAll()
        self._follow()
        self.show()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self._take()
            case Qt.Key.Key_Escape:
                self._end()
            case _:
                super().keyPressEvent(event)
                event.accept()  # what the field does not know must not reach the canvas under it

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() is not Qt.FocusReason.PopupFocusReason and not self._is_over and not self._take():
            self._end()

    def focusNextPrevChild(self, next: bool) -> bool:
        self._take()
        return True

    def _take(self) -> bool:
        """Push the name; false when it was refused."""
        name = self.text().strip()
        if name != self._before and not self._is_over:
            view = self._view
            try:
                edit = renaming(view.graph, view.catalog, self._id, name)
            except EditRefused as refusal:
                view.refused.emit(str(refusal))
                self.setProperty("faulty", True)
                self.style().unpolish(self)
                self.style().polish(self)
                return False
            self._is_over = True
            view.change(edit)
        self._end()
        return True

    def _end(self) -> None:
        self._is_over = True
        if self.hasFocus():
            self._view.setFocus()
        self.hide()
        self.deleteLater()

    def _follow(self) -> None:
        """Stay over the title; gone when the element is."""
        rect = self._view.node_rect(self._id)
        if self._is_over:
            return
        if rect.isEmpty():
            self._end()
            return
        zoom = self._view.zoom
        left, line = rect.left() + 50 * zoom, rect.top() + (23 if self._id in self._view.graph.groups else 24) * zoom
        width = max(LEAST_WIDTH, round(min(rect.right() - left - 8 * zoom, 320)))
        self.setGeometry(QRect(round(left), round(line) - HEIGHT // 2, width, HEIGHT))


def rename_selected(view: CanvasView) -> RenameField | None:
    """Open the field over what is selected; None when that is not one step or group, or nothing can be changed."""
    if not view.editable or len(view.selected_ids()) != 1:
        return None
    id = view.selected_ids()[0]
    node = view.graph.steps.get(id) or view.graph.groups.get(id)
    if node is None:
        return None
    reveal(view, id)
    return RenameField(view, id, node.name)
