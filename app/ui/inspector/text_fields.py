"""Fields for text, for numbers and for lengths of time."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from app.domain.json_value import Json, dumps
from app.domain.time_words import from_words, in_words
from app.ui.inspector.expression_edit import ExpressionEdit
from app.ui.inspector.field_info import FieldInfo, Unset, as_words
from app.ui.inspector.fields import Field
from app.ui.widgets.buttons import IconButton
from app.ui.widgets.labels import Label
from app.ui.widgets.switch import Slider

_SLIDER_STEPS = 100
_LINES = 3


class LineEdit(QLineEdit):
    """One line whose undo is the workflow's; Up and Down may step a number."""

    def __init__(self, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)

    def setText(self, text: str | None, /) -> None:
        super().setText(text or "")
        if not self.hasFocus():
            self.setCursorPosition(0)  # of a text that is too long the beginning is shown

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_undo(event):
            event.ignore()
            return False
        return super().event(event)

    def minimumSizeHint(self) -> QSize:
        return QSize(48, super().minimumSizeHint().height())  # it gives way: two stand side by side in a narrow inspector

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if _is_undo(event):
            event.ignore()
        else:
            super().keyPressEvent(event)


def _is_undo(event: QKeyEvent) -> bool:
    return event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo)


class TextField(Field):
    """Text of one or many lines; with `bare` the whole text is one expression. A long one opens in a large editor too."""

    holds_text = True

    def __init__(self, info: FieldInfo, *, many: bool, bare: bool = False, numbers: bool = False) -> None:
        super().__init__(info)
        self.prefers_text = many
        self._edit = ExpressionEdit(
            least=_LINES if many else 1,
            most=16 if many else 6,
            bare=bare,
            numbers=numbers,
            name=f"input-{info.name}",
            context=info.context,
            names=info.names,
            dollar=info.dollar,
        )
        self._edit.edited.connect(self._on_text)
        if many or bare:
            self._add_large()
        self._place(self._edit)

    def _add_large(self) -> None:
        if self.info.context is None or not self.info.context.can_open_large:
            return
        large = IconButton("maximize-2", "Edit in a large editor (Ctrl+E)", name=f"large-{self.info.name}", size=20, icon_size=13)
        large.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        large.clicked.connect(lambda: self.info.context.open_large(self) if self.info.context is not None else None)
        self.head.addWidget(large)

    def _on_text(self, text: str) -> None:
        self._send(text if text else None)

    def _show(self, value: Json) -> None:
        self._edit.set_text("" if value is None else value if isinstance(value, str) else dumps(value))

    def _show_unset(self, default: Json | Unset) -> None:
        self._edit.setPlaceholderText(as_words(default) if default else "")
        self._edit.set_text("")


class LineField(Field):
    """A short text in one line, such as a name."""

    holds_text = True

    def __init__(self, info: FieldInfo, *, most: int = 0) -> None:
        super().__init__(info)
        self.edit = LineEdit(name=f"input-{info.name}")
        if most:
            self.edit.setMaxLength(most)
        self.edit.textEdited.connect(lambda text: self._send(text if text else None))
        self._place(self.edit)

    def _show(self, value: Json) -> None:
        text = "" if value is None else value if isinstance(value, str) else dumps(value)
        if text != self.edit.text():
            self.edit.setText(text)

    def _show_unset(self, default: Json | Unset) -> None:
        self.edit.setPlaceholderText(as_words(default) if default else "")
        self.edit.clear()


