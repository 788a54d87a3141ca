"""What the inspector shows while nothing, or more than one thing, is selected: the workflow itself."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from app.ui.document import Document
from app.ui.live_run import LiveRun
from app.ui.widgets.chips import status_look
from app.ui.widgets.labels import Label
from app.ui.words import count, duration


class OverviewPage(QWidget):
    """Facts about the workflow and its run, and what one can do here."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("overview-page")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 4, 16, 16)
        layout.setSpacing(12)
        self._description = Label("", "second", "text_second", wrap=True)
        layout.addWidget(self._description)
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        self._facts: dict[str, Label] = {}
        for row, name in enumerate(("Steps", "Groups", "Connections", "Version", "Problems", "Last run")):
            grid.addWidget(Label(name, "second", "text_second"), row, 0)
            value = Label("", "ui", wrap=True, name=f"fact-{name.lower().replace(' ', '-')}")
            grid.addWidget(value, row, 1)
            self._facts[name] = value
        layout.addLayout(grid)
        self._hint = Label("", "second", "text_second", wrap=True, name="overview-hint")
        layout.addSpacing(4)
        layout.addWidget(self._hint)
        layout.addStretch(1)

    def show_document(self, document: Document | None, selected: int) -> None:
        if document is None:
            self._description.setText("")
            self._hint.setText("Open a workflow from the list.")
            for value in self._facts.values():
                value.setText("–")
            return
        graph = document.model.graph
        self._description.setText(document.definition.description)
        self._description.setVisible(bool(document.definition.description))
        self._facts["Steps"].setText(f"{len(graph.steps):,}")
        self._facts["Groups"].setText(f"{len(graph.groups):,}")
        self._facts["Connections"].setText(f"{len(graph.edges):,}")
        published = f"v{document.version}" if document.status != "draft" else "not published yet"
        self._facts["Version"].setText(published)
        errors = sum(problem.severity == "error" for problem in document.problems)
        warnings = len(document.problems) - errors
        found = [count(errors, "error")] if errors else []
        found += [count(warnings, "warning")] if warnings else []
        self._facts["Problems"].setText(", ".join(found) or "none")
        live = document.live
        self._facts["Last run"].setText("–" if live is None else _run_words(live))
        several = f"{count(selected, 'thing')} selected. Select one to see its settings."
        self._hint.setText(several if selected > 1 else "Select a step to see its settings, and after a run its input and output.")


def _run_words(live: LiveRun) -> str:
    word = status_look(live.run.status).word
    return f"{word}, {duration(live.elapsed)}" if live.is_over else word
