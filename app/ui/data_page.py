"""The Data tab under the canvas: what the selected step took and gave, and what comes before it, to look at and to drag from.

With nothing selected it is what the run gave. Input and output stand in the list of sources, or side by side in place of it.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.domain.data_scope import Source
from app.domain.workflow import BlockGroup, Step
from app.ui.data_pane import DataPane
from app.ui.data_sources import Entry, SourceList
from app.ui.inspector.context import FieldContext
from app.ui.inspector.data_tree import DataTree
from app.ui.inspector.last_run import LastRun, Why
from app.ui.inspector.looks import look_of
from app.ui.inspector.own_data import OwnData, own_input, own_output
from app.ui.preferences import Preferences
from app.ui.widgets.json_view import JsonView
from app.ui.widgets.labels import ElidedLabel

_INPUT, _OUTPUT = "own input", "own output"
_SIDE_BY_SIDE, _SPLIT = "editor/data-side-by-side", "editor/data-split"


class DataPage(QWidget):
    """Follows the scope of what is selected and its last run."""

    refreshed = Signal()
    """There are sources now, or none any more."""
    taken = Signal(str)
    """A path that shall go in where the caret is."""

    def __init__(self, context: FieldContext, last_run: LastRun, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context, self._last_run, self._preferences = context, last_run, preferences
        self.output = JsonView(name="run-data")
        self._title = ElidedLabel("", "caption", "text_second", name="data-of")
        self.sources = SourceList()
        self.sources.picked.connect(lambda _key: self._show_picked())
        self._picked = DataPane(preferences, name="data", label="Data", searches=True)
        self.input_pane = DataPane(preferences, name="step-input", label="Input")
        self.output_pane = DataPane(preferences, name="step-output", label="Output")
        self._listed, self._both = self._list_laid_out(), self._both_laid_out()
        self._whole = QStackedWidget()
        for page in (self.output, self._listed, self._both):
            self._whole.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 4, 12, 6)
        layout.addWidget(self._whole)
        for pane in (self._picked, self.input_pane):
            pane.taken.connect(self.taken)
        self._side_by_side = preferences.flag(_SIDE_BY_SIDE, default=False)
        self._own: dict[str, OwnData] = {}
        self._upstream: dict[str, Source] = {}
        self._is_stale = False
        context.changed.connect(self.refresh)
        last_run.changed.connect(self.refresh)

    @property
    def tree(self) -> DataTree:
        """Of the source that is picked in the list."""
        return self._picked.tree

    @property
    def side_by_side(self) -> bool:
        """Whether input and output stand beside each other in place of the list."""
        return self._side_by_side

    @side_by_side.setter
    def side_by_side(self, on: bool) -> None:
        self._side_by_side = on
        self._preferences.set(_SIDE_BY_SIDE, on)
        self.refresh()

    @property
    def has_own(self) -> bool:
        """Whether what is selected takes and gives something: one step or group."""
        return self._element is not None

    @property
    def has_sources(self) -> bool:
        return self.has_own or bool(self._sources() and self._context.element_id)

    def refresh(self) -> None:
        """Follow the scope and the run. What nobody looks at is made when somebody does."""
        self._is_stale = not self.isVisible()
        both = self._side_by_side and self.has_own
        self._whole.setCurrentWidget(self._both if both else self._listed if self.has_sources else self.output)
        self.refreshed.emit()
        if not self._is_stale and self.has_sources:
            self._show_all()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._is_stale:
            self.refresh()

    @property
    def _element(self) -> Step | BlockGroup | None:
        document, id = self._context.document, self._context.element_id
        if document is None or not id or self._last_run.element_id != id:
            return None
        element = document.model.graph.element(id)
        return element if isinstance(element, Step | BlockGroup) else None

    def _sources(self) -> list[Source]:
        """What comes before; a step's own input is an entry of its own."""
        return [
            source
            for source in self._context.scope.sources
            if (source.id or source.known.kind) and not (source.path == "$" and self.has_own)
        ]

    def _show_all(self) -> None:
        document, element = self._context.document, self._element
        assert document is not None
        self._own = {}
        if element is not None:
            self._own = {
                _INPUT: own_input(self._last_run, self._context.scope, element),
                _OUTPUT: own_output(self._last_run, element),
            }
        if self._whole.currentWidget() is self._both:
            self._show_own(self.input_pane, self._own[_INPUT], gives_paths=True)
            self._show_own(self.output_pane, self._own[_OUTPUT], gives_paths=False)
            return
        graph, catalog = document.model.graph, document.session.catalog
        shown = graph.element(self._context.element_id)
        self._title.setText(f"Data of {getattr(shown, 'name', 'this connection')}")
        self._upstream = {source.path: source for source in self._sources()}
        entries = [
            Entry(key, own.source.title, own.state, ("log-in" if key == _INPUT else "log-out", "trigger"), own.why is not None)
            for key, own in self._own.items()
        ]
        for at, source in enumerate(self._upstream.values()):
            look = look_of(graph.element(source.id) if source.id else None, catalog, otherwise=("log-in", "trigger"))
            is_quiet = source.origin not in {"run", "pinned"}
            entries.append(Entry(source.path, source.title, _state(source), look, is_quiet, is_apart=at == 0 and bool(self._own)))
        self.sources.show_entries(entries)
        self._show_picked()

    def _show_picked(self) -> None:
        key = self.sources.key
        if key in self._own:
            self._show_own(self._picked, self._own[key], gives_paths=key == _INPUT)
        elif (source := self._upstream.get(key)) is None:
            return
        elif source.known.kind == "" and not source.known.has_value:
            self._picked.show_nothing(
                source.title, Why("circle-dashed", f"{source.title} has not run yet.", "Run the workflow, or pin an output.")
            )
        else:
            self._picked.show_source(source, words=source.note)

    def _show_own(self, pane: DataPane, own: OwnData, *, gives_paths: bool) -> None:
        why = own.why
        if why is None and not (own.source.known.has_value or own.source.known.kind):
            why = Why("circle-dashed", "Nothing is known of it yet.")
        if why is None:
            pane.show_source(own.source, status=own.status, words=own.words, gives_paths=gives_paths)
        else:
            do = self._context.run_to_here if own.can_be_got and self._context.can_run_to_here else None
            pane.show_nothing(own.source.title, why, status=own.status, words=own.words, do=do)

    def _list_laid_out(self) -> QSplitter:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 2, 6, 0)
        column.setSpacing(4)
        column.addWidget(self._title)
        column.addWidget(self.sources)
        return _across(left, _set_in(self._picked), [220, 780])

    def _both_laid_out(self) -> QSplitter:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 8, 0)
        column.addWidget(self.input_pane)
        across = _across(left, _set_in(self.output_pane), self._preferences.sizes(_SPLIT, [500, 500]))
        across.setObjectName("data-split")
        across.setStretchFactor(0, 1)
        across.splitterMoved.connect(lambda _at, _index: self._preferences.set(_SPLIT, across.sizes()))
        return across


def _set_in(pane: DataPane) -> QWidget:
    """With room between the line and the pane."""
    around = QWidget()
    column = QVBoxLayout(around)
    column.setContentsMargins(8, 0, 0, 0)
    column.addWidget(pane)
    return around


def _across(left: QWidget, right: QWidget, sizes: list[int]) -> QSplitter:
    across = QSplitter(Qt.Orientation.Horizontal)
    across.addWidget(left)
    across.addWidget(right)
    across.setSizes(sizes)
    across.setStretchFactor(1, 1)
    across.setChildrenCollapsible(False)
    return across


def _state(source: Source) -> str:
    """`pinned`, `schema`, `skipped`; nothing for data of the run."""
    if source.origin == "run":
        return ""
    return source.origin or source.note.rpartition(" · ")[2]
