"""The head of the inspector: icon, name, and what it is."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.domain.workflow import BlockGroup, Edge, Note, Step
from app.ui.document import Document
from app.ui.widgets.buttons import IconButton
from app.ui.widgets.chips import IconTile
from app.ui.widgets.labels import ElidedLabel

Element = Step | Edge | BlockGroup | Note


class Header(QWidget):
    """Icon, name, and what it is; `menu_asked` when what can be done with it is wanted, with the corner to open a menu at."""

    menu_asked = Signal(QPoint)

    def __init__(self) -> None:
        super().__init__()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 8)
        layout.setSpacing(12)
        self._tile = IconTile()
        layout.addWidget(self._tile)
        words = QVBoxLayout()
        words.setSpacing(2)
        self._title = ElidedLabel("", "inspector_title", name="inspector-title")
        self._kind = ElidedLabel("", "second", "text_second", name="inspector-kind")
        words.addWidget(self._title)
        words.addWidget(self._kind)
        layout.addLayout(words, 1)
        self.more = IconButton("ellipsis", "What can be done with it", name="inspector-more", size=32)
        self.more.clicked.connect(lambda: self.menu_asked.emit(self.more.mapToGlobal(self.more.rect().bottomLeft())))
        layout.addWidget(self.more, 0, Qt.AlignmentFlag.AlignTop)

    def show_element(self, element: Element | None, document: Document | None, *, selected: int = 0) -> None:
        catalog = document.session.catalog if document is not None else None
        self.more.setVisible(element is not None or selected > 1)
        match element:
            case Step() if catalog is not None:
                kind = catalog.steps.get(element.type)
                adapter = catalog.adapters.get(str(element.config.get("adapter_id") or ""))
                icon_name, category = (
                    (adapter.icon, adapter.category) if adapter else (kind.icon, kind.category) if kind else ("box", "data")
                )
                title = adapter.title if adapter else kind.title if kind else element.type
                self._say(element.name, f"{title} · {element.key}", icon_name, category)
            case BlockGroup() if catalog is not None:
                group = catalog.groups.get(element.type)
                words = f"{group.title if group else element.type} · {element.key}"
                self._say(element.name, words, group.icon if group else "group", group.category if group else "logic")
            case Edge() if document is not None:
                steps = document.model.graph.steps
                source, target = steps.get(element.source_step_id), steps.get(element.target_step_id)
                self._say("Connection", f"{source.name if source else '?'} → {target.name if target else '?'}", "route", "data")
            case Note():
                self._say("Note", "means nothing to a run", "sticky-note", "logic")
            case None if document is not None and selected > 1:
                self._say(f"{selected} selected", document.name, "layers", "trigger")
            case _:
                name = document.name if document is not None else "Inspector"
                self._say(name, "Workflow" if document is not None else "nothing is open", "workflow", "trigger")

    def _say(self, title: str, kind: str, icon_name: str, category: str) -> None:
        self._title.setText(title)
        self._kind.setText(kind)
        self._tile.show_kind(icon_name, category)
