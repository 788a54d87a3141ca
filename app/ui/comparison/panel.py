"""Beside the canvas of a comparison: one change with the old and new value of each field, and below it all changes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSplitter, QVBoxLayout, QWidget

from app.domain.catalog import Catalog
from app.domain.difference_words import DifferenceWords
from app.domain.differences import ElementDifference, FieldDifference, whole_fields
from app.domain.workflow import BlockGroup, Edge, Note
from app.ui.comparison.changes import ChangesList, tile_of
from app.ui.comparison.text import DifferenceText
from app.ui.widgets.bars import grounded
from app.ui.widgets.buttons import Button, IconButton
from app.ui.widgets.chips import IconTile
from app.ui.widgets.labels import ElidedLabel, Label
from app.ui.words import count

WIDTH = 340
MOST_FIELDS = 40
_ACTS = {"added": "Remove again", "removed": "Restore", "changed": "Take all back", "moved": "Move back"}


class DifferencePanel(QWidget):
    """Fields above, list below. What is taken back is done by whoever holds it."""

    field_asked = Signal(object, object)
    """An element's difference, and the field that is to have its old value again."""
    place_asked = Signal(object)
    item_asked = Signal(object)

    def __init__(self, catalog: Catalog, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("difference-panel")
        self.setAccessibleName("What differs")
        grounded(self, "panel", line="left")
        self.setMinimumWidth(280)
        self._catalog = catalog
        self._editable = False
        self._item: ElementDifference | None = None
        self._words: DifferenceWords | None = None
        self._since = ""
        self._head = _Head()
        self._head.act.clicked.connect(lambda: self.item_asked.emit(self._item))
        self._fields = QScrollArea()
        self._fields.setObjectName("difference-fields")
        self._fields.setWidgetResizable(True)
        self._fields.setFrameShape(QFrame.Shape.NoFrame)
        self._fields.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        below = QWidget()
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 10, 0, 0)
        column.setSpacing(4)
        heading = QHBoxLayout()
        heading.setContentsMargins(16, 0, 16, 0)
        heading.addWidget(Label("ALL CHANGES", "section", "text_second"))
        heading.addStretch(1)
        self._total = Label("", "second", "text_second", name="changes-total")
        heading.addWidget(self._total)
        column.addLayout(heading)
        self.changes = ChangesList(catalog)
        self.changes.restore_asked.connect(self.item_asked)
        column.addWidget(self.changes, 1)
        split = QSplitter(Qt.Orientation.Vertical)
        split.setChildrenCollapsible(False)
        split.setHandleWidth(1)
        split.addWidget(self._fields)
        split.addWidget(below)
        split.setSizes([420, 300])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._head)
        layout.addWidget(split, 1)
        self.foot = QVBoxLayout()
        """For what the holder has to say of both sides, such as the note of a version."""
        layout.addLayout(self.foot)

    def set_editable(self, editable: bool) -> None:
        self._editable = editable
        self.changes.can_restore = editable

    def show_list(self, items: Sequence[ElementDifference], words: DifferenceWords, *, since: str) -> None:
        self._words, self._since = words, since
        self._total.setText(f"{len(items):,}")
        self.changes.rows.show_items(items, words)

    def show_item(self, item: ElementDifference | None) -> None:
        """Show one change, or that there is none to show."""
        self._item = item
        self._head.show_item(item, self._words, self._catalog, since=self._since, editable=self._editable)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(16, 8, 16, 12)
        column.setSpacing(12)
        if item is not None and self._words is not None:
            for widget in self._rows(item, self._words):
                column.addWidget(widget)
        column.addStretch(1)
        self._fields.setWidget(body)
        body.show()

    def _rows(self, item: ElementDifference, words: DifferenceWords) -> list[QWidget]:
        rows: list[QWidget] = []
        fields = item.fields if item.verdict in ("changed", "moved") else whole_fields(item)
        editable = self._editable and item.verdict == "changed"
        for at, field in enumerate(fields[:MOST_FIELDS]):
            row = _FieldRow(words, item, field, name=f"difference-{at}", editable=editable)
            row.asked.connect(lambda field=field: self.field_asked.emit(item, field))
            rows.append(row)
        if len(fields) > MOST_FIELDS:
            rows.append(Label(f"and {count(len(fields) - MOST_FIELDS, 'more field')}", "second", "text_second", name="fields-more"))
        if item.moved:
            place = _PlaceRow(item, editable=self._editable and item.verdict != "moved")
            place.asked.connect(lambda: self.place_asked.emit(item))
            rows.append(place)
        return rows


