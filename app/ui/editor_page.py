"""The editor: a tab per open workflow, palette, canvas, inspector and bottom panel, which come back as they were left."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from app.domain.json_value import Json
from app.domain.problems import Problem
from app.ui.actions import Actions
from app.ui.bottom_panel import BottomPanel
from app.ui.canvas.minimap import EDGE as MINIMAP_EDGE
from app.ui.canvas.minimap import SIZE as MINIMAP_SIZE
from app.ui.canvas.minimap import Minimap
from app.ui.canvas.palette import PalettePanel
from app.ui.canvas.toolbar import CanvasToolbar
from app.ui.canvas.view import CanvasView
from app.ui.canvas_work import CanvasWork
from app.ui.document import Document
from app.ui.editor_bar import EditorBar
from app.ui.editor_tabs import EditorTabs
from app.ui.first_look import look_first
from app.ui.inspector.panel import InspectorPanel
from app.ui.outline.panel import OutlinePanel
from app.ui.panels import Coverable, Panels
from app.ui.preferences import Preferences
from app.ui.prompts import show_error
from app.ui.run_bar import RunBar
from app.ui.run_overlay import sample_of, states_of
from app.ui.selection_actions import SelectionActions
from app.ui.selection_bar import SelectionBar
from app.ui.session import Session
from app.ui.tab_memory import TabMemory
from app.ui.widgets.bars import grounded
from app.ui.widgets.empty_state import EmptyState
from app.ui.widgets.focus_ring import FocusRing
from app.ui.widgets.notices import notices_of

_ZOOM_STEP = 1.25


class CanvasHost(Coverable):
    """A canvas with what floats over it: the run bar top left, the toolbar in the middle of the foot."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("canvas-host")
        grounded(self, "canvas")
        self.setMinimumSize(240, 160)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.banners = QVBoxLayout()
        """What is to be read before the canvas is worked on: publishing, recovery, a conflict."""
        layout.addLayout(self.banners)
        self.views = QStackedWidget()
        layout.addWidget(self.views, 1)
        self.run_bar = RunBar(actions, self)
        self.toolbar = CanvasToolbar(actions, self)
        self.run_bar.installEventFilter(self)
        self.views.installEventFilter(self)
        self.covered = 0
        """So many px at its right lie under the inspector."""

    def cover(self, right: int) -> None:
        if right != self.covered:
            self.covered = right
            self._place()

    def resizeEvent(self, event: QEvent) -> None:
        self._place()

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self._place()
        return False

    def _place(self) -> None:
        self.run_bar.move(QPoint(16, self.views.y() + 14))
        self.run_bar.raise_()
        self.toolbar.adjustSize()
        # In the middle, as far as the overview in the corner leaves it; where it leaves none, the overview stands above.
        free = self.width() - self.covered
        room = free - (MINIMAP_SIZE.width() + 2 * MINIMAP_EDGE if not self.covered else 8) - self.toolbar.width()
        middle = (free - self.toolbar.width()) // 2
        self.toolbar.move(max(8, min(middle, room)), self.height() - self.toolbar.height() - 14)
        self.toolbar.raise_()
        for overview in self.views.findChildren(Minimap):
            overview.lift(self.toolbar.height() + 8 if room < 8 else 0)


