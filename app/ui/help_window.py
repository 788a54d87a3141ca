"""The help pages in a window of their own."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from app.ui.markdown import MarkdownView, ask_to_open
from app.ui.resources import resource_path
from app.ui.theme import theme
from app.ui.widgets.labels import Label

FIRST_PAGE = "getting-started"
ORDER = (
    FIRST_PAGE,
    "drawing",
    "saving-and-history",
    "workflows-and-steps",
    "settings-of-a-step",
    "block-groups",
    "notes-and-pictures",
    "expressions",
    "templates-and-secrets",
    "adapters",
    "runs-and-recovery",
    "versions",
    "sub-workflows",
    "schedules",
    "webhooks",
    "command-line",
    "troubleshooting",
    "glossary",
)


class HelpWindow(QWidget):
    """All help pages: a list with search on the left, the page on the right."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("help-window")
        self.setWindowTitle("Help – Orchestrion")
        self.resize(980, 720)
        self._pages = {path.stem: path.read_text(encoding="utf-8") for path in pages()}
        self.search = QLineEdit(self)
        self.search.setObjectName("help-search")
        self.search.setAccessibleName("Search in help")
        self.search.setPlaceholderText("Search help…")
        self.search.setClearButtonEnabled(True)
        self.list = QListWidget(self)
        self.list.setObjectName("help-pages")
        self.list.setAccessibleName("Help pages")
        self.none = Label("No page has these words.", "second", "text_second", wrap=True, name="help-nothing")
        self.view = MarkdownView(self)
        self.view.setObjectName("help-page")
        self.view.setAccessibleName("Help page")
        self._lay_out()
        self.search.textChanged.connect(self._fill)
        self.list.currentItemChanged.connect(lambda item, _before: self._show(item))
        self.view.anchorClicked.connect(self._follow)
        theme().changed.connect(self._dress)
        self._dress()
        self._fill("")

    def open_page(self, name: str = FIRST_PAGE) -> None:
        """Show a page by the name of its file, and the window."""
        self.search.clear()
        for row in range(self.list.count()):
            if self.list.item(row).data(Qt.ItemDataRole.UserRole) == name:
                self.list.setCurrentRow(row)
        self.show()
        self.activateWindow()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def _lay_out(self) -> None:
        side = QVBoxLayout()
        side.setSpacing(8)
        side.addWidget(self.search)
        side.addWidget(self.list, 1)
        side.addWidget(self.none)
        holder = QWidget(self)
        holder.setLayout(side)
        holder.setFixedWidth(240)
        side.setContentsMargins(12, 12, 0, 12)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(holder)
        layout.addWidget(self.view, 1)

    def _fill(self, wanted: str) -> None:
        """Pages that have all the words; the one that is open stays open if it is among them."""
        words = wanted.lower().split()
        before = self.list.currentItem().data(Qt.ItemDataRole.UserRole) if self.list.currentItem() else FIRST_PAGE
        self.list.clear()
        for name, text in self._pages.items():
            if all(word in text.lower() for word in words):
                item = QListWidgetItem(title_of(text), self.list)
                item.setData(Qt.ItemDataRole.UserRole, name)
                if name == before:
                    self.list.setCurrentItem(item)
        self.none.setVisible(self.list.count() == 0)
        if self.list.currentItem() is None and self.list.count():
            self.list.setCurrentRow(0)

    def _show(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.view.show_markdown(self._pages[item.data(Qt.ItemDataRole.UserRole)])

    def _dress(self) -> None:
        tokens = theme().tokens
        self.list.setStyleSheet(
            "QListWidget { border: none; background: transparent } QListWidget::item { padding: 7px 8px; border-radius: 6px }"
            f" QListWidget::item:selected {{ background: {tokens.raised}; color: {tokens.text} }}"
        )
        self._show(self.list.currentItem())

    def _follow(self, url: QUrl) -> None:
        name = Path(url.path()).stem
        if url.isRelative() and name in self._pages:
            self.open_page(name)
        else:
            ask_to_open(self, url)


def pages() -> list[Path]:
    """The files of the help pages, in reading order; those that have no place in it come last."""
    found = {path.stem: path for path in sorted(resource_path("help").glob("*.md"))}
    return [found.pop(name) for name in ORDER if name in found] + list(found.values())


def title_of(text: str) -> str:
    """What a page's first heading says."""
    first = next((line for line in text.splitlines() if line.startswith("# ")), "Help")
    return first.removeprefix("# ").strip()
