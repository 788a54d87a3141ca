"""The inspector: header, tabs, and for what is selected its form, its notes, and what its last run took and gave."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QScrollArea, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from app.domain.edits import GraphEdit, Rename
from app.domain.errors import EditRefused
from app.domain.renaming import renaming
from app.domain.workflow import BlockGroup, Note, Step
from app.ui.actions import Actions
from app.ui.canvas.graph_model import GraphChange
from app.ui.document import Document
from app.ui.inspector.configure import ConfigurePage
from app.ui.inspector.context import FieldContext
from app.ui.inspector.fields import Field
from app.ui.inspector.header import Element, Header
from app.ui.inspector.last_run import LastRun, Part
from app.ui.inspector.multi_page import MultiPage
from app.ui.inspector.notes import NotesPage
from app.ui.inspector.results import Results
from app.ui.inspector.tab_order import neighbour
from app.ui.inspector.workflow_page import WorkflowPage
from app.ui.prompts import show_error
from app.ui.widgets.bars import grounded

WIDTH, WIDEST = 324, 560
_TABS = ("Configure", "Input", "Output", "Error", "Notes")
_PARTS: dict[str, Part] = {"Input": "input", "Output": "output", "Error": "error"}


class InspectorPanel(QWidget):
    """Follows one document and its selection."""

    left = Signal()
    """Esc: the canvas may have the focus again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspector")
        self.setAccessibleName("Inspector")
        self.setMinimumWidth(280)
        self.setMaximumWidth(WIDEST)
        grounded(self, "panel", line="left")
        self._document: Document | None = None
        self._ids: tuple[str, ...] = ()
        self.header = Header()
        self.tabs = QTabBar()
        self.tabs.setObjectName("inspector-tabs")
        self.tabs.setAccessibleName("Inspector tabs")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(False)
        for name in _TABS:
            self.tabs.addTab(name)
        self.context = FieldContext(self)
        self.configure = ConfigurePage(self.context)
        self.last_run = LastRun(self)
        self.results = Results(self.last_run)
        self.notes = NotesPage()
        self.overview = WorkflowPage(self.context)
        self.several = MultiPage(self.context)
        self._pages = QStackedWidget()
        self._scroll = _scrolled(self.configure)
        self._workflow_scroll, self._several_scroll = _scrolled(self.overview), _scrolled(self.several)
        for page in (self._scroll, self.results, self.notes, self._workflow_scroll, self._several_scroll):
            self._pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        tab_row = QHBoxLayout()
        tab_row.setContentsMargins(7, 0, 0, 0)
        tab_row.addWidget(self.tabs)
        layout.addLayout(tab_row)
        layout.addWidget(self._pages, 1)
        self.tabs.currentChanged.connect(lambda _at: self._show_page())
        self.configure.edited.connect(self._push)
        self.notes.edited.connect(self._push)
        self.overview.edited.connect(self._push)
        self.several.edited.connect(self._push)
        self.context.attended.connect(self._bring_into_view)
        self.context.large_asked.connect(self._open_large)
        self.context.edit_asked.connect(lambda edit: self._push(edit, ""))
        self.last_run.picked.connect(lambda: self._follow_data(self.last_run.element_id))
        self.prepare: Callable[[GraphEdit], GraphEdit] = lambda edit: edit
        """What must follow an edit on the canvas, with it; set by whoever knows the canvas."""
        self.refresh()

    def set_actions(self, actions: Actions) -> None:
        """The actions of the window, of which some are about the field with the caret."""
        self.context.actions = actions
        actions.install("field", self)
        actions.bind("large-editor", lambda: self.context.open_large(self.context.last_field))
        actions.bind("complete-expression", self.context.complete_last)

    def set_document(self, document: Document | None) -> None:
        if self._document is not None:
            self._document.model.changed.disconnect(self._on_changed)
            self._document.run_changed.disconnect(self._show_results)
            self._document.problems_changed.disconnect(self._show_faults)
            self._document.changed.disconnect(self._show_overview)
        self._document = document
        self.context.attach(document)
        self._ids = ()
        if document is not None:
            document.model.changed.connect(self._on_changed)
            document.run_changed.connect(self._show_results)
            document.problems_changed.connect(self._show_faults)
            document.changed.connect(self._show_overview)
        self.refresh()

    def show_selection(self, ids: Sequence[str]) -> None:
        if tuple(ids) != self._ids:
            self._ids = tuple(ids)
            self.refresh()

    @property
    def element(self) -> Element | None:
        """What is selected, when it is one thing."""
        if self._document is None or len(self._ids) != 1:
            return None
        return self._document.model.graph.element(self._ids[0])

    def show_tab(self, name: str) -> None:
        self.tabs.setCurrentIndex(_TABS.index(name))

    def focus_first_field(self) -> None:
        """Where typing begins: the first field of what is selected, or the workflow's name."""
        self.show_tab("Configure")
        if self.element is not None:
            self.configure.focus_first()
        elif len(self._ids) < 2:
            self.overview.focus_first()

    def focus_field(self, place: str) -> None:
        """Into the field that a problem of what is shown is about, by its JSON Pointer."""
        self.show_tab("Configure")
        if self.element is not None:
            self.configure.focus_field(place)
        else:
            self.overview.focus_field(place)

    def focusNextPrevChild(self, next: bool) -> bool:
        """Tab goes through the page from top to bottom, then out."""
        shown = self._pages.currentWidget()
        area = shown if isinstance(shown, QScrollArea) else None
        page = area.widget() if area is not None else shown
        current = QApplication.focusWidget()
        inside = page is not None and current is not None and self.isAncestorOf(current)
        target = neighbour(self, page, current, forward=next) if inside and page is not None and current is not None else None
        if target is None:
            return super().focusNextPrevChild(next)
        target.setFocus(Qt.FocusReason.TabFocusReason if next else Qt.FocusReason.BacktabFocusReason)
        if area is not None and page is not None and page.isAncestorOf(target):
            area.ensureWidgetVisible(target, 0, 24)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """What no field has taken: Esc leaves for the canvas."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def refresh(self) -> None:
        """Show the selection as the graph has it now."""
        element, document = self.element, self._document
        self.setEnabled(document is not None)
        self.header.show_element(element, document, selected=len(self._ids))
        has_results = isinstance(element, Step | BlockGroup)
        self.tabs.setVisible(element is not None)
        if not has_results:
            self.show_tab("Configure")
        for at in range(1, len(_TABS)):
            self.tabs.setTabVisible(at, has_results)
        self.tabs.updateGeometry()
        if document is None or element is None:
            self.context.follow_nothing()
            self._show_overview()
            return
        if isinstance(element, Note):
            self.context.follow_nothing()
        else:
            self._follow_data(element.id)
        self.configure.show_element(element, document)
        self.notes.show_element(element, document)
        self._show_faults()
        self._show_results()
        self._show_page()

    def _show_page(self) -> None:
        if self.element is None:
            return
        name = _TABS[self.tabs.currentIndex()]
        if name in _PARTS:
            self._pages.setCurrentWidget(self.results)
            self.results.show_part(_PARTS[name])
        else:
            self._pages.setCurrentWidget(self._scroll if name == "Configure" else self.notes)

    def _show_results(self) -> None:
        element, document = self.element, self._document
        if element is not None and not isinstance(element, Note):
            self._follow_data(element.id)
        if document is not None and isinstance(element, Step | BlockGroup):
            is_group, graph = isinstance(element, BlockGroup), document.model.graph
            self.last_run.follow(document.live, element.id, is_group=is_group, key=element.key, graph=graph)
        else:
            self._show_overview()

    def _follow_data(self, id: str) -> None:
        """What comes before is that of the turn that was picked."""
        self.context.follow(id, at=self.last_run.picked_path if id == self.last_run.element_id else "")

    def _show_faults(self) -> None:
        element, document = self.element, self._document
        if document is not None and element is not None:
            self.configure.show_problems([problem for problem in document.problems if problem.id == element.id])
        else:
            self._show_overview()

    def _show_overview(self) -> None:
        if self.element is not None:
            return
        if self._document is not None and len(self._ids) > 1:
            self.several.show_selection(self._ids, self._document)
            self._pages.setCurrentWidget(self._several_scroll)
        else:
            self.overview.show_document(self._document)
            self._pages.setCurrentWidget(self._workflow_scroll)

    def _on_changed(self, change: GraphChange) -> None:
        if change.count or change.details:
            self.context.note_edit(change)
            self.refresh()

    def _bring_into_view(self, field: QWidget) -> None:
        """Field and preview together, once the preview has its height."""
        QTimer.singleShot(0, field, lambda: self._scroll.ensureWidgetVisible(field, 0, 12))

    def _open_large(self, field: Field | None) -> None:
        from app.ui.inspector.large_editor import LargeEditor

        if field is not None and field.editor is not None:
            LargeEditor(self, field, self.context).open()

    def _push(self, edit: GraphEdit, merge_key: str) -> None:
        if self._document is None:
            return
        roomy = self.prepare(edit)
        edit, merge_key = roomy, merge_key if roomy is edit else ""
        try:
            if isinstance(edit, Rename):
                edit = renaming(self._document.model.graph, self._document.session.catalog, edit.id, edit.name)
            self._document.model.push(edit, merge_key=merge_key)
        except EditRefused as refusal:
            show_error(self, refusal)
            self.refresh()


def _scrolled(page: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(page)
    return area
