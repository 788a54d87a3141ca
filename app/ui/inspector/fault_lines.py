"""What is wrong with a field, in a sentence, with links to what could be meant."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.domain.fixes import Fix
from app.ui.widgets.labels import Label
from app.ui.widgets.links import Link


class FaultLines(QWidget):
    """Stands under a field's control while there is something to say."""

    mended = Signal(object)
    """The `Fix` whose link was clicked."""
    more_taken = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        self._name = name
        self._label = Label("", "second", "status.error", wrap=True, name=f"fault-{name}")
        layout.addWidget(self._label)
        self._row = QHBoxLayout()
        self._row.setSpacing(12)
        self._more = Link("", name=f"fix-{name}-more")
        self._more.clicked.connect(self.more_taken)
        self._more.hide()
        self._row.addWidget(self._more)
        self._row.addStretch(1)
        layout.addLayout(self._row)
        self._fixes: tuple[Fix, ...] = ()
        self._links: list[Link] = []

    def say(self, sentence: str, fixes: Sequence[Fix] = (), *, more: str = "") -> None:
        """`more` are the words of one more link, for what is mended elsewhere; at most two links stand there."""
        fixes = tuple(fixes)[: 1 if more else 2]
        self._more.setText(more)
        self._more.setAccessibleName(more)
        self._more.setVisible(bool(more))
        self._more.updateGeometry()
        self._label.setText(sentence)
        self._label.setVisible(bool(sentence))
        self.setVisible(bool(sentence))
        if fixes == self._fixes:
            return
        self._fixes = fixes
        for link in self._links:
            link.hide()
            link.deleteLater()
        self._links = [self._link(at, fix) for at, fix in enumerate(fixes)]
        for at, link in enumerate(self._links):
            self._row.insertWidget(at, link)

    def _link(self, at: int, fix: Fix) -> Link:
        link = Link(fix.words, name=f"fix-{self._name}-{at}")
        link.clicked.connect(lambda: self.mended.emit(fix))
        return link
