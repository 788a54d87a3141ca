"""What both set: the field, and whose value shall stand, mine first. Or a value of its own where it is a short one."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.domain.catalog import Catalog
from app.domain.conflicts import Conflict
from app.domain.difference_words import DifferenceWords
from app.domain.differences import ElementDifference, FieldDifference
from app.domain.json_value import Json, JsonRejected, dumps, loads
from app.domain.merge import Choice, Clash, Given, Nothing
from app.ui.drafts.changes import tile_of
from app.ui.theme import colour_of, font, theme, tint
from app.ui.widgets.buttons import ActionButton
from app.ui.widgets.labels import ElidedLabel, Label, plain_tip
from app.ui.widgets.painting import draw_box, draw_icon, painting

_VALUE_CHARS = 24


class RadioPill(ActionButton):
    """One of several: a ring, whose it is, and the value."""

    def __init__(self, words: str, value: str, *, name: str) -> None:
        super().__init__(None)
        self.setObjectName(name)
        self.setCheckable(True)
        self._words, self._value = words, value if len(value) <= _VALUE_CHARS else value[: _VALUE_CHARS - 1] + "…"
        self.setAccessibleName(f"{words} {value}".strip())
        self.setToolTip(plain_tip(value[:2_000]))
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        width = 34 + QFontMetrics(font("ui")).horizontalAdvance(self._words) + 12
        if self._value:
            width += 6 + QFontMetrics(font("code")).horizontalAdvance(self._value)
        return QSize(width, 28)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            on = self.isChecked()
            hot = tokens.raised if self.underMouse() else tokens.card
            draw_box(painter, self.rect(), 8, fill=hot, border=tokens.accent if on else tokens.border_strong, width=1.5 if on else 1)
            draw_ring(painter, 10, self.height() / 2 - 7, on=on)
            painter.setFont(font("ui"))
            painter.setPen(QColor(tokens.text if on else tokens.text_second))
            room = QRectF(32, 0, self.width(), self.height())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, self._words)
            if self._value:
                left = 32 + QFontMetrics(painter.font()).horizontalAdvance(self._words) + 6
                painter.setFont(font("code"))
                painter.setPen(QColor(tokens.text))
                painter.drawText(QRectF(left, 0, self.width() - left, self.height()), Qt.AlignmentFlag.AlignVCenter, self._value)
            if self.hasFocus():
                draw_box(painter, QRectF(self.rect()).adjusted(2, 2, -2, -2), 6, border=tokens.accent)


def draw_ring(painter: object, x: float, y: float, *, on: bool) -> None:
    """The ring of a choice, filled when it is made."""
    from PySide6.QtGui import QPainter

    assert isinstance(painter, QPainter)
    tokens = theme().tokens
    draw_box(painter, QRectF(x, y, 14, 14), 7, border=tokens.primary if on else tokens.border_strong, fill=tokens.primary if on else None)
    if on:
        draw_box(painter, QRectF(x + 4, y + 4, 6, 6), 3, fill="#FFFFFF")


class ClashRow(QWidget):
    """One clash with its choices."""

    chosen = Signal(object, object)
    """The clash and the choice."""

    def __init__(self, clash: Clash, conflict: Conflict, catalog: Catalog) -> None:
        super().__init__()
        self.setObjectName(f"clash-{clash.id or 'workflow'}{clash.place.replace('/', '-')}")
        self.clash = clash
        side = conflict.my_changes if conflict.my_changes.item_of(clash.id) is not None else conflict.their_changes
        item = side.item_of(clash.id) or ElementDifference(clash.kind, clash.id, "changed", old=conflict.base.element(clash.id))
        words = DifferenceWords(side, catalog)
        self._icon, self._colour = tile_of(item, catalog)
        self._title, self._field = words.title(item), _field_words(clash, item, words)
        self.setAccessibleName(f"{self._title}, {self._field}")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(4)
        layout = QHBoxLayout()
        layout.setContentsMargins(30, 3, 0, 3)
        layout.setSpacing(8)
        layout.addWidget(ElidedLabel(self._title, "ui"))
        layout.addWidget(Label("›", "ui", "text_second"))
        layout.addWidget(ElidedLabel(self._field, "code", "text_second", name="clash-field"), 1)
        self._group = QButtonGroup(self)
        mine, theirs = ("keep it", "remove it") if clash.is_removal else ("yours", "theirs")
        if clash.is_removal and isinstance(clash.mine, Nothing):
            mine, theirs = theirs, mine
        values = ("", "") if clash.is_removal else (_shown(clash.mine), _shown(clash.theirs))
        for key, word, value in (("mine", mine, values[0]), ("theirs", theirs, values[1])):
            self._add(layout, key, word, value)
        self._other: QLineEdit | None = None
        if not clash.is_removal and _is_short(clash.mine) and _is_short(clash.theirs) and clash.place not in ("/parent", "/ends", "/type"):
            self._add(layout, "other", "other…", "")
            self._other = QLineEdit("" if isinstance(clash.mine, Nothing) else _shown(clash.mine))
            self._other.setObjectName("clash-other")
            self._other.setAccessibleName(f"Another value for {self._field}")
            self._other.hide()
            self._other.textEdited.connect(lambda _text: self._tell("other"))
        outer.addLayout(layout)
        if self._other is not None:
            outer.addWidget(self._other)
        self._group.buttons()[0].setChecked(True)

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            colour = colour_of(theme().tokens, self._colour)
            draw_box(painter, QRectF(0, 6, 22, 22), 6, fill=tint(colour, 0.17 if theme().tokens.is_dark else 0.12))
            draw_icon(painter, self._icon, colour, (4, 10), 14)

    def _add(self, layout: QHBoxLayout, key: str, word: str, value: str) -> None:
        pill = RadioPill(word, value, name=f"clash-{key}")
        self._group.addButton(pill)
        pill.clicked.connect(lambda: self._tell(key))
        layout.addWidget(pill)

    def _tell(self, key: str) -> None:
        if self._other is not None:
            self._other.setVisible(key == "other")
            if key == "other" and not self._other.hasFocus():
                self._other.setFocus()
        self.chosen.emit(self.clash, self._choice(key))

    def _choice(self, key: str) -> Choice:
        if key == "other" and self._other is not None:
            return Given(_read(self._other.text(), like=self.clash.mine if not isinstance(self.clash.mine, Nothing) else self.clash.theirs))
        return "theirs" if key == "theirs" else "mine"


def first_choices(conflict: Conflict) -> Mapping[tuple[str, str], Choice]:
    """Mine, everywhere."""
    return {clash.key: "mine" for clash in conflict.clashes}


def _field_words(clash: Clash, item: ElementDifference, words: DifferenceWords) -> str:
    if clash.is_removal:
        return "removed by you, changed by them" if isinstance(clash.mine, Nothing) else "changed by you, removed by them"
    if clash.place == "/ends":
        return "ends"
    return words.field_title(item, FieldDifference(clash.place))


def _shown(value: object) -> str:
    if isinstance(value, Nothing):
        return "nothing"
    return value if isinstance(value, str) else dumps(value)  # type: ignore[arg-type]


def _is_short(value: object) -> bool:
    return isinstance(value, Nothing) or (not isinstance(value, dict | list) and "\n" not in _shown(value) and len(_shown(value)) <= 200)


def _read(text: str, *, like: object) -> Json:
    """What was typed, as a value of the same kind where it can be one."""
    if isinstance(like, str):
        return text
    try:
        return loads(text)
    except JsonRejected:
        return text
