"""What the fields of a step may use, as a tree to drag from: its input, the steps before it, the run's input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.domain.data_scope import Source
from app.ui.inspector.data_tree import DataNode, DataTree
from app.ui.inspector.looks import look_of
from app.ui.widgets.labels import Label

if TYPE_CHECKING:
    from app.ui.inspector.context import FieldContext

_ROWS, _ROW = 9, 26
_ICONS = {
    "$": "log-in",
    "input": "log-in",
    "item": "repeat",
    "index": "hash",
    "iteration": "hash",
    "error": "circle-alert",
    "result": "toggle-left",
}


class AvailableData(QWidget):
    """Follows the scope. `titled`: with a heading, and only as high as its rows."""

    taken = Signal(str)
    """A path that shall go in where the caret is."""

    def __init__(self, context: FieldContext, *, name: str, titled: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context, self._titled = context, titled
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        if titled:
            head = QHBoxLayout()
            head.addWidget(Label("Available data", "ui"))
            head.addStretch(1)
            head.addWidget(Label("drag into a field", "caption", "text_second"))
            layout.addLayout(head)
        self.tree = DataTree(name=name)
        self.tree.setHeaderHidden(True)
        self.tree.taken.connect(self.taken)
        layout.addWidget(self.tree)
        self._nothing = Label("Nothing comes before this, and there is no input.", "second", "text_second", wrap=True)
        layout.addWidget(self._nothing)
        if titled:
            self.tree.expanded.connect(lambda _index: self._fit())
            self.tree.collapsed.connect(lambda _index: self._fit())
        context.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        document = self._context.document
        catalog = document.session.catalog if document is not None else None
        graph = document.model.graph if document is not None else None

        def icon(source: Source) -> tuple[str, str]:
            node = graph.element(source.id) if graph is not None and source.id else None
            if node is None or catalog is None:
                return _ICONS.get(source.path, "variable"), "trigger"
            return look_of(node, catalog)

        sources = [source for source in self._context.scope.sources if source.id or source.known.kind]
        nodes = [DataNode(_label(source), source.path, source.known, icon=icon(source)) for source in sources]
        self.tree.show_nodes(nodes)
        self.tree.setVisible(bool(nodes))
        self._nothing.setVisible(not nodes)
        self._fit()

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        width = self.tree.viewport().width()
        first, second = (round(width * 0.52), round(width * 0.2)) if width < 420 else (220, 80)
        self.tree.setColumnWidth(0, first)
        self.tree.setColumnWidth(1, second)

    def _fit(self) -> None:
        """In a form the list is as high as what is open in it, up to some rows."""
        if not self._titled:
            return
        rows, index = 0, self.tree.values.index(0, 0)
        while index.isValid() and rows < _ROWS:
            rows, index = rows + 1, self.tree.indexBelow(index)
        self.tree.setFixedHeight(rows * _ROW + 4)


def _label(source: Source) -> str:
    return source.title if source.id else f"{source.path} · {source.title[:1].lower()}{source.title[1:]}"
