"""The checklist of the publish dialog: errors, then warnings, then all that passed, folded into one row."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.domain.catalog import Catalog
from app.domain.problems import Problem
from app.domain.workflow import BlockGroup, Graph, Step
from app.services.publishing import Checklist
from app.ui.theme import theme
from app.ui.widgets.bars import grounded
from app.ui.widgets.buttons import Button, IconButton
from app.ui.widgets.chips import IconTile
from app.ui.widgets.labels import ElidedLabel, Label
from app.ui.widgets.painting import draw_icon, painting
from app.ui.words import count

MOST_ROWS = 40
FOLD_FIXED_MS = 1_000
_ICONS = {"error": ("circle-x", "error"), "warning": ("triangle-alert", "warn"), "fixed": ("circle-check", "ok")}


class Mark(QWidget):
    """An icon in a status colour, with its word for who cannot see it."""

    def __init__(self, icon_name: str, tone: str, word: str, size: int = 18) -> None:
        super().__init__()
        self._icon, self._tone, self._size = icon_name, tone, size
        self.setFixedSize(QSize(size, size))
        self.setAccessibleName(word)
        theme().changed.connect(self.update)

    def show_icon(self, icon_name: str, tone: str, word: str) -> None:
        self._icon, self._tone = icon_name, tone
        self.setAccessibleName(word)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            draw_icon(painter, self._icon, getattr(theme().tokens, self._tone), (0, 0), self._size)


class ProblemRow(QWidget):
    """One finding: what is wrong, where, and Show; for a call of a draft also Open it."""

    shown = Signal()
    open_asked = Signal()

    def __init__(
        self, problem: Problem, place: tuple[str, str, str, str], number: int, *, fixed: bool = False, opens: bool = False
    ) -> None:
        super().__init__()
        icon_name, category, name, field = place
        self.setObjectName(f"fixed-{number}" if fixed else f"problem-{number}")
        kind = "fixed" if fixed else problem.severity
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 9, 10, 9)
        layout.setSpacing(11)
        layout.addWidget(Mark(*_ICONS[kind], kind.capitalize()), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(Label(problem.message, "ui", "text_second" if fixed else "text", wrap=True, name=f"problem-{number}-words"))
        where = QHBoxLayout()
        where.setSpacing(7)
        where.addWidget(IconTile(icon_name, category, 18))
        where.addWidget(ElidedLabel(name, "second", "text_second"))
        if field:
            where.addWidget(Label("›", "second", "text_third"))
            where.addWidget(ElidedLabel(field, "code", "text_second"))
        where.addStretch(1)
        words.addLayout(where)
        layout.addLayout(words, 1)
        if opens:
            open_it = Button("Open it", "quiet", name=f"open-called-{number}")
            open_it.clicked.connect(self.open_asked)
            layout.addWidget(open_it)
        if not fixed:
            key = str(number) if number <= 9 else ""
            show = Button("Show", icon_name="external-link", key=key, name=f"show-problem-{number}")
            show.setAccessibleName(f"Show: {problem.message}")
            show.clicked.connect(self.shown)
            layout.addWidget(show)


class ChecklistView(QWidget):
    """All rows in one box. `show_asked` names the place of a problem in the checklist."""

    show_asked = Signal(int)
    open_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("publish-checklist")
        grounded(self, "card")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)

    def show_checklist(self, checklist: Checklist, graph: Graph, catalog: Catalog, fixed: Sequence[Problem] = ()) -> None:
        """`fixed` are problems that were there before; they are shown as done and fold after a second."""
        for number, problem in enumerate(fixed[:MOST_ROWS], start=1):
            row = ProblemRow(problem, place_of(problem, graph, catalog), number, fixed=True)
            self._add(row)
            QTimer.singleShot(FOLD_FIXED_MS, row, row.hide)
        for number, problem in enumerate(checklist.problems[:MOST_ROWS], start=1):
            called = checklist.unpublished.get(problem.id or "", "") if problem.code == "missing_subflow" else ""
            row = ProblemRow(problem, place_of(problem, graph, catalog), number, opens=bool(called))
            row.open_asked.connect(lambda id=called: self.open_asked.emit(id))
            row.shown.connect(lambda at=number - 1: self.show_asked.emit(at))
            self._add(row)
        more = len(checklist.problems) - MOST_ROWS
        if more > 0:
            label = Label(f"and {more:,} more; they are listed under Problems", "second", "text_second", name="problems-more")
            label.setContentsMargins(44, 8, 10, 10)
            self._add(label)
        self._add(PassedRow(checklist.passed))

    def focus_first(self) -> None:
        """The first Show has the focus: Enter and the digits work at once."""
        if (first := self.findChild(Button, "show-problem-1")) is not None:
            first.setFocus()

    def _add(self, row: QWidget) -> None:
        if self._layout.count():
            grounded(row, "row", line="top")
        self._layout.addWidget(row)


class PassedRow(QWidget):
    """How many checks passed; opened, their names."""

    def __init__(self, passed: Sequence[str]) -> None:
        super().__init__()
        self.setObjectName("checks-passed")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 6, 10, 6)
        layout.setSpacing(4)
        line = QHBoxLayout()
        line.setSpacing(11)
        line.addWidget(Mark("circle-check", "ok", "Passed"))
        line.addWidget(Label(f"{count(len(passed), 'check')} passed", "ui", name="checks-passed-count"))
        self._short = ElidedLabel(", ".join(passed), "second", "text_second")
        line.addWidget(self._short, 1)
        self._fold = IconButton("chevron-down", "Show the checks that passed", name="checks-fold", size=26, icon_size=15)
        self._fold.clicked.connect(self._toggle)
        line.addWidget(self._fold)
        layout.addLayout(line)
        self._names = Label("\n".join(f"{name[:1].upper()}{name[1:]}" for name in passed), "second", "text_second", name="checks-names")
        self._names.setContentsMargins(29, 0, 0, 6)
        self._names.hide()
        layout.addWidget(self._names)

    def _toggle(self) -> None:
        opened = self._names.isHidden()
        self._names.setVisible(opened)
        self._short.setVisible(not opened)
        self._fold.icon_name = "chevron-up" if opened else "chevron-down"
        self._fold.update()


def place_of(problem: Problem, graph: Graph, catalog: Catalog) -> tuple[str, str, str, str]:
    """Icon, category and name of what a problem is about, and its field as `retry.backoff`."""
    field = problem.place.removeprefix("/config").strip("/").replace("/", ".")
    element = graph.element(problem.id) if problem.id is not None else None
    match element:
        case Step():
            kind = catalog.steps.get(element.type)
            adapter = catalog.adapters.get(str(element.config.get("adapter_id") or "")) if element.type == "tool" else None
            shown = adapter or kind
            return (shown.icon, shown.category, element.name, field) if shown is not None else ("box", "data", element.name, field)
        case BlockGroup():
            group = catalog.groups.get(element.type)
            return (group.icon if group else "group", group.category if group else "logic", element.name, field)
        case None:
            return "workflow", "trigger", "Workflow", field
        case _:
            return "route", "data", "Connection", field
