"""The line above a field's control: what it is called, whether it must be there, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout

from app.domain.json_value import Json
from app.ui.inspector.field_info import FieldInfo, Unset, as_words
from app.ui.widgets.buttons import IconButton
from app.ui.widgets.labels import ElidedLabel, Label
from app.ui.widgets.switch import Segments


class FieldHead(QHBoxLayout):
    """Caption on the left; on the right buttons, the way back to the default, and the switch last."""

    reset = Signal()

    def __init__(self, info: FieldInfo, *, captioned: bool) -> None:
        super().__init__()
        self._info = info
        self._back: IconButton | None = None
        self.switch: Segments | None = None
        self.setSpacing(6)
        if captioned:
            caption = ElidedLabel(info.title, "ui", name=f"caption-{info.name}")
            caption.setFixedHeight(20)  # the height of the switch, which comes and goes
            self.addWidget(caption)
            if info.required:
                star = Label("*", "ui", "text_second")
                star.setToolTip("Required")
                star.setAccessibleName("required")
                self.addWidget(star)
        self.addStretch(1)

    def add_switch(self, *, text: str) -> Segments:
        """`text` is the word for what is no expression."""
        self.switch = Segments((("text", text), ("fx", "fx")), name=f"mode-{self._info.name}", label=f"{self._info.title} as")
        self.addWidget(self.switch)
        return self.switch

    def show_value(self, value: Json | Unset) -> None:
        """A value that is not the default can be given up for it, where there is one to speak of."""
        default = self._info.default
        is_other = not isinstance(value, Unset) and value != default
        can = is_other and not self._info.required and not isinstance(default, Unset) and default is not None
        if can and self._back is None:
            shown = "nothing" if default in ("", [], {}) else as_words(default)
            self._back = IconButton("rotate-ccw", f"Back to the default: {shown}", name=f"reset-{self._info.name}", size=20, icon_size=13)
            self._back.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # emptying the field does the same by keyboard
            self._back.clicked.connect(self.reset)
            self.insertWidget(self.count() - (1 if self.switch is not None else 0), self._back)
        if self._back is not None:
            self._back.setVisible(can)
