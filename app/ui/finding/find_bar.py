"""The bar over the canvas that looks for a text in the workflow, and puts another in its place."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QListView, QSizePolicy, QVBoxLayout, QWidget

from app.domain.searching import Found, Hit, PatternInvalid, Replacement, Wanted, replacement, search
from app.ui.canvas.graph_model import GraphChange
from app.ui.canvas.reveal import reveal
from app.ui.canvas.view import CanvasView
from app.ui.document import Document
from app.ui.finding.hits import ROW_HEIGHT, HitDelegate, HitRow, HitRows, hit_row
from app.ui.prompts import show_error
from app.ui.tasks import Tasks
from app.ui.theme import theme
from app.ui.widgets.buttons import Button, IconButton, WordToggle
from app.ui.widgets.fields import SearchField
from app.ui.widgets.labels import ElidedLabel
from app.ui.widgets.notices import notices_of
from app.ui.widgets.painting import draw_box, painting
from app.ui.words import count

WIDTH, MARGIN = 420, 14
if TYPE_CHECKING:
    from app.ui.editor_page import CanvasHost

_DELAY_MS = 90
_MOST_ROWS = 6


class FindField(SearchField):
    """Enter goes to the next hit, with Shift to the one before; so do the arrows. Esc closes the bar."""

    moved = Signal(int)
    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        back = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.moved.emit(-1 if back else 1)
            case Qt.Key.Key_Down:
                self.moved.emit(1)
            case Qt.Key.Key_Up:
                self.moved.emit(-1)
            case Qt.Key.Key_Escape:
                self.left.emit()
            case _:
                super().keyPressEvent(event)


class FindBar(QWidget):
    """Looks in one document at a time; `follow` gives it the one that is shown."""

    found_changed = Signal()
    closed = Signal()

    def __init__(self, host: CanvasHost) -> None:
        super().__init__(host)
        self.setObjectName("find-bar")
        self.setAccessibleName("Find in this workflow")
        self.hide()
        self._host = host
        self._document: Document | None = None
        self._view: CanvasView | None = None
        self._asked = 0
        self.found = Found()
        self._tasks = Tasks(self, lambda error: show_error(self, error))
        self._delay = QTimer(self, singleShot=True, interval=_DELAY_MS)
        self._delay.timeout.connect(self._search)
        self.field = FindField("Find in this workflow…", name="find-text")
        self.case = WordToggle("Aa", "Match case", name="find-case")
        self.word = WordToggle("W", "Whole words", name="find-word")
        self.pattern = WordToggle(".*", "A pattern (RE2)", name="find-pattern")
        self.by = QLineEdit()
        self.rows = HitRows(self)
        self.list = QListView()
        self._lay_out()
        self.field.textChanged.connect(self._delay.start)
        for toggle in (self.case, self.word, self.pattern):
            toggle.toggled.connect(lambda _on: self._delay.start(0))
        self.field.moved.connect(self.go)
        self.field.left.connect(self.put_away)
        self.list.clicked.connect(lambda index: self._go_to(index.row()))
        host.installEventFilter(self)
        theme().changed.connect(self.update)

    @property
    def wanted(self) -> Wanted:
        return Wanted(
            self.field.text(), match_case=self.case.isChecked(), whole_word=self.word.isChecked(), pattern=self.pattern.isChecked()
        )

    @property
    def current(self) -> int:
        return self.list.currentIndex().row()

    def open(self) -> None:
        self._place()
        self.show()
        self.raise_()
        self.field.setFocus()
        self.field.selectAll()
        self._search()

    def put_away(self) -> None:
        """Close it; the canvas shows everything again and has the focus."""
        if not self.isVisible():
            return
        had_focus = self.isAncestorOf(self.focusWidget() or self)
        self.hide()
        self._shine(())
        if self._view is not None and had_focus:
            self._view.setFocus()
        self.closed.emit()

    def follow(self, document: Document | None, view: CanvasView | None) -> None:
        """Another document is shown."""
        if document is self._document:
            return
        self._shine(())
        if self._document is not None:
            self._document.model.changed.disconnect(self._on_changed)
        self._document, self._view = document, view
        if document is not None:
            document.model.changed.connect(self._on_changed)
        self._show(Found(), "")
        if self.isVisible() and document is not None:
            self._search()

    def go(self, step: int) -> None:
        """To the next hit or the one before, going round."""
        number = len(self.rows.rows)
        if self._delay.isActive():
            self._delay.stop()
            self._search()
        elif number:
            at = self.current
            self._go_to((at + step) % number if at >= 0 else (0 if step > 0 else number - 1))

    # Looking

    def _on_changed(self, _change: GraphChange) -> None:
        if self.isVisible():
            self._delay.start()

    def _search(self) -> None:
        self._asked += 1
        if self._document is not None:
            self._tasks.start(self._look(self._document, self.wanted, self._asked))

    async def _look(self, document: Document, wanted: Wanted, asked: int) -> None:
        """Beside the window: a large workflow has millions of letters."""
        graph, catalog = document.model.graph, document.session.catalog

        def work() -> tuple[Found, list[HitRow]]:
            found = search(graph, catalog, wanted)
            return found, [hit_row(hit, graph, catalog) for hit in found.hits]

        try:
            found, rows = await document.session.bridge.call(asyncio.to_thread(work))
        except PatternInvalid as error:
            found, rows = Found(), []
            if asked == self._asked:
                self._show(found, str(error), rows)
            return
        if asked == self._asked and document is self._document:
            self._show(found, "", rows)

    def _show(self, found: Found, fault: str, rows: list[HitRow] | None = None) -> None:
        old = self.rows.rows[self.current] if 0 <= self.current < len(self.rows.rows) else None
        self.found = found
        self.rows.show(rows or [])
        at = next((at for at, row in enumerate(self.rows.rows) if old and (row.id, row.place) == (old.id, old.place)), -1)
        if at >= 0:
            self.list.setCurrentIndex(self.rows.index(at))
        self.field.setProperty("faulty", bool(fault))
        self.field.style().unpolish(self.field)
        self.field.style().polish(self.field)
        if self.isVisible():
            self._shine(hit.place.id for hit in found.hits)
        self.list.setVisible(bool(self.rows.rows))
        self._follow_hits(fault)
        self._place()
        self.found_changed.emit()

    def _follow_hits(self, fault: str = "") -> None:
        number = len(self.rows.rows)
        places = f"{number:,}{'' if self.found.is_complete else ' or more'}"
        if fault:
            words = fault
        elif not self.field.text().strip():
            words = "Names, keys, settings, expressions, conditions and notes are looked at."
        elif not number:
            words = "Nothing in this workflow."
        else:
            words = f"{self.current + 1:,} of {places}" if self.current >= 0 else f"{places} {'place' if number == 1 else 'places'}"
        self._words.setText(words)
        self._words.set_colour("status.error" if fault else "text_second")
        document = self._document
        can = number > 0 and document is not None and not document.is_snapshot and not self.pattern.isChecked()
        for button in (self._replace, self._replace_all):
            button.setEnabled(can)
            button.setToolTip("A pattern is only looked for." if self.pattern.isChecked() else "")
        self._next.setEnabled(number > 0)
        self._previous.setEnabled(number > 0)

    def _go_to(self, at: int) -> None:
        self.list.setCurrentIndex(self.rows.index(at))
        self.list.scrollTo(self.rows.index(at))
        self._follow_hits()
        if self._view is not None:
            reveal(self._view, self.rows.rows[at].id)
            self._uncover(self._view, self.rows.rows[at].id)

    def _uncover(self, view: CanvasView, id: str) -> None:
        """What was found must not lie under the bar: left of it there is room, on a narrow canvas below it."""
        bar, place = QRectF(self.geometry()).translated(0, -self._host.views.y()), view.node_rect(id)
        if place.isEmpty() or not bar.intersects(place):
            return
        if bar.left() > place.width() + 2 * MARGIN:
            view.pan_by(bar.left() / 2 - place.center().x(), 0)
        else:
            view.pan_by(0, (bar.bottom() + view.height()) / 2 - place.center().y())

    def _shine(self, ids: Iterable[str]) -> None:
        if self._view is not None:
            self._view.spotlight.shine(ids)

    # Replacing

    def replace_current(self) -> None:
        if self.current < 0:
            self.go(1)
        elif self.current < len(self.found.hits):
            self._replace_in(self.current, self.current + 1)

    def replace_all(self) -> None:
        self._replace_in(0, len(self.found.hits))

    def _replace_in(self, first: int, last: int) -> None:
        document, hits = self._document, self.found.hits[first:last]
        if document is not None and not document.is_snapshot and hits:
            self._tasks.start(self._put(document, self.wanted, self.by.text(), hits))

    async def _put(self, document: Document, wanted: Wanted, by: str, hits: tuple[Hit, ...]) -> None:
        graph, catalog = document.model.graph, document.session.catalog
        done: Replacement = await document.session.bridge.call(asyncio.to_thread(replacement, graph, catalog, wanted, by, hits))
        if document.model.graph is not graph:  # changed meanwhile: what was worked out may not fit any more
            self._search()
            return
        if done.edit is not None:
            document.model.push(done.edit)
        if done.refused:
            notices_of(self).show_error(" ".join(done.refused[:3]))
        elif len(hits) > 1:
            notices_of(self).show_undo(f"{count(done.number, 'place')} replaced.", document.model.undo_stack.undo)

    # Its parts

    def _place(self) -> None:
        free = self._host.width() - self._host.covered
        width = min(WIDTH, free - 2 * MARGIN)
        rows = min(len(self.rows.rows), _MOST_ROWS, max(2, (self._host.height() - 260) // ROW_HEIGHT))
        self.list.setFixedHeight(rows * ROW_HEIGHT + 8 if rows else 0)
        layout = self.layout()
        assert layout is not None
        layout.activate()
        self.setGeometry(QRect(free - width - MARGIN, self._host.views.y() + MARGIN, width, self.sizeHint().height()))
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.put_away()
        else:
            super().keyPressEvent(event)
            event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            draw_box(painter, self.rect(), 12, fill=theme().tokens.card, border=theme().tokens.border_strong)

    def _lay_out(self) -> None:
        down = QVBoxLayout(self)
        down.setContentsMargins(10, 10, 10, 8)
        down.setSpacing(6)
        first = QHBoxLayout()
        first.setSpacing(2)
        self.unfold = IconButton("chevron-right", "Replace", name="find-unfold", size=28, icon_size=16)
        self.unfold.setCheckable(True)
        self.unfold.toggled.connect(self._show_replace)
        self._previous = IconButton("arrow-up", "The one before (Shift+F3)", name="find-previous-button", size=28, icon_size=16)
        self._next = IconButton("arrow-down", "The next one (F3)", name="find-next-button", size=28, icon_size=16)
        close = IconButton("x", "Close", name="find-close", size=28, icon_size=16)
        self._previous.clicked.connect(lambda: self.go(-1))
        self._next.clicked.connect(lambda: self.go(1))
        close.clicked.connect(self.put_away)
        first.addWidget(self.unfold)
        first.addWidget(self.field, 1)
        first.addSpacing(4)
        for widget in (self.case, self.word, self.pattern, self._previous, self._next, close):
            first.addWidget(widget)
        down.addLayout(first)
        self._second = QWidget()
        second = QHBoxLayout(self._second)
        second.setContentsMargins(30, 0, 0, 0)
        second.setSpacing(6)
        self.by.setObjectName("replace-text")
        self.by.setAccessibleName("Replace by")
        self.by.setPlaceholderText("Replace by…")
        self.by.returnPressed.connect(self.replace_current)
        self._replace = Button("Replace", name="replace-one")
        self._replace_all = Button("All", name="replace-all")
        self._replace.clicked.connect(self.replace_current)
        self._replace_all.clicked.connect(self.replace_all)
        second.addWidget(self.by, 1)
        second.addWidget(self._replace)
        second.addWidget(self._replace_all)
        self._second.hide()
        down.addWidget(self._second)
        self._words = ElidedLabel("", "second", "text_second", name="find-words")
        self._words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        down.addWidget(self._words)
        self.list.setObjectName("find-results")
        self.list.setAccessibleName("What was found")
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setModel(self.rows)
        self.list.setItemDelegate(HitDelegate(self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setUniformItemSizes(True)
        self.list.activated.connect(lambda index: self._go_to(index.row()))
        self.list.hide()
        down.addWidget(self.list)

    def _show_replace(self, shown: bool) -> None:
        self.unfold.icon_name = "chevron-down" if shown else "chevron-right"
        self.unfold.update()
        self._second.setVisible(shown)
        self._place()
        if shown:
            self.by.setFocus()
