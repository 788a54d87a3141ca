"""The command palette: one line to type into, and under it everything it could mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QListView, QWidget

from app.ui.finding.offers import KINDS, Kind, Offer
from app.ui.finding.ranking import Query
from app.ui.finding.results import HEAD_HEIGHT, HEADS, ROW_HEIGHT, Line, LineDelegate, Results, lines_of
from app.ui.icons import pixmap
from app.ui.theme import font, theme
from app.ui.widgets.bars import grounded
from app.ui.widgets.buttons import Button
from app.ui.widgets.keycaps import KeyHint
from app.ui.widgets.labels import ElidedLabel, Label
from app.ui.widgets.popup import Popup

WIDTH, TOP = 608, 64
PREFIXES: dict[str, Kind] = {">": "action", "@": "step", "/": "workflow", "#": "run", "$": "name"}
_CHIPS: tuple[tuple[Kind | None, str, str], ...] = (
    (None, "All", ""),
    ("action", "Actions", ">"),
    ("step", "Steps", "@"),
    ("workflow", "Workflows", "/"),
    ("run", "Runs", "#"),
    ("name", "Secrets", "$"),
)
_LIST_MARGIN = 8
_MOST_ROWS = 10

Sections = Sequence[tuple[str, Sequence[Offer]]]


class QueryField(QLineEdit):
    """The line one types into. Keys that choose are told, Tab goes to the next kind."""

    moved = Signal(int)
    chosen = Signal(bool)
    """True: only show it where it stands."""
    kind_asked = Signal(int)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("command-query")
        self.setAccessibleName("Find anything")
        self.setPlaceholderText("Find an action, a step, a workflow, a run…")
        self.setMaxLength(200)
        self.setFrame(False)
        self.setProperty("look", "line")
        font_of = font("node_title")
        self.setFont(font_of)

    def focusNextPrevChild(self, next: bool) -> bool:
        self.kind_asked.emit(1 if next else -1)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Down:
                self.moved.emit(1)
            case Qt.Key.Key_Up:
                self.moved.emit(-1)
            case Qt.Key.Key_PageDown:
                self.moved.emit(_MOST_ROWS)
            case Qt.Key.Key_PageUp:
                self.moved.emit(-_MOST_ROWS)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.chosen.emit(bool(event.modifiers() & Qt.KeyboardModifier.AltModifier))
            case Qt.Key.Key_Escape:
                self.left.emit()
            case _:
                super().keyPressEvent(event)


class CommandPalette(Popup):
    """Shows offers and says which was chosen. Where offers come from is the business of who opens it."""

    asked = Signal(str)
    """What is looked for now, without a prefix; who has more offers than were given may bring them with `bring`."""
    chosen = Signal(object)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window, name="command-palette")
        self.setAccessibleName("Find anything")
        self._offers: dict[Kind, Sequence[Offer]] = {}
        self._sections: Sections = ()
        self._notes: dict[Kind, str] = {}
        self._kind: Kind | None = None
        self._is_moved = False
        self.query = QueryField()
        self.results = Results(self)
        self.list = QListView()
        self._chips: dict[Kind | None, Button] = {}
        self._lay_out()
        self.query.textChanged.connect(self._on_text)
        self.query.moved.connect(self._move)
        self.query.chosen.connect(self._choose)
        self.query.kind_asked.connect(self._turn_kind)
        self.query.left.connect(self.put_away)
        self.list.clicked.connect(self._on_click)
        theme().changed.connect(self._tint)
        self._tint()

    def open_with(self, offers: Mapping[Kind, Sequence[Offer]], sections: Sections, *, kind: Kind | None = None) -> None:
        """Show it, empty. `sections` are the lines that stand there while nothing is typed."""
        self._offers, self._sections, self._kind = dict(offers), sections, kind
        self.query.blockSignals(True)
        self.query.clear()
        self.query.blockSignals(False)
        self.open_at(QRect(0, 0, WIDTH, 200), self.query)
        self._show()
        self.asked.emit("")

    def bring(self, kind: Kind, offers: Sequence[Offer], *, note: str = "") -> None:
        """Offers of a kind that came later; the highlighted line stays where it is. `note`: why there are none."""
        if self.isVisible():
            self._offers[kind], self._notes[kind] = offers, note
            self._show(keep=True)

    @property
    def current(self) -> Offer | None:
        line = self.list.currentIndex()
        return self.results.lines[line.row()].offer if line.isValid() else None

    @property
    def kind(self) -> Kind | None:
        """The one kind that is shown; None: all."""
        return PREFIXES.get(self.query.text()[:1]) or self._kind

    @property
    def words(self) -> str:
        text = self.query.text()
        return text[1:] if text[:1] in PREFIXES else text

    def follow_window(self) -> None:
        self.place(self._card())

    # What is shown

    def _on_text(self) -> None:
        self._show()
        self.asked.emit(self.words.strip())

    def _show(self, *, keep: bool = False) -> None:
        query, kind = Query(self.words), self.kind
        current = self.current
        if not query and kind is None:
            lines = [line for head, offers in self._sections if offers for line in (Line(head), *(Line(offer=offer) for offer in offers))]
        else:
            lines = lines_of(query, self._offers, kind)
        self.results.show(lines)
        row = self.results.row_of(current.key) if keep and current is not None else -1
        row = row if row >= 0 else self.results.next_offer(-1, 1) if lines else -1
        if row >= 0:
            self._highlight(row)
        number = len(self.results.offers())
        self._count.setText("" if not query and kind is None else f"{number} result{'' if number == 1 else 's'}")
        for each, chip in self._chips.items():
            chip.setChecked(each == kind)
            chip.update()
        self._say_nothing(query, kind, is_empty=not lines)
        self.place(self._card())

    def _say_nothing(self, query: Query, kind: Kind | None, *, is_empty: bool) -> None:
        self._nothing.setVisible(is_empty)
        self.list.setVisible(not is_empty)
        if not is_empty:
            return
        if kind is not None and self._notes.get(kind):
            self._nothing.setText(self._notes[kind])
        elif query:
            self._nothing.setText(f"Nothing fits “{self.words.strip()[:60]}”.")
        elif kind is not None:
            self._nothing.setText(f"{HEADS[kind]}: there are none here.")
        else:
            self._nothing.setText("Type to find something.")

    def _card(self) -> QRect:
        window = self.window()
        width = min(WIDTH, window.width() - 32)
        lines = self.results.lines
        heads = sum(line.offer is None for line in lines)
        rows = heads * HEAD_HEIGHT + min(len(lines) - heads, _MOST_ROWS) * ROW_HEIGHT + 2 * _LIST_MARGIN if lines else 72
        height = min(50 + 44 + rows + 40 + 4, window.height() - TOP - 24)
        return QRect((window.width() - width) // 2, min(TOP, window.height() // 8), width, height)

    # Choosing

    def _highlight(self, row: int) -> None:
        self.list.setCurrentIndex(self.results.index(row))
        self.list.scrollTo(self.results.index(max(0, row - 1) if row == 1 else row))
        offer = self.results.lines[row].offer
        self._why.setText(offer.off if offer is not None else "")
        self._why.setVisible(bool(self._why.text()))
        self._count.setVisible(not self._why.text())
        self.query.setAccessibleDescription(str(self.results.index(row).data()))

    def _move(self, step: int) -> None:
        at = self.list.currentIndex().row()
        if abs(step) == 1:
            row = self.results.next_offer(at, step)
        else:
            row = self.results.next_offer(max(-1, min(len(self.results.lines), at + step) - (1 if step > 0 else -1)), 1 if step > 0 else -1)
        if row >= 0:
            self._highlight(row)

    def _on_click(self, index: QModelIndex | QPersistentModelIndex) -> None:
        if self.results.lines[index.row()].offer is not None:
            self._highlight(index.row())
            self._choose(False)

    def _choose(self, only_show: bool) -> None:
        offer = self.current
        if offer is None or offer.off:
            return
        do: Callable[[], object] = offer.show if only_show and offer.show is not None else offer.do
        self.put_away()
        self.chosen.emit(offer)
        do()

    def _turn_kind(self, step: int) -> None:
        """The next kind; a prefix that was typed gives way to it."""
        kinds: tuple[Kind | None, ...] = (None, *KINDS)
        self._choose_kind(kinds[(kinds.index(self.kind) + step) % len(kinds)])

    def _choose_kind(self, kind: Kind | None) -> None:
        self._kind = kind
        if self.query.text()[:1] in PREFIXES:
            self.query.setText(self.words)
        else:
            self._show()
        self.query.setFocus()

    # Its parts

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(16, 8, 14, 8)
        head.setSpacing(10)
        self._glass = Label("")
        head.addWidget(self._glass)
        head.addWidget(self.query, 1)
        head.addWidget(KeyHint(("Esc",)))
        self.content.addLayout(head)
        kinds = grounded(QWidget(), "", line="both")
        kinds.setFixedHeight(44)
        chips = QHBoxLayout(kinds)
        chips.setContentsMargins(10, 0, 16, 0)
        chips.setSpacing(2)
        for kind, word, prefix in _CHIPS:
            chip = Button(word, "quiet", key=prefix, name=f"command-kind-{kind or 'all'}")
            chip.setCheckable(True)
            chip.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            chip.clicked.connect(lambda _checked=False, kind=kind: self._choose_kind(kind))
            self._chips[kind] = chip
            chips.addWidget(chip)
        chips.addStretch(1)
        self.content.addWidget(kinds)
        self.list.setObjectName("command-results")
        self.list.setAccessibleName("Results")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setModel(self.results)
        self.list.setItemDelegate(LineDelegate(self.list))
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setContentsMargins(_LIST_MARGIN, 0, _LIST_MARGIN, 0)
        self.list.setViewportMargins(_LIST_MARGIN, _LIST_MARGIN // 2, _LIST_MARGIN, _LIST_MARGIN // 2)
        self.content.addWidget(self.list, 1)
        self._nothing = Label("", "ui", "text_second", name="command-nothing")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.content.addWidget(self._nothing, 1)
        foot = grounded(QWidget(), "", line="top")
        foot.setFixedHeight(40)
        hints = QHBoxLayout(foot)
        hints.setContentsMargins(16, 0, 16, 0)
        hints.setSpacing(14)
        for keys, word in (
            (("Up", "Down"), "move"),
            (("Return",), "do it"),
            (("Alt", "Return"), "show on canvas"),
            (("Tab",), "next kind"),
        ):
            hints.addWidget(KeyHint(keys, word))
        hints.addStretch(1)
        self._why = ElidedLabel("", "second", "status.warn", name="command-why")
        self._count = Label("", "second", "text_second", name="command-count")
        for words in (self._why, self._count):
            hints.addWidget(words)
        self.content.addWidget(foot)

    def _tint(self) -> None:
        self._glass.setPixmap(pixmap("search", theme().tokens.text_second, 18, self.devicePixelRatioF()))
