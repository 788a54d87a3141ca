"""What differs between any two definitions: bar, canvas and panel as one widget, and as a window of its own.

ComparisonDialog(window, catalog, differences(theirs, mine), before="Theirs", after="Mine").open()
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QPaintEvent, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from app.domain.catalog import Catalog
from app.domain.difference_words import DifferenceWords
from app.domain.differences import Differences, ElementDifference, FieldDifference
from app.domain.edits import GraphEdit
from app.domain.errors import EditRefused
from app.domain.taking_back import take_back, take_back_field, take_back_place
from app.domain.workflow import Graph
from app.ui.canvas.minimap import Minimap
from app.ui.comparison.bar import ComparisonBar
from app.ui.comparison.canvas import ComparisonCanvas
from app.ui.comparison.panel import WIDTH, DifferencePanel
from app.ui.prompts import show_error
from app.ui.theme import font, theme, tint
from app.ui.widgets.buttons import Button, IconButton
from app.ui.widgets.empty_state import EmptyState
from app.ui.widgets.painting import draw_box, painting


class ComparisonView(QWidget):
    """Shows one comparison at a time. Editable, it asks to take back what the right side has changed."""

    taken_back = Signal(object)
    """A `GraphEdit` for the right side."""
    stepped_to = Signal(object)

    def __init__(self, catalog: Catalog, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("comparison")
        self.difference: Differences | None = None
        self.catalog = catalog
        self._words: DifferenceWords | None = None
        self._items: Sequence[ElementDifference] = ()
        self._at: int | None = None
        self._unframed = False
        self._fresh = False
        """The first change is shown beside the canvas, and nobody has gone to it yet."""
        self.bar = ComparisonBar()
        self.canvas = ComparisonCanvas(catalog)
        self.panel = DifferencePanel(catalog)
        self._legend = Legend(self.canvas)
        self._zoom = ZoomBar(self.canvas)
        self._minimap = Minimap(self.canvas)
        self._same = EmptyState(self.canvas, name="comparison-same")
        self._lay_out()
        self.bar.filtered.connect(self._filter)
        self.bar.stepped.connect(self.step)
        self.canvas.stepped.connect(self.step)
        self.canvas.selection_changed.connect(self._on_selected)
        self.panel.changes.chosen.connect(self._go)
        self.panel.item_asked.connect(self._take_back)
        self.panel.field_asked.connect(self._take_field_back)
        self.panel.place_asked.connect(self._take_place_back)

    def add_keys(self, owner: QWidget) -> None:
        """F7 and Shift+F7 go through the changes while the focus is anywhere in `owner`."""
        for keys, by in (("F7", 1), ("Shift+F7", -1)):
            shortcut = QShortcut(QKeySequence(keys), owner)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda by=by: self.step(by))

    def show_difference(
        self, difference: Differences, *, before: str, after: str, editable: bool = False, keep_place: bool = False
    ) -> None:
        """Show what leads from one to the other. With `keep_place` eye and chosen change stay, as after one was taken back."""
        chosen = self.current.id if self.current is not None else None
        row = self._at
        self.difference = difference
        self._words = DifferenceWords(difference, self.catalog)
        self._before, self._after = before, after
        self.bar.show_titles(before, after)
        self.bar.show_counts(difference.counts)
        self.panel.set_editable(editable)
        self.canvas.show_difference(difference, self._words, keep_place=keep_place)
        self._at = None
        self._filter()
        if keep_place and self._items:
            again = next((at for at, item in enumerate(self._items) if item.id == chosen), None)
            self._choose(again if again is not None else min(row or 0, len(self._items) - 1))
        elif not keep_place:
            self._unframed = self._fresh = True
            if self._items:
                self._choose(0)
            QTimer.singleShot(0, self, self._frame)
        self._same.say("circle-check", "Nothing differs.", f"{before} and {after} are the same.")
        self._same.setVisible(not difference)
        self._place()

    @property
    def current(self) -> ElementDifference | None:
        """The change that is shown in detail."""
        return self._items[self._at] if self._at is not None else None

    @property
    def items(self) -> Sequence[ElementDifference]:
        """What the list shows, as the filters leave it."""
        return self._items

    def step(self, by: int) -> None:
        """Go to the next change, or with -1 the one before; what only moved is passed over unless nothing else is shown."""
        stops = [at for at, item in enumerate(self._items) if item.verdict != "moved"] or list(range(len(self._items)))
        if not stops:
            return
        fresh, self._fresh = self._fresh, False
        if fresh and by > 0 and self._at in stops:
            self._go(self._at)
            return
        if self._at is None:
            self._go(stops[0] if by > 0 else stops[-1])
            return
        ahead = [at for at in stops if (at > self._at if by > 0 else at < self._at)]
        self._go((ahead[0] if by > 0 else ahead[-1]) if ahead else (stops[0] if by > 0 else stops[-1]))

    def _filter(self) -> None:
        if self.difference is None or self._words is None:
            return
        verdicts = self.bar.verdicts
        chosen = self.current
        self._items = [item for item in self.difference.items if item.verdict in verdicts]
        self._at = self._items.index(chosen) if chosen is not None and chosen in self._items else None
        self.panel.show_list(self._items, self._words, since=self._before)
        self.canvas.show_verdicts(verdicts)
        self._choose(self._at)

    def _go(self, at: int) -> None:
        self._fresh = False
        if 0 <= at < len(self._items):
            self._choose(at)
            self.canvas.go_to(self._items[at].id)

    def _choose(self, at: int | None) -> None:
        self._at = at
        self.bar.show_where(at, len(self._items))
        self.panel.show_item(self.current)
        if at is not None:
            self.panel.changes.show_row(at)
        self.stepped_to.emit(self.current)

    def _on_selected(self, ids: tuple[str, ...]) -> None:
        """What was clicked on the canvas is chosen, if it differs."""
        if len(ids) == 1 and (self.current is None or self.current.id != ids[0]):
            at = next((at for at, item in enumerate(self._items) if item.id == ids[0]), None)
            if at is not None:
                self._choose(at)

    # Taking back

    def _take_back(self, item: ElementDifference) -> None:
        difference, words = self.difference, self._words
        if difference is not None and words is not None:
            self._ask(lambda graph: take_back(graph, difference, item, words.title(item)))

    def _take_place_back(self, item: ElementDifference) -> None:
        if (difference := self.difference) is not None:
            self._ask(lambda graph: take_back_place(graph, difference, item))

    def _take_field_back(self, item: ElementDifference, field: FieldDifference) -> None:
        words = self._words
        if words is not None:
            self._ask(lambda graph: take_back_field(graph, item, field, words.field_title(item, field)))

    def _ask(self, made: Callable[[Graph], GraphEdit]) -> None:
        assert self.difference is not None
        try:
            edit = made(self.difference.after.graph)
        except EditRefused as refusal:
            show_error(self, refusal)
            return
        self.taken_back.emit(edit)

    # Layout

    def _lay_out(self) -> None:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self.canvas, 1)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setObjectName("comparison-splitter")
        split.setChildrenCollapsible(False)
        split.setHandleWidth(1)
        split.addWidget(left)
        split.addWidget(self.panel)
        split.setStretchFactor(0, 1)
        split.setStretchFactor(1, 0)
        split.setSizes([900, WIDTH])
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(split)
        self.canvas.camera_changed.connect(self._place)

    def _frame(self) -> None:
        if self._unframed and self.canvas.isVisible() and self.canvas.width() > 100:
            self._unframed = False
            self.canvas.frame_all(next((item.id for item in self._items if item.id), ""))

    def _place(self) -> None:
        self._legend.move(14, 12)
        self._zoom.adjustSize()
        self._zoom.move(14, self.canvas.height() - self._zoom.height() - 14)
        self._same.adjustSize()
        self._same.move((self.canvas.width() - self._same.width()) // 2, max(60, self.canvas.height() // 5))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._place()
        QTimer.singleShot(0, self, self._frame)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()


class Legend(QWidget):
    """What the four looks on the canvas mean."""

    _PARTS = (("added", "ok", False), ("removed", "error", True), ("changed", "warn", False), ("moved from", "text_third", True))

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("comparison-legend")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName("Added, removed, changed, moved from")
        self.setFixedSize(QSize(400, 22))
        theme().changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            painter.setFont(font("second"))
            x = 0
            for word, tone, dashed in self._PARTS:
                colour = getattr(tokens, tone)
                draw_box(painter, QRectF(x, 5, 20, 12), 4, fill=None if dashed else tint(colour, 0.14), border=colour, dashed=dashed)
                painter.setPen(tokens.text_second)
                painter.drawText(x + 27, 15, word)
                x += 27 + painter.fontMetrics().horizontalAdvance(word) + 16


class ZoomBar(QWidget):
    """Zoom out, how large it is, zoom in, all."""

    def __init__(self, canvas: ComparisonCanvas) -> None:
        super().__init__(canvas)
        self.setObjectName("comparison-zoom")
        self.setFixedHeight(40)
        self._canvas = canvas
        layout = QHBoxLayout(self)
        layout.setContentsMargins(5, 0, 5, 0)
        layout.setSpacing(2)
        out = IconButton("minus", "Zoom out", name="comparison-zoom-out", size=30, icon_size=16)
        self._scale = Button("100 %", "quiet", name="comparison-zoom-100")
        self._scale.setFixedWidth(60)
        into = IconButton("plus", "Zoom in", name="comparison-zoom-in", size=30, icon_size=16)
        fit = IconButton("maximize", "Zoom to fit", name="comparison-zoom-fit", size=30, icon_size=16)
        out.clicked.connect(canvas.zoom_out)
        into.clicked.connect(canvas.zoom_in)
        self._scale.clicked.connect(lambda: canvas.set_zoom(1.0))
        fit.clicked.connect(canvas.zoom_to_fit)
        for widget in (out, self._scale, into, fit):
            layout.addWidget(widget)
        canvas.zoom_changed.connect(self._show)

    def _show(self, zoom: float) -> None:
        self._scale.setText(f"{round(zoom * 100)} %")
        self._scale.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme().tokens
        with painting(self) as painter:
            draw_box(painter, self.rect(), 12, fill=tokens.panel, border=tokens.border)


class ComparisonDialog(QDialog):
    """A comparison over its window, to look at; Esc closes it."""

    def __init__(self, parent: QWidget, catalog: Catalog, difference: Differences, *, before: str, after: str, title: str = "") -> None:
        super().__init__(parent.window())
        self.setObjectName("comparison-dialog")
        self.setWindowTitle(title or f"{before} → {after}")
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.view = ComparisonView(catalog)
        self.view.add_keys(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view)
        around = parent.window().size()
        self.resize(max(760, around.width() - 120), max(480, around.height() - 100))
        self.view.show_difference(difference, before=before, after=after)
        self.view.panel.changes.setFocus()
        self.finished.connect(self.deleteLater)
