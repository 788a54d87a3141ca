"""What helps at an expression's caret: the list of what may come, and what the text gives so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent

from app.domain.completion import Completion
from app.ui.inspector.completion_popup import CompletionPopup, popup_of
from app.ui.tasks import Tasks

if TYPE_CHECKING:
    from app.ui.inspector.context import FieldContext
    from app.ui.inspector.expression_edit import ExpressionEdit

COMPLETE_MS, PREVIEW_MS = 80, 150
_MOVES = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}
_TAKES = frozenset({Qt.Key.Key_Tab, Qt.Key.Key_Return, Qt.Key.Key_Enter})


class Assist(QObject):
    """Serves one editor, from the first time it has the focus."""

    def __init__(self, edit: ExpressionEdit, context: FieldContext) -> None:
        super().__init__(edit)
        self._edit, self._context = edit, context
        self._tasks = Tasks(self, lambda _error: None)
        self._complete_timer = QTimer(self, singleShot=True, interval=COMPLETE_MS)
        self._complete_timer.timeout.connect(lambda: self._start_completing(everything=False))
        self._preview_timer = QTimer(self, singleShot=True, interval=PREVIEW_MS)
        self._preview_timer.timeout.connect(self._start_preview)
        self._asked = 0
        edit.edited.connect(self._on_edited)
        edit.left.connect(self._on_left)
        edit.cursorPositionChanged.connect(self._on_caret)
        edit.attended.connect(self._preview_timer.start)
        context.changed.connect(self._on_scope)
        self._preview_timer.start()

    @property
    def popup(self) -> CompletionPopup:
        return popup_of(self._edit)

    @property
    def is_open(self) -> bool:
        popup = self.popup
        return popup.isVisible() and popup.serves is self._edit

    def complete_all(self) -> None:
        """Everything that may stand here, whatever has been typed."""
        self._start_completing(everything=True)

    def wants(self, event: QKeyEvent) -> bool:
        """Keys that are ours before any shortcut of the window is asked."""
        if self._context.is_key_of("complete-expression", event):
            return True
        plain = event.modifiers() in {Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier}
        return (
            plain and self.is_open and (event.key() in _MOVES or event.key() in _TAKES or event.key() in {Qt.Key.Key_Escape, Qt.Key.Key_F1})
        )

    def take(self, event: QKeyEvent) -> bool:
        """Act on one of our keys; false when it is none."""
        if not self.wants(event):
            return False
        key = Qt.Key(event.key())
        if key in _MOVES:
            self.popup.move_by(_MOVES[key])
        elif key in _TAKES:
            row = self.popup.current
            if row is None:
                self.popup.close_list()
                return False
            self._insert(row)
        elif key == Qt.Key.Key_Escape:
            self.popup.close_list()
        elif key == Qt.Key.Key_F1:
            self.popup.toggle_help()
        else:
            self.complete_all()
        return True

    def _on_edited(self, _text: str) -> None:
        self._preview_timer.start()
        if self._edit.is_typing:
            self._complete_timer.start()

    def _on_left(self) -> None:
        self._complete_timer.stop()
        if self.is_open:
            self.popup.close_list()

    def _on_caret(self) -> None:
        """The caret went elsewhere without a key that writes: what is listed is of another place."""
        if self.is_open and not self._complete_timer.isActive():
            self._complete_timer.start()

    def _on_scope(self) -> None:
        if self._edit.isVisible():
            self._preview_timer.start()

    def _start_completing(self, *, everything: bool) -> None:
        if self._edit.hasFocus() and not self._edit.isReadOnly():
            self._asked += 1
            self._tasks.start(self._complete(self._asked, everything=everything))

    async def _complete(self, asked: int, *, everything: bool) -> None:
        edit = self._edit
        text, caret = edit.toPlainText(), edit.textCursor().position()
        found = await self._context.complete(text, caret, bare=edit.bare, names=edit.names, dollar=edit.dollar, everything=everything)
        if asked != self._asked or not edit.hasFocus() or edit.toPlainText() != text:
            return
        if found is None or not found.rows or (not everything and not self._is_asked_for(text, caret, found.typed)):
            self.popup.close_list()
            return
        exact = [row for row in found.rows if row.text == found.typed]
        if len(found.rows) == 1 and exact and not everything:
            self.popup.close_list()  # it stands there already
            return
        self.popup.open_list(edit, found, on_taken=self._insert, looks=self._context.look_of)

    @staticmethod
    def _is_asked_for(text: str, caret: int, typed: str) -> bool:
        """Unasked it opens behind a dot, behind an opening brace, and while a name is typed; not at every blank."""
        return bool(typed) or text[caret - 1 : caret] in {".", "{", "("} or text[:caret].endswith("{{ ")

    def _insert(self, row: Completion) -> None:
        self.popup.close_list()
        self._edit.replace_part(row.start, row.end, row.text, back=row.back)
        self._complete_timer.stop()

    def _start_preview(self) -> None:
        if self._context.document is not None:
            self._tasks.start(self._preview(self._edit.toPlainText()))

    async def _preview(self, text: str) -> None:
        edit = self._edit
        found = await self._context.preview(text, bare=edit.bare, names=edit.names, dollar=edit.dollar)
        if edit.toPlainText() == text:
            edit.previewed.emit(found)