class NumberField(Field):
    """A number within its limits, with a slider where these are near; Up and Down step it."""

    wants_switch = False

    def __init__(
        self, info: FieldInfo, *, whole: bool, least: float | None = None, most: float | None = None, unit: str = "", slides: bool = False
    ) -> None:
        super().__init__(info)
        self._whole, self._least, self._most = whole, least, most
        self.edit = LineEdit(name=f"input-{info.name}")
        self.edit.textEdited.connect(self._read)
        self.edit.installEventFilter(self)
        self._slider: Slider | None = None
        box = QWidget()
        box.setFocusProxy(self.edit)
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        if slides and least is not None and most is not None:
            self._slider = Slider(name=f"slider-{info.name}")
            self._slider.setAccessibleName(info.title)
            self._slider.setRange(0, _SLIDER_STEPS)
            self._slider.sliderMoved.connect(self._slide)
            self._slider.actionTriggered.connect(lambda _action: self._slide(self._slider.sliderPosition() if self._slider else 0))
            row.addWidget(self._slider, 1)
            self.edit.setFixedWidth(64)
        row.addWidget(self.edit, 0 if self._slider is not None else 1)
        if unit:
            row.addWidget(Label(unit, "second", "text_second"))
        self._place(box)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if watched is self.edit and event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()), 0)
            if step:
                self._step(step * (10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1))
                return True
        return super().eventFilter(watched, event)  # type: ignore[arg-type]

    def _show(self, value: Json) -> None:
        text = "" if value is None else value if isinstance(value, str) else dumps(value)
        if text != self.edit.text():
            self.edit.setText(text)
        self._refuse("")
        self._put_slider(value, faint=value is None)

    def _show_unset(self, default: Json | Unset) -> None:
        self.edit.setPlaceholderText(as_words(default) if default is not None else "")
        self.edit.clear()
        self._refuse("")
        self._put_slider(None if isinstance(default, Unset) else default, faint=True)

    def _put_slider(self, value: Json, *, faint: bool) -> None:
        if self._slider is None or self._least is None or self._most is None:
            return
        number = float(value) if isinstance(value, int | float) else self._least
        self._slider.is_faint = faint
        self._slider.blockSignals(True)  # setting a position tells of it as if a key had moved it
        self._slider.setValue(round((number - self._least) / (self._most - self._least) * _SLIDER_STEPS))
        self._slider.blockSignals(False)
        self._slider.update()

    def _slide(self, position: int) -> None:
        assert self._least is not None and self._most is not None
        number = self._least + position / _SLIDER_STEPS * (self._most - self._least)
        self._give(round(number) if self._whole else round(number, 2))

    def _step(self, step: int) -> None:
        now = _number(self.edit.text(), whole=False)
        if now is None:
            default = self.info.default
            now = default if isinstance(default, int | float) else (self._least or 0)
        size = 1.0 if self._whole or (self._most or 100) - (self._least or 0) > 20 else 0.1
        number = round(now + step * size, 6)
        self._give(min(max(number, self._least if self._least is not None else number), self._most if self._most is not None else number))

    def _give(self, number: float) -> None:
        value = int(number) if float(number).is_integer() else number
        self.edit.setText(dumps(value))
        self._put_slider(value, faint=False)
        self._refuse("")
        self._send(value)

    def _read(self, text: str) -> None:
        text = text.strip()
        if not text or "{{" in text:
            self._refuse("")
            self._send(text or None)
            return
        number = _number(text, whole=self._whole)
        if number is None:
            self._refuse("This is no whole number." if self._whole else "This is no number.")
            return
        if (sentence := _outside(number, self._least, self._most)) != "":
            self._refuse(sentence)
        else:
            self._refuse("")
        value = int(number) if float(number).is_integer() else number
        self._put_slider(value, faint=False)
        self._send(value)


class DurationField(Field):
    """A length of time in words: `30 s`, `1 min 30 s`. The config keeps milliseconds."""

    wants_switch = False

    def __init__(self, info: FieldInfo) -> None:
        super().__init__(info)
        self.edit = LineEdit(name=f"input-{info.name}")
        self.edit.textEdited.connect(self._read)
        self.edit.editingFinished.connect(self._tidy)
        self._place(self.edit)

    def _show(self, value: Json) -> None:
        text = (
            in_words(value) if isinstance(value, int | float) and not isinstance(value, bool) else "" if value is None else as_words(value)
        )
        if text != self.edit.text():
            self.edit.setText(text)
        self._refuse("")

    def _show_unset(self, default: Json | Unset) -> None:
        number = isinstance(default, int | float) and not isinstance(default, bool)
        self.edit.setPlaceholderText(in_words(default) if number else "such as 30 s")  # type: ignore[arg-type]
        self.edit.clear()
        self._refuse("")

    def _read(self, text: str) -> None:
        text = text.strip()
        if not text or "{{" in text:
            self._refuse("")
            self._send(text or None)
            return
        found = from_words(text)
        if found is None:
            self._refuse("This is no length of time; write 30 s, 5 min or 1 h.")
            return
        self._refuse("")
        self._send(found)

    def _tidy(self) -> None:
        if not self._own and isinstance(self._value, int | float):
            self._show(self._value)


def _number(text: str, *, whole: bool) -> float | None:
    try:
        number = int(text) if whole else float(text.replace(",", "."))
    except ValueError:
        return None
    return number if number == number and abs(number) != float("inf") else None  # noqa: PLR0124  NaN is not itself


def _outside(number: float, least: float | None, most: float | None) -> str:
    if least is not None and number < least:
        return f"At least {least:g}."
    return f"At most {most:,g}." if most is not None and number > most else ""