class _Head(QWidget):
    def __init__(self) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 6)
        layout.setSpacing(10)
        line = QHBoxLayout()
        line.setSpacing(12)
        self._tile = IconTile()
        line.addWidget(self._tile)
        words = QVBoxLayout()
        words.setSpacing(2)
        self._title = ElidedLabel("", "inspector_title", name="difference-title")
        self._kind = ElidedLabel("", "second", "text_second", name="difference-kind")
        words.addWidget(self._title)
        words.addWidget(self._kind)
        line.addLayout(words, 1)
        layout.addLayout(line)
        self.act = Button("Take all back", icon_name="undo-2", name="take-back-all")
        layout.addWidget(self.act, 0, Qt.AlignmentFlag.AlignLeft)

    def show_item(
        self, item: ElementDifference | None, words: DifferenceWords | None, catalog: Catalog, *, since: str, editable: bool
    ) -> None:
        self.act.setVisible(item is not None and editable)
        if item is None or words is None:
            self._tile.show_kind("git-compare", "trigger")
            self._title.setText("No change is chosen")
            self._kind.setText("F7 goes to the next one")
            return
        self._tile.show_kind(*tile_of(item, catalog))
        self._title.setText(words.title(item))
        fields = count(len(item.fields), "field")
        said = {"added": "new", "removed": "not there any more", "changed": f"changed in {fields}", "moved": "only moved"}[item.verdict]
        self._kind.setText(f"{said} since {since}")
        self.act.setText(_ACTS[item.verdict])
        self.act.setAccessibleName(f"{_ACTS[item.verdict]}: {words.title(item)}")
        self.act.updateGeometry()


class _Row(QWidget):
    """A title with a button that takes the old value back."""

    asked = Signal()

    def __init__(self, title: str, *, name: str, editable: bool) -> None:
        super().__init__()
        self.setObjectName(name)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        line = QHBoxLayout()
        line.addWidget(ElidedLabel(title, "ui"), 1)
        if editable:
            back = IconButton("undo-2", f"Take the old one back: {title}", name=f"take-back-{name}", size=26, icon_size=15)
            back.clicked.connect(self.asked)
            line.addWidget(back)
        self._column.addLayout(line)


class _FieldRow(_Row):
    def __init__(self, words: DifferenceWords, item: ElementDifference, field: FieldDifference, *, name: str, editable: bool) -> None:
        super().__init__(words.field_title(item, field), name=name, editable=editable)
        old = words.value(field, field.old) if field.was else None
        new = words.value(field, field.new) if field.is_there else None
        self._column.addWidget(DifferenceText(old, new, name=f"{name}-text"))


class _PlaceRow(_Row):
    def __init__(self, item: ElementDifference, *, editable: bool) -> None:
        super().__init__("Place", name="difference-place", editable=editable)
        self._column.addWidget(Label(_way(item), "second", "text_second", wrap=True))


def _way(item: ElementDifference) -> str:
    old, new = item.old, item.new
    if isinstance(old, Edge) or isinstance(new, Edge) or old is None or new is None:
        return "Its wire is led another way."
    dx, dy = new.position.x - old.position.x, new.position.y - old.position.y
    parts = []
    if dx:
        parts.append(f"{abs(dx)} px to the {'right' if dx > 0 else 'left'}")
    if dy:
        parts.append(f"{abs(dy)} px {'down' if dy > 0 else 'up'}")
    if isinstance(old, BlockGroup | Note) and isinstance(new, BlockGroup | Note) and old.size != new.size:
        parts.append(f"{old.size.width} × {old.size.height} → {new.size.width} × {new.size.height}")
    return ", ".join(parts)