class EditorPage(QWidget):
    """Holds the open documents and shows one of them."""

    back = Signal()
    current_changed = Signal()
    """Another document is shown, or it has changed."""
    selected = Signal()
    """Something else is selected in the document that is shown."""

    def __init__(self, actions: Actions, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("editor-page")
        grounded(self, "window")
        self._actions, self._preferences = actions, preferences
        self.documents: list[Document] = []
        self._views: dict[Document, CanvasView] = {}
        self._unframed: set[CanvasView] = set()
        self._covers: dict[Document, QWidget] = {}
        self.openers: list[Callable[[str], bool]] = []
        """What a double click on an element may open; each says whether it did."""
        self.current: Document | None = None
        self.memory = TabMemory(preferences)
        self.tabs = EditorTabs(actions)
        self.bar = EditorBar(actions)
        self.palette_panel = PalettePanel()
        self.outline = OutlinePanel()
        self.outline.hide_button.clicked.connect(lambda: actions["toggle-outline"].setChecked(False))
        self.host = CanvasHost(actions)
        self.inspector = InspectorPanel()
        self.bottom = BottomPanel(actions, self.inspector, preferences)
        self._nothing = EmptyState(name="no-workflow")
        self._nothing.say(
            "pencil-ruler", "No workflow is open.", "Open one from the list, or make a new one.", button="Workflows", do=self.back.emit
        )
        self._lay_out()
        self._connect()
        self.canvas_work = CanvasWork(self, actions, preferences)
        self.selection_actions = SelectionActions(self, actions)
        self._show_current()

    def attach(self, session: Session) -> None:
        self.palette_panel.set_catalog(session.catalog)

    def add(self, document: Document, *, behind: bool = False) -> None:
        """Open a document in a tab of its own and show it; `behind`: what is shown now stays."""
        document.setParent(self)
        view = CanvasView()
        view.set_catalog(document.session.catalog)
        view.set_model(document.model)
        view.set_editable(not document.is_snapshot)
        self.canvas_work.attach(view, document)
        self.selection_actions.attach(view, document)
        SelectionBar(view, self._actions)
        FocusRing(view)
        self._unframed.add(view)
        self._views[document] = view
        self.documents.append(document)
        self.host.views.addWidget(view)
        view.selection_changed.connect(self._on_selection)
        view.refused.connect(lambda sentence: notices_of(self).show_error(sentence))
        view.told.connect(lambda sentence: notices_of(self).show_done(sentence))
        document.model.refused.connect(lambda sentence: notices_of(self).show_error(sentence))
        view.adding.sample_of = lambda id: sample_of(document.live.rows, id) if document.live is not None else None
        view.activated.connect(self._on_activated)
        document.model.undo_stack.indexChanged.connect(lambda _index: self._follow_undo())
        document.changed.connect(lambda: self._on_document(document))
        document.run_changed.connect(lambda: self._on_run(document))
        document.failed.connect(lambda error: show_error(self, error))
        self.tabs.add(document)
        if not behind or self.current is None:
            self.show_document(document)

    def cover(self, document: Document, page: QWidget | None) -> None:
        """Show a page in place of a document's canvas and panels; None shows those again."""
        old = self._covers.pop(document, None)
        if page is old:
            return
        if page is not None:
            self._covers[document] = page
            self._content.addWidget(page)
        if document is self.current:
            self._show_current()
        if old is not None:
            self._content.removeWidget(old)
            old.hide()
            old.deleteLater()

    @property
    def shown_page(self) -> QWidget:
        """What lies under the bar: the panels with the canvas, or what covers them."""
        return self._content.currentWidget() or self.panels

    def document_where(self, matches: Callable[[Document], bool]) -> Document | None:
        return next((document for document in self.documents if matches(document)), None)

    def show_document(self, document: Document) -> None:
        self.tabs.choose(document)
        if self.current is not document:
            self.current = document
            self._show_current()

    def remove(self, document: Document) -> None:
        """Take a document's tab away. What it had to save is saved before by whoever asks for this."""
        document.close()
        self.cover(document, None)
        view = self._views[document]
        self._note_place(document)
        self.memory.note_closed(document, self.tabs.documents.index(document))
        self.documents.remove(document)
        self.tabs.remove(document)
        del self._views[document]
        self._unframed.discard(view)
        if self.current is document:
            self.current = None
            if (last := self.tabs.last_used.latest) is not None:
                self.show_document(last)
            else:
                self._show_current()
        self.host.views.removeWidget(view)
        view.deleteLater()
        document.deleteLater()

    @property
    def view(self) -> CanvasView | None:
        """The canvas that is shown; None while nothing is open, or a page stands in its place: no action may reach behind it."""
        return self._views[self.current] if self.current is not None and self.current not in self._covers else None

    def select(self, element_id: str) -> None:
        """Select one element on the canvas, and with it everywhere."""
        if self.view is not None:
            self.view.select((element_id,))
            self.view.ensure_visible(element_id)

    def remembered_input(self, document: Document) -> Json:
        """What the workflow was last run with from here; before its first run, the example that its input schema gives."""
        from app.domain.json_value import JsonRejected, loads

        text = self._preferences.text(f"input/{document.workflow_id}")
        try:
            return loads(text) if text else document.definition.example_input
        except JsonRejected:
            return None

    def remember_input(self, document: Document, input: Json) -> None:
        from app.domain.json_value import dumps

        self._preferences.set(f"input/{document.workflow_id}", dumps(input))

    def keep_tabs(self) -> None:
        """Remember which are open, in which order, and what is looked at in each."""
        for document in self.documents:
            self._note_place(document)
        self.memory.keep_open(self.tabs.documents, self.current)

    def _note_place(self, document: Document) -> None:
        view = self._views[document]
        self.memory.note_place(document, view, was_seen=view not in self._unframed)

    def keep_layout(self) -> None:
        self.panels.keep()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.view is not None:
            self.view.setFocus()
        QTimer.singleShot(0, self, self._frame)

    def _frame(self) -> None:
        """A workflow is looked at as it was left, or from its start."""
        view, document = self.view, self.current
        if view is None or document is None or view not in self._unframed or not view.isVisible():
            return
        self._unframed.discard(view)
        if not self.memory.look_as_left(document, view):
            look_first(view)

    def _lay_out(self) -> None:
        self.panels = Panels(
            self._actions,
            self._preferences,
            palette=self.palette_panel,
            outline=self.outline,
            host=self.host,
            inspector=self.inspector,
            bottom=self.bottom,
        )
        self._content = QStackedWidget()
        self._content.addWidget(self.panels)
        self._content.addWidget(self._nothing)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.tabs)
        layout.addWidget(self.bar)
        layout.addWidget(self._content, 1)

    def _connect(self) -> None:
        actions = self._actions
        actions.install("editor", self)
        self.tabs.chosen.connect(self.show_document)
        self.bar.back.connect(self.back)
        self.palette_panel.chosen.connect(lambda entry: self.view.add_entry(entry) if self.view is not None else None)
        self.inspector.set_actions(actions)
        self.inspector.left.connect(lambda: self.view.setFocus() if self.view is not None else None)
        self.bottom.element_chosen.connect(self.select)
        self.bottom.problem_opened.connect(self._show_problem)
        actions.bind("zoom-in", lambda: self._zoom_by(_ZOOM_STEP))
        actions.bind("zoom-out", lambda: self._zoom_by(1 / _ZOOM_STEP))
        actions.bind("zoom-100", lambda: self.view.set_zoom(1.0) if self.view is not None else None)
        actions.bind("zoom-fit", lambda: self.view.zoom_to_fit() if self.view is not None else None)
        actions.bind("undo", lambda: self.current.model.undo_stack.undo() if self.current is not None else None)
        actions.bind("redo", lambda: self.current.model.undo_stack.redo() if self.current is not None else None)
        actions.bind("leave-run", self._leave_run)

    def _show_current(self) -> None:
        document, view = self.current, self.view
        self.tabs.setVisible(bool(self.documents))
        self.bar.setVisible(document is not None)
        self._content.setCurrentWidget(self._nothing if document is None else self._covers.get(document, self.panels))
        self._nothing.setVisible(document is None)
        self.inspector.set_document(document)
        self.bottom.set_document(document)
        self.outline.set_document(document, view)
        self.host.toolbar.set_view(view)
        if document is not None and view is not None:
            self.host.views.setCurrentWidget(view)
            self._on_selection(view.selected_ids())
            self._on_run(document, anew=True)
            if self.isVisible():
                view.setFocus()
                QTimer.singleShot(0, self, self._frame)
        self._follow_undo()
        self._on_document(document)

    def _follow_undo(self) -> None:
        """Undo and redo are on when the shown document has something to undo, and say what."""
        undo, redo = self._actions["undo"], self._actions["redo"]
        if self.current is None:
            for name in ("undo", "redo"):
                self._actions.enable(name, False, "No workflow is open.")
            return
        stack = self.current.model.undo_stack
        self._actions.enable("undo", stack.canUndo(), "There is nothing to undo.")
        self._actions.enable("redo", stack.canRedo(), "There is nothing to redo.")
        undo.setToolTip(f"Undo: {stack.undoText()}" if stack.canUndo() else "Undo")
        redo.setToolTip(f"Redo: {stack.redoText()}" if stack.canRedo() else "Redo")

    def _on_document(self, document: Document | None) -> None:
        if document is not None:
            self.tabs.refresh(document)
        if document is self.current:
            self.bar.show_document(document)
            self.current_changed.emit()

    def _on_run(self, document: Document, *, anew: bool = False) -> None:
        self.tabs.refresh(document)
        view = self._views.get(document)
        live = document.live
        if view is not None:
            if live is None:
                view.overlay.clear()
            else:
                graph = document.model.graph
                view.overlay.apply(states_of(live.rows, graph.steps, graph.groups, live.pauses))
        if document is self.current:
            self.host.run_bar.show_run(live)
            self.bar.show_document(document)
            if not anew:
                self.current_changed.emit()

    def _show_problem(self, problem: Problem) -> None:
        """Select what a problem is about, and put the caret into the field."""
        if self.view is not None:
            self.view.select(()) if problem.id is None else self.select(problem.id)
            self._actions["toggle-inspector"].setChecked(True)
            self.inspector.focus_field(problem.place)

    def _on_selection(self, ids: tuple[str, ...]) -> None:
        if self.view is not None:
            self.canvas_work.follow()
            self.selection_actions.follow()
            self.inspector.show_selection(self.view.selected_ids())
            self.bottom.show_selection(self.view.selected_ids())
            self.panels.follow_selection(bool(self.view.selected_ids()))
            self.selected.emit()

    def _on_activated(self, id: str) -> None:
        if not self.canvas_work.notes.write(id) and not any(opens(id) for opens in self.openers):
            self.inspector.focus_first_field()

    def _zoom_by(self, factor: float) -> None:
        if self.view is not None:
            self.view.set_zoom(self.view.zoom * factor)

    def _leave_run(self) -> None:
        if self.current is not None and not self.current.is_snapshot:
            self.current.show_run(None)
