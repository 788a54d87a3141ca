"""The outline panel: the tree, which follows the canvas and leads it."""

from __future__ import annotations

import asyncio

from PySide6.QtCore import QEvent, QItemSelection, QItemSelectionModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QPainter, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from app.domain.catalog import Catalog
from app.domain.errors import EditRefused
from app.domain.outline import Branch, outline_of
from app.domain.problems import Problem
from app.domain.renaming import renaming
from app.domain.workflow import Graph
from app.ui.canvas.graph_model import GraphChange
from app.ui.canvas.reveal import reveal
from app.ui.canvas.view import CanvasView
from app.ui.document import Document
from app.ui.outline.model import TWIG_ROLE, OutlineModel, Twig
from app.ui.prompts import show_error
from app.ui.tasks import Tasks
from app.ui.theme import font, theme, tint
from app.ui.widgets.bars import grounded
from app.ui.widgets.buttons import IconButton
from app.ui.widgets.chips import status_colour, status_look
from app.ui.widgets.empty_state import EmptyState
from app.ui.widgets.labels import Label
from app.ui.widgets.painting import draw_box, draw_icon

ROW_HEIGHT = 28
_DELAY_MS, _STATES_MS = 60, 200
_LARGE = 400
_MOST_FOLLOWED = 300
_OWN_KEYS = (Qt.Key.Key_F2, Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
Index = QModelIndex | QPersistentModelIndex


class TwigDelegate(QStyledItemDelegate):
    """Icon, name, on the right what is wrong and how it went."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, ROW_HEIGHT)

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        editor = QLineEdit(parent)
        editor.setObjectName("outline-rename")
        editor.setAccessibleName("Name")
        editor.setMaxLength(255)
        editor.setProperty("look", "tight")
        return editor

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        rect = option.rect
        editor.setGeometry(rect.x() + 24, rect.y() + 1, rect.width() - 26, rect.height() - 2)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        twig = index.data(TWIG_ROLE)
        assert isinstance(twig, Twig)
        tokens, rect = theme().tokens, QRectF(option.rect)
        painter.save()
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if option.state & QStyle.StateFlag.State_Selected:
                painter.fillRect(rect, tint(tokens.accent, 0.16))
            elif option.state & QStyle.StateFlag.State_MouseOver:
                painter.fillRect(rect, QColor(tokens.raised))
            if option.state & QStyle.StateFlag.State_HasFocus:
                draw_box(painter, rect.adjusted(0, 1, -2, -1), 6, border=tokens.accent)
            right = rect.right() - 8
            if twig.status:
                right -= 16
                look = status_look(twig.status)
                draw_icon(painter, look.icon, status_colour(tokens, twig.status), (right, rect.center().y() - 7), 14)
                right -= 6
            if twig.problems:
                right -= 16
                serious = any(problem.severity == "error" for problem in twig.problems)
                icon_name, colour = ("circle-alert", tokens.error) if serious else ("triangle-alert", tokens.warn)
                draw_icon(painter, icon_name, colour, (right, rect.center().y() - 7), 14)
                right -= 6
            left = rect.x() + 4
            is_role = twig.branch.kind == "role"
            if not is_role:
                colour = tokens.category.get(twig.category, tokens.text_third)
                draw_icon(painter, twig.icon, colour, (left, rect.center().y() - 7.5), 15)
                left += 23
            style = font("code") if is_role else font("ui")
            painter.setFont(style)
            painter.setPen(QColor(tokens.text_second if is_role else tokens.text))
            name = " ".join(twig.branch.name.split())
            shown = QFontMetricsF(style).elidedText(name, Qt.TextElideMode.ElideRight, right - left)
            painter.drawText(QRectF(left, rect.y(), right - left, rect.height()), Qt.AlignmentFlag.AlignVCenter, shown)
        finally:
            painter.restore()


class OutlineTree(QTreeView):
    """Enter shows an element and leads to its settings, F2 renames, Del deletes; all else is as in any tree."""

    def __init__(self, panel: OutlinePanel) -> None:
        super().__init__(panel)
        self._panel = panel
        self.setObjectName("outline-tree")
        self.setAccessibleName("Outline of the workflow")
        self.setHeaderHidden(True)
        self.setUniformRowHeights(True)
        self.setIndentation(16)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setExpandsOnDoubleClick(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegate(TwigDelegate(self))

    def event(self, event: QEvent) -> bool:
        # These keys are actions on the canvas; in the tree they are the tree's.
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in _OWN_KEYS:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        editing = self.state() is QAbstractItemView.State.EditingState
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not editing:
            self._panel.open_current()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and not editing:
            self._panel.delete_selected()
        elif event.key() == Qt.Key.Key_Escape and not editing:
            self._panel.leave()
        else:
            super().keyPressEvent(event)


class OutlinePanel(QWidget):
    """Follows one document and its canvas; a selection in one is a selection in the other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("outline-panel")
        self.setAccessibleName("Outline")
        self.setMinimumWidth(160)
        grounded(self, "panel", line="right")
        self._document: Document | None = None
        self._view: CanvasView | None = None
        self._is_leading = self._is_stale = False
        self._asked = 0
        self.model = OutlineModel(self)
        self.tree = OutlineTree(self)
        self.tree.setModel(self.model)
        self._tasks = Tasks(self, lambda error: show_error(self, error))
        self._delay = QTimer(self, singleShot=True, interval=_DELAY_MS)
        self._delay.timeout.connect(self._rebuild)
        self._states = QTimer(self, singleShot=True, interval=_STATES_MS)
        self._states.timeout.connect(self._show_states)
        self._lay_out()
        self.model.renamed.connect(self._rename)
        self.tree.selectionModel().selectionChanged.connect(self._on_tree_selection)
        self.tree.doubleClicked.connect(lambda _index: self.open_current())
        theme().changed.connect(self.tree.viewport().update)

    def set_document(self, document: Document | None, view: CanvasView | None) -> None:
        """Follow another document; while the panel is folded away nothing is worked out."""
        if document is self._document:
            return
        if self._document is not None and self._view is not None:
            self._document.model.changed.disconnect(self._on_changed)
            self._document.problems_changed.disconnect(self._states.start)
            self._document.run_changed.disconnect(self._states.start)
            self._view.selection_changed.disconnect(self._follow_canvas)
        self._document, self._view = document, view
        self.model.editable = document is not None and not document.is_snapshot
        if document is not None and view is not None:
            document.model.changed.connect(self._on_changed)
            document.problems_changed.connect(self._states.start)
            document.run_changed.connect(self._states.start)
            view.selection_changed.connect(self._follow_canvas)
        self._is_stale = True
        if self.isVisible():
            self._rebuild()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._is_stale:
            self._rebuild()

    def open_current(self) -> None:
        """Show the current element on the canvas, and go to its settings."""
        twig = self.model.twig(self.tree.currentIndex())
        if twig is not None and self._view is not None:
            reveal(self._view, twig.branch.id)
            self._view.activated.emit(twig.branch.id)

    def delete_selected(self) -> None:
        if self._view is not None:
            self._view.delete_selected()

    def leave(self) -> None:
        """Back to the canvas."""
        if self._view is not None:
            self._view.setFocus()

    # What is shown

    def _on_changed(self, change: GraphChange) -> None:
        if change.edit is not None and not (change.steps.count or change.groups.count or change.edges.count):
            return
        self._is_stale = True
        if self.isVisible():
            self._delay.start()

    def _rebuild(self) -> None:
        document = self._document
        self._is_stale = False
        if document is None:
            self._fill((), None)
            return
        graph, catalog = document.model.graph, document.session.catalog
        if len(graph.steps) <= _LARGE:
            self._fill(outline_of(graph, catalog), document)
        else:
            self._asked += 1
            self._tasks.start(self._rebuild_large(document, self._asked))

    async def _rebuild_large(self, document: Document, asked: int) -> None:
        graph, catalog = document.model.graph, document.session.catalog
        branches = await document.session.bridge.call(asyncio.to_thread(outline_of, graph, catalog))
        if asked == self._asked and document is self._document:
            self._fill(branches, document)

    def _fill(self, branches: tuple[Branch, ...], document: Document | None) -> None:
        folded = self._folded()
        self._is_leading = True  # a tree that is filled anew selects nothing: that is no wish
        try:
            graph, catalog = (document.model.graph, document.session.catalog) if document is not None else (Graph(), Catalog({}, {}, {}))
            self.model.show(branches, graph, catalog)
            if len(branches) <= _LARGE:
                self.tree.expandAll()
            for id in folded:
                self.tree.collapse(self.model.index_of(id))
        finally:
            self._is_leading = False
        self._nothing.setVisible(not branches)
        self.tree.setVisible(bool(branches))
        self._show_states()
        if self._view is not None:
            self._follow_canvas(self._view.selected_ids())

    def _folded(self) -> list[str]:
        """Groups that a person folded in the tree; they stay so when it is filled anew."""
        return [id for id in self.model.group_ids() if not self.tree.isExpanded(self.model.index_of(id))]

    def _show_states(self) -> None:
        document, view = self._document, self._view
        if document is None or view is None or not self.isVisible():
            return
        problems: dict[str, list[Problem]] = {}
        for problem in document.problems:
            if problem.id is not None:
                problems.setdefault(problem.id, []).append(problem)
        graph = document.model.graph
        states: dict[str, str] = {}
        if document.live is not None:
            for id in (*graph.steps, *graph.groups):
                if (state := view.overlay.state(id)) is not None:
                    states[id] = state.status
        self.model.show_states(states, problems)

    # Two ways

    def _on_tree_selection(self, _now: QItemSelection, _before: QItemSelection) -> None:
        if self._is_leading or self._view is None:
            return
        ids = [twig.branch.id for index in self.tree.selectedIndexes() if (twig := self.model.twig(index)) is not None]
        self._is_leading = True
        try:
            self._view.select(ids)
            current = self.model.twig(self.tree.currentIndex())
            if current is not None and current.branch.id in ids:
                self._view.ensure_visible(current.branch.id)
        finally:
            self._is_leading = False

    def _follow_canvas(self, ids: tuple[str, ...]) -> None:
        if self._is_leading or not self.isVisible():
            return
        self._is_leading = True
        try:
            chosen = QItemSelection()
            last = QModelIndex()
            for id in ids[:_MOST_FOLLOWED]:
                index = self.model.index_of(id)
                if index.isValid():
                    chosen.select(index, index)
                    last = index
            selection = self.tree.selectionModel()
            selection.select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)
            if last.isValid():
                selection.setCurrentIndex(last, QItemSelectionModel.SelectionFlag.NoUpdate)
                self.tree.scrollTo(last)
        finally:
            self._is_leading = False

    def _rename(self, id: str, name: str) -> None:
        document = self._document
        if document is None:
            return
        try:
            document.model.push(renaming(document.model.graph, document.session.catalog, id, name))
        except EditRefused as refusal:
            show_error(self, refusal)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(14, 10, 8, 4)
        head.addWidget(Label("OUTLINE", "section", "text_second"))
        head.addStretch(1)
        self.hide_button = IconButton("x", "Hide the outline", name="hide-outline", size=24, icon_size=14)
        head.addWidget(self.hide_button)
        self._nothing = EmptyState(name="outline-empty")
        self._nothing.say("list-tree", "There is no step yet.", "Space on the canvas adds one.")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 1, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self.tree, 1)
        layout.addWidget(self._nothing, 1)
        self._nothing.hide()
