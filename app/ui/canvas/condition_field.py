"""Editing the condition of an edge where it is written: one field over the canvas, checked as one types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from app.domain.edits import SetCondition
from app.domain.expressions import ExpressionInvalid, compile_expression
from app.ui.canvas import curves
from app.ui.theme import font, theme
from app.ui.widgets.labels import Label
from app.ui.widgets.painting import draw_box, painting

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

WIDTH, WIDEST, HEIGHT = 280, 520, 32
ERROR_AFTER_MS = 600
LONGEST = 10_000
# What floats over the foot of the canvas.
FOOT = 72


class ConditionField(QLineEdit):
    """Enter takes what is typed if it can be read, Esc does not; nothing typed means: no condition.

    Leaving takes it as it is, because typed text is never lost: what cannot be read is then marked on the edge.
    """

    def __init__(self, view: CanvasView, edge_id: str) -> None:
        super().__init__(view.graph.edges[edge_id].condition or "", view)
        self.setObjectName("condition-field")
        self.setAccessibleName("Condition of the connection")
        self.setPlaceholderText("always, or an expression such as $.ok")
        self.setMaxLength(LONGEST)
        self.setFont(font("code"))
        self._view, self._id, self._before = view, edge_id, self.text()
        self._is_over = False
        self._error = ErrorBubble(view)
        self._late = QTimer(self, singleShot=True, interval=ERROR_AFTER_MS)
        self._late.timeout.connect(self._tell)
        self.textChanged.connect(lambda _text: self._on_typed())
        view.camera_changed.connect(self._follow)
        view.graph_changed.connect(self._follow)
        self.selectAll()
        self._follow()
        self.show()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def fault(self) -> str:
        """Why the text cannot be read; empty when it can."""
        text = self.text().strip()
        try:
            if text:
                compile_expression(text)
        except ExpressionInvalid as error:
            return f"{error} (column {error.column})"
        return ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                if self.fault:
                    self._tell()
                else:
                    self._take()
            case Qt.Key.Key_Escape:
                self._end()
            case _:
                super().keyPressEvent(event)
                event.accept()  # what the field does not know must not reach the canvas under it

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self._take()

    def focusNextPrevChild(self, next: bool) -> bool:
        self._take()
        return True

    def _take(self) -> None:
        if self._is_over:
            return
        text = self.text().strip()
        edge = self._view.graph.edges.get(self._id)
        self._end()
        if edge is not None and text != self._before.strip():
            self._view.change(SetCondition(self._id, text or None))
            self._view.select((self._id,))

    def _end(self) -> None:
        if self._is_over:
            return
        self._is_over = True
        self._late.stop()
        if self.hasFocus():
            self._view.setFocus()
        for widget in (self._error, self):
            widget.hide()
            widget.deleteLater()

    def _on_typed(self) -> None:
        self._follow()
        self._mark(faulty=False)
        self._error.hide()
        self._late.start()

    def _tell(self) -> None:
        """Say what is wrong, below the field."""
        fault = self.fault
        self._mark(faulty=bool(fault))
        self._error.say(fault, self.geometry())

    def _mark(self, *, faulty: bool) -> None:
        if bool(self.property("faulty")) != faulty:
            self.setProperty("faulty", faulty)
            self.style().unpolish(self)
            self.style().polish(self)

    def _follow(self) -> None:
        """Stay over the words, or the middle of an edge without any; gone when the edge is."""
        if self._is_over:
            return
        geometry = self._view.scene.geometry
        slot = geometry.links.slot.get(self._id)
        if slot is None or not geometry.links.shown[slot]:
            self._end()
            return
        if geometry.links.labelled[slot]:
            world = self._view.scene.layers.label_places.of(slot)[1].center()
        else:
            world = QPointF(*curves.point_at(geometry.links.points[slot], 0.5))
        at = self._view.camera.to_screen(world)
        wanted = max(WIDTH, self.fontMetrics().horizontalAdvance(self.text()) + 32)
        width = min(wanted, WIDEST, self._view.width() - 16)
        x = min(max(8.0, at.x() - width / 2), self._view.width() - width - 8)
        self.setGeometry(QRect(round(x), round(at.y() - HEIGHT / 2), width, HEIGHT))
        if self._error.isVisible():
            self._error.say(self.fault, self.geometry())


class ErrorBubble(QWidget):
    """One sentence under a field, on a card with the error's border."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("condition-error")
        self.setFixedWidth(WIDTH)
        self._label = Label("", "second", "text", self, wrap=True, name="condition-error-text")
        self.hide()

    @property
    def text(self) -> str:
        return self._label.text()

    def say(self, sentence: str, under: QRect) -> None:
        self.setVisible(bool(sentence))
        if not sentence:
            return
        self._label.setText(sentence)
        self.setAccessibleName(sentence)
        height = self._label.heightForWidth(WIDTH - 20)
        self._label.setGeometry(10, 7, WIDTH - 20, height)
        self.setFixedHeight(height + 14)
        around = self.parentWidget()
        above = around is not None and under.bottom() + 5 + height + 14 > around.height() - FOOT
        self.move(under.left(), under.top() - 5 - self.height() if above else under.bottom() + 5)
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            draw_box(painter, QRectF(self.rect()), 8, fill=tokens.card, border=tokens.error)


def edit_condition(view: CanvasView, edge_id: str) -> ConditionField | None:
    """Open the field over an edge; None when nothing can be changed or it is not shown."""
    slot = view.scene.geometry.links.slot.get(edge_id)
    if not view.editable or slot is None or not view.scene.geometry.links.shown[slot]:
        return None
    view.select((edge_id,))
    return ConditionField(view, edge_id)
