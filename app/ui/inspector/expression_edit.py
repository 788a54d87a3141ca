"""The field for text that may hold `{{ expressions }}`, or for one bare expression: coloured, completed, tried out, marked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QRect, Signal
from PySide6.QtGui import QFocusEvent, QInputMethodEvent, QKeyEvent, QTextCursor

from app.domain.json_value import dumps
from app.domain.known_data import Known
from app.ui.inspector.highlighting import MOST_COLOURED, ExpressionHighlighter, JsonHighlighter
from app.ui.widgets.code_edit import CodeEdit
from app.ui.widgets.painting import set_state

if TYPE_CHECKING:
    from app.ui.inspector.assist import Assist
    from app.ui.inspector.context import FieldContext


class ExpressionEdit(CodeEdit):
    """Text in mono. With a context it offers what may be named, and says what it would give."""

    previewed = Signal(object)
    """A `Preview` of the text as it is now."""
    attended = Signal()
    """The caret is in it."""

    def __init__(
        self,
        *,
        least: int = 1,
        most: int = 14,
        bare: bool = False,
        numbers: bool = False,
        name: str = "",
        context: FieldContext | None = None,
        names: Mapping[str, Known] | None = None,
        dollar: Known | None = None,
        json: bool = False,
    ) -> None:
        super().__init__(least=least, most=most, numbers=numbers, pairs=bare or json, name=name)
        self.bare, self.is_json = bare, json
        self._highlighter = JsonHighlighter(self.document()) if json else ExpressionHighlighter(self.document(), bare=bare)
        self.context, self.names, self.dollar = context, dict(names or {}), dollar
        self.assist: Assist | None = None
        self.is_typing = False
        """A text that changes now is written by hand: the list may open by itself."""
        self.on_enter: Callable[[], object] | None = None

    def set_text(self, text: str) -> None:
        # Even a highlighter that does nothing is asked for each of 20,000 lines.
        wanted = self.document() if len(text) <= MOST_COLOURED else None
        if self._highlighter.document() is not wanted:
            self._highlighter.setDocument(wanted)
        super().set_text(text)

    def leaves_to_window(self, event: QKeyEvent) -> bool:
        if self.assist is not None and self.assist.wants(event):
            event.accept()
            return False
        return super().leaves_to_window(event)

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self.assist is not None:
            if self.assist.wants(event):
                event.accept()
                return True
        elif event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and self.assist is not None and self.assist.take(event):
            return True  # before Tab moves the focus
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.is_typing = True
        try:
            self._type(event)
        finally:
            self.is_typing = False

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        self.is_typing = True
        try:
            super().inputMethodEvent(event)
        finally:
            self.is_typing = False

    def _type(self, event: QKeyEvent) -> None:
        cursor = self.textCursor()
        line_before = cursor.block().text()[: cursor.positionInBlock()]
        second = event.text() == "{" and not self.bare and line_before.endswith("{") and not line_before.endswith("\\{")
        if second and (not self.is_json or line_before.count('"') % 2):
            cursor.insertText("{  }}")
            cursor.setPosition(cursor.position() - 3)
            self.setTextCursor(cursor)
            return
        if event.text() == "}" and not self.bare and not cursor.hasSelection() and self._stepped_over(cursor):
            return
        super().keyPressEvent(event)

    def _stepped_over(self, cursor: QTextCursor) -> bool:
        """Who closes braces by hand that have closed themselves does not get them twice."""
        line, at = cursor.block().text(), cursor.positionInBlock()
        rest = line[at:]
        if rest.startswith(" }}") and "{{" in line[:at]:
            skip = 2
        elif rest.startswith("}") and line[:at].endswith("}"):
            skip = 1
        else:
            return False
        cursor.setPosition(cursor.position() + skip)
        self.setTextCursor(cursor)
        return True

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self.assist is None and self.context is not None and not self.isReadOnly():
            from app.ui.inspector.assist import Assist

            self.assist = Assist(self, self.context)
        self.attended.emit()

    @property
    def is_completing(self) -> bool:
        """The caret is here, and a row of the list may be taken."""
        return self.hasFocus() and self.assist is not None and self.assist.is_open

    def set_drop_hint(self, on: bool) -> None:
        """A dashed border while something hangs over the window that may be dropped here."""
        set_state(self, "dropping", on)

    def caret_place(self) -> QRect:
        """Where the caret stands, on the screen."""
        rect = self.cursorRect()
        return QRect(self.viewport().mapToGlobal(rect.topLeft()), rect.size())

    def follow_drag(self, at: QPoint) -> None:
        """Put the caret under what is dragged; `at` is on the screen."""
        self.setTextCursor(self.cursorForPosition(self.viewport().mapFromGlobal(at)))

    def take_path(self, path: str) -> None:
        """Put a path in at the caret: in braces in a text, bare in an expression or where braces are open already."""
        from app.domain.completion import spot_at

        at = self.textCursor().position()
        inside = self.bare or spot_at(self.toPlainText(), at, bare=False) is not None
        written = path if inside else f"{{{{ {path} }}}}"
        line_before = self.textCursor().block().text()[: self.textCursor().positionInBlock()]
        if self.is_json:
            in_text = line_before.count('"') % 2 == 1
            written = written.replace('"', '\\"') if in_text else dumps(written)
        self.replace_part(at, at, written)
