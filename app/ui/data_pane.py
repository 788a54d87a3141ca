"""One piece of data with its caption: what it is, how it went, how large it is, and a tree, a table or raw text of it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.domain.data_scope import Source
from app.domain.json_value import Json, size_bytes
from app.domain.known_data import Known
from app.ui.inspector.data_tree import DataNode, DataTree
from app.ui.inspector.last_run import Why
from app.ui.preferences import Preferences
from app.ui.widgets.buttons import IconButton
from app.ui.widgets.chips import StatusChip
from app.ui.widgets.empty_state import EmptyState
from app.ui.widgets.fields import SearchField
from app.ui.widgets.json_view import JsonView, pretty
from app.ui.widgets.labels import ElidedLabel, Label
from app.ui.widgets.painting import set_state
from app.ui.words import size

_FORMS = {"tree": ("list-tree", "as a tree"), "table": ("table", "as a table"), "raw": ("braces", "raw")}
_NARROW = 400
_KEY_SHARE, _KEY_MOST, _KIND_SHARE, _KIND_MOST = 0.42, 260, 0.2, 90


class DataPane(QWidget):
    """The form that was chosen stays chosen, for this pane and on this machine. `searches`: with a field that finds keys."""

    taken = Signal(str)
    """The path of a row that shall go in where the caret is."""

    def __init__(self, preferences: Preferences, *, name: str, label: str, searches: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"{name}-pane")
        self.setAccessibleName(label)
        self._preferences, self._key = preferences, f"editor/{name}-form"
        self._title = Label("", "ui", name=f"{name}-title")
        self._chip = StatusChip(name=f"{name}-status")
        self._words = ElidedLabel("", "caption", "text_second", name=f"{name}-words")
        chosen = preferences.text(self._key)
        self._form = chosen if chosen in _FORMS else "tree"
        self._forms = {
            form: IconButton(icon, f"{label} {words}", name=f"{name}-as-{form}", size=24, icon_size=15)
            for form, (icon, words) in _FORMS.items()
        }
        for form, button in self._forms.items():
            button.setCheckable(True)
            button.clicked.connect(lambda _checked=False, form=form: self._on_form(form))
        self._copy = IconButton("copy", f"Copy {label.lower()}", name=f"{name}-copy", size=24, icon_size=15)
        self._copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(pretty(self._value)))
        self.search = SearchField("Find a key…", name=f"{name}-search")
        self.search.setMinimumWidth(90)
        self.search.setMaximumWidth(180)
        self.search.textChanged.connect(self._find)
        self.tree = DataTree(name=f"{name}-tree")
        self.tree.setAccessibleName(label)
        self.tree.taken.connect(self.taken)
        self.view = JsonView(name=f"{name}-view", has_bar=False)
        self._nothing = EmptyState(name=f"no-{name}")
        self._pages = QStackedWidget()
        for page in (self.tree, self.view, self._nothing):
            self._pages.addWidget(page)
        self._source: Source | None = None
        self._value: Json = None
        self._size = ""
        self._lay_out()
        (self._title if searches else self.search).hide()  # beside a list the row that is chosen is the title
        self._follow_form(has_value=False)

    @property
    def text(self) -> str:
        """What is shown, raw; the sentence where there is nothing."""
        if self._pages.currentWidget() is self._nothing:
            return self._nothing.sentence
        return pretty(self._value) if self._source is not None and self._source.known.has_value else ""

    def show_source(self, source: Source, *, status: str = "", words: str = "", gives_paths: bool = True) -> None:
        """Data with the path that leads to it; `gives_paths`: fields of the step that is selected may take them."""
        known, before = source.known, self._source
        same = before is not None and before.path == source.path and _is_same(before.known, known)
        self.tree.gives_paths = gives_paths
        if not same:
            self._size = size(size_bytes(known.value)) if known.has_value else ""
        self._caption(source.title, status, " · ".join(filter(None, (self._size, words))))
        self._source, self._value = source, known.value
        if not same:  # a run that goes on tells of every step
            self._follow_form(has_value=known.has_value)
            self._show()

    def show_nothing(self, title: str, why: Why, *, status: str = "", words: str = "", do: Callable[[], object] | None = None) -> None:
        """Why there is nothing; `do` runs the workflow up to here."""
        self._caption(title, status, words)
        self._source, self._value = None, None
        self._follow_form(has_value=False)
        self._nothing.say(why.icon, why.sentence, why.second, button="Run up to here", do=do)
        self._pages.setCurrentWidget(self._nothing)

    def minimumSizeHint(self) -> QSize:
        return QSize(220, 80)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow pane key and type give way to the value, and the word of the status to how large it is."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            width = event.size().width()
            self._chip.set_small(width < _NARROW)
            self.tree.setColumnWidth(0, min(_KEY_MOST, int(width * _KEY_SHARE)))
            self.tree.setColumnWidth(1, min(_KIND_MOST, int(width * _KIND_SHARE)))

    def _caption(self, title: str, status: str, words: str) -> None:
        self._title.setText(title)
        self._chip.setVisible(bool(status))
        if status and status != self._chip.status:
            self._chip.set_status(status)
        self._words.setText(words)

    def _on_form(self, form: str) -> None:
        self._form = form
        self._preferences.set(self._key, form)
        self._follow_form(has_value=True)
        self._show()

    def _follow_form(self, *, has_value: bool) -> None:
        for form, button in self._forms.items():
            button.setChecked(form == self._form)
            button.setVisible(has_value)
        self._copy.setVisible(has_value)

    def _show(self) -> None:
        source = self._source
        if source is None:
            return
        if self._form == "tree" or not source.known.has_value:
            self.tree.show_nodes([DataNode(source.path.rsplit(".", 1)[-1], source.path, source.known)])
            self.tree.expand(self.tree.values.index(0, 0))
            self._pages.setCurrentWidget(self.tree)
        else:
            self.view.set_value(source.known.value, root=source.path)
            self.view.choose_form(self._form)
            self._pages.setCurrentWidget(self.view)

    def _find(self, text: str) -> None:
        self._form = "tree"
        self._follow_form(has_value=self._source is not None and self._source.known.has_value)
        self._show()
        set_state(self.search, "faulty", not self.tree.find_key(text))

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setSpacing(8)
        bar.addWidget(self._title)
        bar.addWidget(self._chip)
        bar.addWidget(self._words, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(2)
        for button in (*self._forms.values(), self._copy):
            buttons.addWidget(button)
        bar.addLayout(buttons)
        bar.addWidget(self.search)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(bar)
        layout.addWidget(self._pages, 1)


def _is_same(one: Known, other: Known) -> bool:
    """Whether it is the very same data; what is only equal may take long to compare."""
    return one.has_value is other.has_value and one.value is other.value and one.schema is other.schema
