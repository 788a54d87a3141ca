"""The Data tab under the canvas: what comes before the selected step, to look at and to drag from; else what the run gave."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QSplitter,
    QStackedWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.domain.data_scope import Source
from app.ui.inspector.context import FieldContext
from app.ui.inspector.data_tree import DataNode, DataTree, Index
from app.ui.inspector.looks import look_of
from app.ui.theme import font, theme
from app.ui.widgets.empty_state import EmptyState
from app.ui.widgets.fields import SearchField
from app.ui.widgets.json_view import JsonView
from app.ui.widgets.labels import ElidedLabel
from app.ui.widgets.painting import draw_icon, set_state
from app.ui.widgets.switch import Segments

_SOURCE_ROLE = Qt.ItemDataRole.UserRole + 1
_ICON_ROLE = Qt.ItemDataRole.UserRole + 2


class DataPage(QWidget):
    """Sources on the left, the picked one on the right as a tree, a table or raw."""

    refreshed = Signal()
    """There are sources now, or none any more."""

    def __init__(self, context: FieldContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.output = JsonView(name="run-data")
        self._title = ElidedLabel("", "caption", "text_second", name="data-title")
        self.sources = QListWidget()
        self.sources.setObjectName("data-sources")
        self.sources.setAccessibleName("What comes before this step")
        self.sources.setItemDelegate(SourceDelegate(self.sources))
        self.sources.currentItemChanged.connect(lambda _now, _before: self._show_source())
        self.tree = DataTree(name="data-tree")
        self.tree.setColumnWidth(0, 260)
        self.tree.setColumnWidth(1, 90)
        self.view = JsonView(name="data-view")
        self._nothing = EmptyState(name="no-data")
        self._form = Segments((("tree", "Tree"), ("table", "Table"), ("raw", "Raw")), name="data-form", label="Data as")
        self._form.chosen.connect(lambda _form: self._show_source())
        self.search = SearchField("Find a key…", name="data-search")
        self.search.setFixedWidth(180)
        self.search.textChanged.connect(self._find)
        self._pages = QStackedWidget()
        for page in (self.tree, self.view, self._nothing):
            self._pages.addWidget(page)
        self._whole = QStackedWidget()
        self._whole.addWidget(self.output)
        self._whole.addWidget(self._laid_out())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 4, 12, 6)
        layout.addWidget(self._whole)
        self._source: Source | None = None
        self.has_sources = False
        context.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Follow the scope; the source that was picked stays picked while it is there."""
        scope, document = self._context.scope, self._context.document
        sources = [source for source in scope.sources if source.id or source.known.kind]
        self.has_sources = bool(sources and self._context.element_id)
        self._whole.setCurrentIndex(1 if self.has_sources else 0)
        self.refreshed.emit()
        if not sources or document is None:
            return
        graph, catalog = document.model.graph, document.session.catalog
        element = graph.element(self._context.element_id)
        self._title.setText(f"Upstream of {getattr(element, 'name', 'this connection')}")
        picked = self._source.path if self._source is not None else ""
        self.sources.blockSignals(True)
        self.sources.clear()
        for source in sources:
            item = QListWidgetItem(source.title)
            node = graph.element(source.id) if source.id else None
            item.setData(_SOURCE_ROLE, source)
            item.setData(_ICON_ROLE, look_of(node, catalog, otherwise=("log-in", "trigger")))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{source.title}, {_state(source)}")
            self.sources.addItem(item)
        at = next((at for at, source in enumerate(sources) if source.path == picked), 0)
        self.sources.setCurrentRow(at)
        self.sources.blockSignals(False)
        self._show_source()

    def _show_source(self) -> None:
        item = self.sources.currentItem()
        source: Source | None = item.data(_SOURCE_ROLE) if item is not None else None
        self._source = source
        if source is None:
            return
        if source.known.kind == "" and not source.known.has_value:
            self._nothing.say("circle-dashed", f"{source.title} has not run yet.", "Run the workflow, or pin an output.")
            self._pages.setCurrentWidget(self._nothing)
        elif self._form.current == "tree" or not source.known.has_value:
            top = DataNode(source.path.rsplit(".", 1)[-1], source.path, source.known)
            self.tree.show_nodes([top])
            self.tree.expand(self.tree.values.index(0, 0))
            self._pages.setCurrentWidget(self.tree)
        else:
            self.view.set_value(source.known.value, root=source.path)
            self.view.choose_form(self._form.current)
            self._pages.setCurrentWidget(self.view)

    def _find(self, text: str) -> None:
        self._form.set_current("tree")
        self._show_source()
        set_state(self.search, "faulty", not self.tree.find_key(text))

    def _laid_out(self) -> QSplitter:
        left, right = QWidget(), QWidget()
        left_layout = QVBoxLayout(left)
        left_layout.setContentsMargins(0, 2, 6, 0)
        left_layout.setSpacing(4)
        left_layout.addWidget(self._title)
        left_layout.addWidget(self.sources)
        right_layout = QVBoxLayout(right)
        right_layout.setContentsMargins(8, 0, 0, 0)
        right_layout.setSpacing(4)
        bar = QHBoxLayout()
        bar.setSpacing(8)
        bar.addWidget(self._form)
        bar.addStretch(1)
        bar.addWidget(self.search)
        right_layout.addLayout(bar)
        right_layout.addWidget(self._pages, 1)
        across = QSplitter(Qt.Orientation.Horizontal)
        across.addWidget(left)
        across.addWidget(right)
        across.setSizes([220, 780])
        across.setStretchFactor(1, 1)
        across.setChildrenCollapsible(False)
        return across


class SourceDelegate(QStyledItemDelegate):
    """Icon, title, and on the right how the step went; what has no data is quiet."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, 28)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens = theme().tokens
        source: Source = index.data(_SOURCE_ROLE)
        icon, category = index.data(_ICON_ROLE)
        rect = QRectF(option.rect)
        painter.save()
        try:
            if option.state & QStyle.StateFlag.State_Selected:
                painter.fillRect(rect, QColor(tokens.raised))
            has_data = source.origin in {"run", "pinned"}
            draw_icon(painter, icon, tokens.category.get(category, tokens.accent), (rect.x() + 6, rect.y() + 7), 14)
            state = _state(source)
            painter.setFont(font("caption"))
            painter.setPen(QColor(tokens.text_second))
            width = QFontMetrics(font("caption")).horizontalAdvance(state)
            flags = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
            painter.drawText(QRectF(rect.right() - width - 10, rect.y(), width + 4, rect.height()), flags, state)
            painter.setFont(font("ui"))
            painter.setPen(QColor(tokens.text if has_data else tokens.text_second))
            room = int(rect.width() - width - 48)
            title = QFontMetrics(font("ui")).elidedText(source.title, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QRectF(rect.x() + 28, rect.y(), room + 4, rect.height()), Qt.AlignmentFlag.AlignVCenter, title)
        finally:
            painter.restore()


def _state(source: Source) -> str:
    """`pinned`, `schema`, `skipped`; nothing for data of the run."""
    if source.origin == "run":
        return ""
    return source.origin or source.note.rpartition(" · ")[2]
