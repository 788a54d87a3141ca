"""One field of a form: shows a JSON value, and says when a person gave it another. Any field may hold an expression instead.

A field knows nothing of models: it holds a value of its kind in its own control, or an expression in the one that takes its place;
what was in the other comes back when a person changes their mind.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from app.domain.edits import SetConfig
from app.domain.expressions import has_template
from app.domain.fixes import Fix, fixes_for
from app.domain.json_value import Json
from app.domain.previews import Fault, Preview
from app.domain.schema_mending import MissingField, missing_field
from app.domain.template_text import as_expression, as_text, expression_in, literal_of, template_of
from app.ui.inspector.expression_edit import ExpressionEdit
from app.ui.inspector.fault_lines import FaultLines
from app.ui.inspector.field_head import FieldHead
from app.ui.inspector.field_info import UNSET, FieldInfo, Unset
from app.ui.inspector.preview_pane import PreviewPane
from app.ui.widgets.code_edit import Mark
from app.ui.widgets.labels import Label
from app.ui.widgets.painting import set_state

FAULT_MS: Final = 600
"""How long after the last key a fault is told; on leaving the field at once."""


_KEYS = frozenset({QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress})


class Field(QWidget):
    """Caption with its switch, control, preview, and lines for what is wrong with it."""

    changed = Signal(object)
    """The new value; None where the field was emptied."""
    reset = Signal()
    """Back to what holds without it."""

    wants_switch = True
    """Whether text and fx stand beside the caption all the time, or only while the field is looked at."""
    prefers_text = False
    """Whether a single template in it is shown as text: a prompt is read and written on as one."""
    holds_text = False
    """Whether the control itself can hold text with templates in it."""

    def __init__(self, info: FieldInfo, *, captioned: bool = True) -> None:
        super().__init__()
        self.info = info
        self.setObjectName(f"field-{info.name}")
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(5)
        self.head = FieldHead(info, captioned=captioned)
        self.head.reset.connect(self._on_reset)
        self._layout.addLayout(self.head)
        self._value: Json | Unset = UNSET
        self._is_fx = False
        self._kept_literal: Json = None
        self._kept_expression = ""
        self._kept_pair = ("", "")
        self._told, self._own = "", ""
        self._preview: Preview | None = None
        self._tried: ExpressionEdit | None = None
        self._missing: MissingField | None = None
        self._faults: FaultLines | None = None
        self._hint: Label | None = None
        self._fx: ExpressionEdit | None = None
        self._pane: PreviewPane | None = None
        self._quiet = QTimer(self, singleShot=True, interval=FAULT_MS)
        self._quiet.timeout.connect(self._show_fault)

    # What a kind of field says

    def _show(self, value: Json) -> None:
        """Put a value into the control."""
        raise NotImplementedError

    def _show_unset(self, default: Json | Unset) -> None:
        """Show in the control that nothing is set, and what holds then."""
        self._show(None if isinstance(default, Unset) else default)

    def set_frozen(self, frozen: bool) -> None:
        """What a run executed is looked at, not changed."""
        self.setEnabled(not frozen)

    # What a form says

    def set_value(self, value: Json | Unset) -> None:
        """Show what the config holds. A field's own edit that comes back leaves it as it is."""
        if isinstance(value, Unset):
            if not isinstance(self._value, Unset) and not (self._value == self.info.default and self._is_attended):
                self._enter_literal()
                self._show_unset(self.info.default)
            elif isinstance(self._value, Unset) and not self._is_attended:
                self._show_unset(self.info.default)
        elif isinstance(self._value, Unset) and value == self.info.default and self._is_attended:
            pass  # emptied by hand just now: what holds then does not come in between
        elif type(value) is not type(self._value) or value != self._value:
            expression = expression_in(value) if self.info.templates and not self.prefers_text else None
            if expression is None and self.info.templates and not self.holds_text and isinstance(value, str) and has_template(value):
                expression = as_expression(value)
            if expression is not None:
                self._enter_fx(expression)
            else:
                self._enter_literal()
                self._show(value)
        self._value = value
        self.head.show_value(self._value)

    def set_fault(self, sentence: str) -> None:
        """What the workflow's check says of this field."""
        self._told = sentence
        self._show_fault_soon()

    @property
    def fault(self) -> str:
        if self._own:
            return self._own
        if self._preview is not None and self._preview.fault is not None and not self._preview.lacks_data:
            return self._preview.fault.sentence
        return self._told

    @property
    def is_fx(self) -> bool:
        return self._is_fx

    @property
    def editor(self) -> ExpressionEdit | None:
        """The editor of text or expression that is shown, if it is one."""
        shown = self._fx if self._is_fx else self._control
        return shown if isinstance(shown, ExpressionEdit) else None

    def focus(self) -> None:
        """Put the caret into whatever is shown."""
        shown = self._fx if self._is_fx and self._fx is not None else self._control
        target = shown.focusProxy() or shown
        target.setFocus()

    def take_path(self, path: str) -> None:
        """A piece of data was dropped on it: its path goes in at the caret; where nothing stood, the field becomes that expression."""
        if self.info.context is not None:
            self.info.context.bursts.end()  # a drop is an act of its own
        edit = self.editor
        if self.info.templates and not self.prefers_text and not self._is_fx and (edit is None or not edit.toPlainText().strip()):
            self._enter_fx(path)
            self._send(template_of(path))
        elif edit is not None:
            edit.take_path(path)
        self.focus()

    @property
    def takes_paths(self) -> bool:
        return self.isEnabled() and (self.info.templates or self.editor is not None)

    def set_drop_hint(self, on: bool) -> None:
        """A dashed border while something hangs over the window that may be dropped here."""
        shown = self._fx if self._is_fx and self._fx is not None else self._control
        target = shown.focusProxy() or shown
        inputs = [target] if isinstance(target, QLineEdit | QComboBox | QPlainTextEdit) else self.findChildren(ExpressionEdit)
        for found in inputs:
            set_state(found, "dropping", on)

    # For the kinds

    def _place(self, control: QWidget) -> None:
        """Put the control in; `input-…` is its name for everyone."""
        self._control = control
        target = control.focusProxy() or control
        target.setAccessibleName(self.info.title + (", required" if self.info.required else ""))
        target.setAccessibleDescription(self.info.hint)
        control.setToolTip(self.info.hint)
        self._layout.addWidget(control)
        if isinstance(control, ExpressionEdit):
            self._watch(control)
        target.installEventFilter(self)
        if self.info.templates and self.wants_switch:
            self._make_switch()
        if self.info.hint:
            self._hint = Label(self.info.hint, "caption", "text_second", wrap=True)
            self._layout.addWidget(self._hint)

    def _send(self, value: Json) -> None:
        """A person changed it."""
        self._value = value if value is not None else UNSET
        self._quiet.start()
        self.head.show_value(self._value)
        self.changed.emit(value)

    def _refuse(self, sentence: str) -> None:
        """What is typed is no value of this field's kind; an empty sentence: it is."""
        self._own = sentence
        self._show_fault_soon()

    @property
    def _is_attended(self) -> bool:
        shown = self._fx if self._is_fx else self._control
        return shown is not None and (shown.focusProxy() or shown).hasFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() in _KEYS and self._opens_large(event):
            event.accept()
            if event.type() is QEvent.Type.KeyPress and self.info.context is not None:
                self.info.context.open_large(self)
            return True
        if event.type() is QEvent.Type.FocusOut:
            self._show_fault()
            self._show_switch(False)
        elif event.type() is QEvent.Type.FocusIn:
            self._show_switch(True)
        return False

    def _opens_large(self, event: QKeyEvent) -> bool:
        context = self.info.context
        return context is not None and self.editor is not None and context.is_key_of("large-editor", event)

    def enterEvent(self, event: QEvent) -> None:
        self._show_switch(True)

    def leaveEvent(self, event: QEvent) -> None:
        self._show_switch(False)

    # Text and fx

    def _make_switch(self) -> None:
        switch = self.head.add_switch(text="Text" if self.holds_text else "Value")
        switch.chosen.connect(self._on_mode)

    def _show_switch(self, on: bool) -> None:
        if not self.info.templates or self.wants_switch:
            return
        if on and self.head.switch is None:
            self._make_switch()
            assert self.head.switch is not None
            self.head.switch.set_current("fx" if self._is_fx else "text")
        if self.head.switch is not None:
            self.head.switch.setVisible(on or self._is_fx or self._is_attended or self.head.switch.hasFocus())

    def _on_mode(self, mode: str) -> None:
        """Convert what is there; nothing of it is lost, and going back right away gives back exactly what was there."""
        if mode == "fx":
            literal = None if isinstance(self._value, Unset) else self._value
            self._kept_literal = literal
            expression = as_expression(literal) if literal is not None else self._kept_expression
            self._kept_pair = (expression, literal if isinstance(literal, str) else "")
            self._enter_fx(expression)
            if expression:
                self._send(template_of(expression))
        else:
            assert self._fx is not None
            expression = self._fx.toPlainText()
            self._kept_expression = expression
            self._enter_literal()
            value = self._value_of(expression)
            if value is None:
                self._show_unset(self.info.default)
            else:
                self._show(value)
            self._send(value)
        self.focus()

    def _value_of(self, expression: str) -> Json:
        """What an expression is as a value of the control."""
        if self.holds_text:
            kept_expression, kept_text = self._kept_pair
            return (kept_text if kept_text and expression == kept_expression else as_text(expression)) or None
        is_literal, value = literal_of(expression)
        return value if is_literal else self._kept_literal if not isinstance(self._kept_literal, str) else None

    def _enter_fx(self, expression: str) -> None:
        if self._fx is None:
            info = self.info
            self._fx = ExpressionEdit(
                least=1, most=10, bare=True, name=f"input-{info.name}-fx", context=info.context, names=info.names, dollar=info.dollar
            )
            self._fx.setAccessibleName(f"{info.title}, expression")
            self._fx.edited.connect(lambda text: self._send(template_of(text) or None))
            self._fx.installEventFilter(self)
            self._watch(self._fx)
            self._layout.insertWidget(max(1, self._layout.indexOf(self._control) + 1), self._fx)
        self._fx.set_text(expression)
        self._is_fx = True
        self._own = ""
        self._control.hide()
        self._fx.show()
        if self.head.switch is None:
            self._make_switch()
        assert self.head.switch is not None
        self.head.switch.set_current("fx")
        self.head.switch.show()

    def _enter_literal(self) -> None:
        if not self._is_fx:
            return
        assert self._fx is not None
        self._is_fx = False
        self._forget_preview()
        self._fx.hide()
        self._control.show()
        if self.head.switch is not None:
            self.head.switch.set_current("text")

    # What it gives, and what is wrong with it

    def _watch(self, edit: ExpressionEdit) -> None:
        edit.previewed.connect(lambda found: self._on_preview(edit, found))
        edit.attended.connect(self._show_pane)
        edit.edited.connect(lambda _text: self._quiet.start())

    def _on_preview(self, edit: ExpressionEdit, found: Preview) -> None:
        self._preview, self._tried = found, edit
        if self._pane is not None:
            self._pane.show_preview(found)
        self._show_fault_soon()

    def _forget_preview(self) -> None:
        self._preview = None
        if self._pane is not None:
            self._pane.hide()
        self._show_fault()

    def _show_pane(self) -> None:
        """The preview stands under the field that was last written in, and under no other."""
        if self.info.context is None or self.info.context.document is None:
            return
        if self._pane is None:
            self._pane = PreviewPane(self.info.context, name=f"preview-{self.info.name}")
            after = self._fx if self._is_fx and self._fx is not None else self._control
            self._layout.insertWidget(max(1, self._layout.indexOf(after) + 1), self._pane)
        self.info.context.show_only(self._pane)

    def _show_fault_soon(self) -> None:
        """At once, unless something is being typed here."""
        if not (self._quiet.isActive() and self._is_attended):
            self._show_fault()

    def _show_fault(self) -> None:
        self._quiet.stop()
        sentence = self.fault
        if sentence and self._tried is not None and self._tried.is_completing:
            self._quiet.start()  # what is wrong so far is about to be chosen from the list
            return
        fault = self._preview.fault if self._preview is not None and not self._preview.lacks_data and not self._own else None
        edit = self._tried
        if edit is not None:
            edit.set_marks([Mark(fault.start, fault.end)] if fault is not None else [])
        if self._faults is None:
            if not sentence:
                return
            self._faults = FaultLines(self.info.name)
            self._faults.mended.connect(self._mend)
            self._faults.more_taken.connect(self._add_missing)
            self._layout.addWidget(self._faults)
        fixes: Sequence[Fix] = ()
        if fault is not None and edit is not None and self.info.context is not None:
            scope = self.info.context.scope_for(self.info.names, self.info.dollar)
            fixes = fixes_for(edit.toPlainText(), fault, scope, bare=edit.bare)
        self._faults.say(sentence, fixes, more=self._missing_words(fault, edit))
        for control in (self._control, self._fx):
            if control is not None:
                set_state(control, "faulty", bool(sentence))

    def _missing_words(self, fault: Fault | None, edit: ExpressionEdit | None) -> str:
        """The words of a link that puts a field into the schema of the step that it is asked of; empty where there is none."""
        context = self.info.context
        if fault is None or fault.is_invalid or edit is None or context is None or context.document is None:
            return ""
        self._missing = missing_field(edit.toPlainText(), fault.end, context.scope, context.document.model.graph)
        return f"Add it to the schema of {self._missing.step.name}" if self._missing is not None else ""

    def _add_missing(self) -> None:
        if self._missing is not None and self.info.context is not None:
            self.info.context.edit_asked.emit(SetConfig(self._missing.step.id, self._missing.config))

    def _mend(self, fix: Fix) -> None:
        edit = self._tried
        if edit is not None:
            edit.setFocus()
            edit.replace_part(fix.start, fix.end, fix.text)
            self._quiet.stop()

    def _on_reset(self) -> None:
        self._enter_literal()
        self._own = ""
        self._value = UNSET
        self._show_unset(self.info.default)
        self.head.show_value(self._value)
        self._show_fault()
        self.reset.emit()
