"""The palette: what can be added, by category, to be dragged onto the canvas or added with Enter."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QDrag, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QAbstractButton, QApplication, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.domain.catalog import Catalog
from app.ui.canvas.entries import Entry, entries_of
from app.ui.canvas.faces import CATEGORIES
from app.ui.canvas.look import TILE_DARK, TILE_LIGHT
from app.ui.theme import font, mixed, theme
from app.ui.widgets.bars import grounded
from app.ui.widgets.fields import SearchField
from app.ui.widgets.labels import Label
from app.ui.widgets.painting import draw_box, draw_icon, painting

ROW_HEIGHT = 44
TILE = 28


class EntryRow(QAbstractButton):
    """One entry: icon, title, what it is. Dragged it travels as `MIME`; Enter or a double click adds it."""

    added = Signal(object)
    pressed_key = Signal(QKeyEvent)

    def __init__(self, entry: Entry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entry = entry
        self.setObjectName(f"palette-{entry.type if entry.type != 'tool' else entry.config.get('adapter_id')}")
        self.setAccessibleName(entry.title)
        self.setAccessibleDescription(entry.description)
        self.setToolTip(f"{entry.title}: {entry.description}. Drag it onto the canvas, or press Enter.")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._pressed_at: QPoint | None = None
        self._is_next = False

    def set_next(self, on: bool) -> None:
        """Show that Enter in the search adds this one."""
        if on != self._is_next:
            self._is_next = on
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, ROW_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, ROW_HEIGHT)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed_at = event.position().toPoint() if event.button() == Qt.MouseButton.LeftButton else None
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed_at is None:
            return
        if (event.position().toPoint() - self._pressed_at).manhattanLength() >= QApplication.startDragDistance():
            self._pressed_at = None
            self.setDown(False)
            self._drag()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed_at = None
        super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.added.emit(self.entry)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.added.emit(self.entry)
        else:
            self.pressed_key.emit(event)  # the panel's; on its way up the scroll area would take it

    def _drag(self) -> None:
        drag = QDrag(self)
        drag.setMimeData(self.entry.to_mime())
        picture = QPixmap(round(40 * self.devicePixelRatioF()), round(40 * self.devicePixelRatioF()))
        picture.setDevicePixelRatio(self.devicePixelRatioF())
        picture.fill(Qt.GlobalColor.transparent)
        with painting(picture) as painter:
            _draw_tile(painter, self.entry, QRectF(6, 6, TILE, TILE))
        drag.setPixmap(picture)
        drag.setHotSpot(QPoint(20, 20))
        drag.exec(Qt.DropAction.CopyAction)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        hot = self.underMouse() or self.hasFocus() or self._is_next
        with painting(self) as painter:
            if hot:
                draw_box(
                    painter, self.rect().adjusted(0, 1, 0, -1), 8, fill=tokens.raised, border=tokens.accent if self.hasFocus() else None
                )
            _draw_tile(painter, self.entry, QRectF(8, (self.height() - TILE) / 2, TILE, TILE))
            room = self.width() - 46 - (22 if hot else 8)
            painter.setPen(tokens.text)
            painter.setFont(font("ui"))
            painter.drawText(QPointF(46, 19), QFontMetrics(font("ui")).elidedText(self.entry.title, Qt.TextElideMode.ElideRight, room))
            painter.setPen(tokens.text_second)
            painter.setFont(font("caption"))
            words = QFontMetrics(font("caption")).elidedText(self.entry.description, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QPointF(46, 34), words)
            if hot:
                draw_icon(
                    painter,
                    "corner-down-left" if self._is_next else "grip-vertical",
                    tokens.text_second,
                    (self.width() - 20, (self.height() - 14) / 2),
                    14,
                )


class SectionHead(QAbstractButton):
    """The name of a section; a click folds it."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"palette-section-{title.lower()}")
        self.setAccessibleName(title)
        self.setCheckable(True)
        self.setChecked(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._title = title

    def sizeHint(self) -> QSize:
        return QSize(200, 32)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            painter.setPen(tokens.accent if self.hasFocus() else tokens.text_second)
            painter.setFont(font("section"))
            painter.drawText(QRectF(8, 6, self.width() - 40, 26), Qt.AlignmentFlag.AlignVCenter, self._title.upper())
            shown = "chevron-down" if self.isChecked() else "chevron-right"
            draw_icon(painter, shown, tokens.text_second, (self.width() - 22, 12), 14)


class PalettePanel(QWidget):
    """Search on top, below it the sections. `chosen` is an entry that is to be added without dragging."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("palette")
        self.setAccessibleName("Palette")
        grounded(self, "panel", line="right")
        self.search = SearchField("Search steps…", key="Space", name="palette-search")
        self.search.setToolTip("On the canvas, Space searches at the pointer")
        self.search.textChanged.connect(self._filter)
        self.search.returnPressed.connect(self._choose_first)
        self._list = QWidget()
        grounded(self._list, "panel")
        self._rows = QVBoxLayout(self._list)
        self._rows.setContentsMargins(8, 0, 8, 12)
        self._rows.setSpacing(0)
        self._nothing = Label("Nothing fits this search.", "second", "text_second", name="palette-nothing")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        scroll = self._scroll = QScrollArea()
        scroll.setObjectName("palette-scroll")
        scroll.setWidget(self._list)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 12, 0, 0)
        layout.setSpacing(4)
        field = QVBoxLayout()
        field.setContentsMargins(12, 0, 12, 0)
        field.addWidget(self.search)
        layout.addLayout(field)
        layout.addWidget(scroll, 1)
        self._heads: dict[str, SectionHead] = {}
        self._entries: list[EntryRow] = []
        theme().changed.connect(self._list.update)

    def set_catalog(self, catalog: Catalog) -> None:
        """Show what this catalog has."""
        while (item := self._rows.takeAt(0)) is not None:
            if (widget := item.widget()) is not None and widget is not self._nothing:
                widget.deleteLater()
        self._heads.clear()
        self._entries.clear()
        for entry in entries_of(catalog):
            if entry.section not in self._heads:
                head = SectionHead(entry.section)
                head.toggled.connect(self._filter)
                self._heads[entry.section] = head
                self._rows.addWidget(head)
            row = EntryRow(entry)
            row.added.connect(self.chosen)
            row.pressed_key.connect(self.keyPressEvent)
            self._entries.append(row)
            self._rows.addWidget(row)
        self._rows.addWidget(self._nothing)
        self._rows.addStretch(1)
        self._filter()

    def _filter(self) -> None:
        words = self.search.text()
        found = {row for row in self._entries if row.entry.matches(words)}
        for section, head in self._heads.items():
            head.setVisible(any(row.entry.section == section for row in found))
        for row in self._entries:
            row.setVisible(row in found and (bool(words) or self._heads[row.entry.section].isChecked()))
        first = next(iter(self._shown_rows()), None) if words.strip() else None
        for row in self._entries:
            row.set_next(row is first)
        self._nothing.setVisible(not found)

    def _choose_first(self) -> None:
        if rows := self._shown_rows():
            self.chosen.emit(rows[0].entry)

    def _shown_rows(self) -> list[EntryRow]:
        return [row for row in self._entries if not row.isHidden()]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Down leads from the search into the rows and arrows through them; a letter goes on searching, Esc goes back to the search."""
        rows = self._shown_rows()
        at = next((index for index, row in enumerate(rows) if row is self.focusWidget()), -1)
        match event.key():
            case Qt.Key.Key_Down if at + 1 < len(rows):
                self._go_to(rows[at + 1])
            case Qt.Key.Key_Up if at > 0:
                self._go_to(rows[at - 1])
            case Qt.Key.Key_Up | Qt.Key.Key_Escape if at >= 0:
                self.search.setFocus()
            case _ if at >= 0 and event.text().isprintable() and event.text().strip():
                self.search.setFocus()
                self.search.insert(event.text())
            case _:
                super().keyPressEvent(event)

    def _go_to(self, row: EntryRow) -> None:
        row.setFocus(Qt.FocusReason.TabFocusReason)
        self._scroll.ensureWidgetVisible(row)


def _draw_tile(painter: QPainter, entry: Entry, box: QRectF) -> None:
    tokens = theme().tokens
    colour = tokens.category.get(entry.category, tokens.text_third) if entry.category in CATEGORIES else tokens.text_third
    draw_box(painter, box, 7, fill=mixed(colour, tokens.panel, TILE_DARK if tokens.is_dark else TILE_LIGHT))
    draw_icon(painter, entry.icon, colour, (box.x() + (TILE - 16) / 2, box.y() + (TILE - 16) / 2), 16)
