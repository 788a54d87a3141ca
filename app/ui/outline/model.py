"""The outline as Qt's tree wants it. Names and places come from the graph, states from the run, problems from the check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from app.domain.catalog import Catalog
from app.domain.outline import Branch
from app.domain.problems import Problem
from app.domain.workflow import Graph
from app.ui.canvas.faces import face_of, group_face
from app.ui.widgets.chips import status_look
from app.ui.widgets.labels import plain_tip

Index = QModelIndex | QPersistentModelIndex
TWIG_ROLE = Qt.ItemDataRole.UserRole + 1


class Twig:
    """A branch at its place in the tree, with what is known of its element now."""

    __slots__ = ("branch", "category", "icon", "inside", "parent", "problems", "row", "status")

    def __init__(self, branch: Branch, parent: Twig | None, row: int) -> None:
        self.branch, self.parent, self.row = branch, parent, row
        self.icon, self.category = ("corner-down-right", "")
        self.status = ""
        self.problems: list[Problem] = []
        self.inside = [Twig(each, self, at) for at, each in enumerate(branch.inside)]


class OutlineModel(QAbstractItemModel):
    """Rows are twigs; `renamed` asks for another name of an element."""

    renamed = Signal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.editable = True
        self._branches: tuple[Branch, ...] = ()
        self._twigs: list[Twig] = []
        self._by_id: dict[str, Twig] = {}

    def show(self, branches: tuple[Branch, ...], graph: Graph, catalog: Catalog) -> None:
        """Show this tree; where only names changed, the rows stay."""
        if _shape(branches) == _shape(self._branches):
            self._branches = branches
            for twig, branch in zip(self._walk(), _flat(branches), strict=True):
                twig.branch = branch
            self._dress(graph, catalog)
            self._tell_all()
            return
        self.beginResetModel()
        self._branches = branches
        self._twigs = [Twig(branch, None, at) for at, branch in enumerate(branches)]
        self._by_id = {twig.branch.id: twig for twig in self._walk() if twig.branch.kind != "role"}
        self._dress(graph, catalog)
        self.endResetModel()

    def show_states(self, states: Mapping[str, str], problems: Mapping[str, list[Problem]]) -> None:
        """How elements are in the run that is shown, and what is wrong with them."""
        for twig in self._by_id.values():
            status, found = states.get(twig.branch.id, ""), problems.get(twig.branch.id, [])
            if status != twig.status or found != twig.problems:
                twig.status, twig.problems = status, found
                index = self.index_of(twig.branch.id)
                self.dataChanged.emit(index, index)

    def index_of(self, id: str) -> QModelIndex:
        twig = self._by_id.get(id)
        return self.createIndex(twig.row, 0, twig) if twig is not None else QModelIndex()

    def group_ids(self) -> list[str]:
        """The groups with something in them."""
        return [id for id, twig in self._by_id.items() if twig.inside]

    def twig(self, index: Index) -> Twig | None:
        found = index.internalPointer()
        return found if isinstance(found, Twig) else None

    def _dress(self, graph: Graph, catalog: Catalog) -> None:
        for id, twig in self._by_id.items():
            if (step := graph.steps.get(id)) is not None:
                shape = face_of(step, catalog).shape
                twig.icon, twig.category = shape.icon, shape.category
            elif (group := graph.groups.get(id)) is not None:
                face = group_face(group, catalog)
                twig.icon, twig.category = face.icon, face.category

    def _walk(self) -> Iterator[Twig]:
        todo = list(reversed(self._twigs))
        while todo:
            twig = todo.pop()
            yield twig
            todo.extend(reversed(twig.inside))

    def _tell_all(self) -> None:
        for twig in self._by_id.values():
            index = self.createIndex(twig.row, 0, twig)
            self.dataChanged.emit(index, index)

    # What Qt asks

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008  Qt's own default
        inside = self._inside(parent)
        return self.createIndex(row, column, inside[row]) if 0 <= row < len(inside) and column == 0 else QModelIndex()

    def parent(self, index: Index = QModelIndex()) -> Any:  # noqa: B008  Qt has two functions of this name
        if not isinstance(index, QModelIndex | QPersistentModelIndex):
            return super().parent()
        twig = self.twig(index) if index.isValid() else None
        above = twig.parent if twig is not None else None
        return self.createIndex(above.row, 0, above) if above is not None else QModelIndex()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return len(self._inside(parent))

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return 1

    def flags(self, index: Index) -> Qt.ItemFlag:
        twig = self.twig(index) if index.isValid() else None
        if twig is None:
            return Qt.ItemFlag.NoItemFlags
        if twig.branch.kind == "role":
            return Qt.ItemFlag.ItemIsEnabled
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if self.editable else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        twig = self.twig(index) if index.isValid() else None
        if twig is None:
            return None
        if role == TWIG_ROLE:
            return twig
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return twig.branch.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return spoken(twig)
        if role == Qt.ItemDataRole.ToolTipRole:
            problems = "\n".join(problem.message for problem in twig.problems[:5])
            return plain_tip(f"{twig.branch.name}\n{problems}".strip())
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        twig = self.twig(index) if index.isValid() else None
        name = str(value).strip()
        if role != Qt.ItemDataRole.EditRole or twig is None or name == twig.branch.name:
            return False
        self.renamed.emit(twig.branch.id, name)
        return True

    def _inside(self, parent: Index) -> list[Twig]:
        if not parent.isValid():
            return self._twigs
        twig = self.twig(parent)
        return twig.inside if twig is not None else []


def spoken(twig: Twig) -> str:
    """What a screen reader says of a row."""
    parts = [twig.branch.name, twig.branch.kind]
    if twig.branch.kind != "step":
        parts.append(f"{len(twig.inside)} inside")
    if twig.status:
        parts.append(status_look(twig.status).word.lower())
    if twig.problems:
        parts.append(f"{len(twig.problems)} problem{'' if len(twig.problems) == 1 else 's'}: {twig.problems[0].message}")
    return ", ".join(parts)


def _flat(branches: tuple[Branch, ...]) -> Iterator[Branch]:
    todo = list(reversed(branches))
    while todo:
        branch = todo.pop()
        yield branch
        todo.extend(reversed(branch.inside))


def _shape(branches: tuple[Branch, ...]) -> list[tuple[str, str, str, int]]:
    return [(branch.kind, branch.id, branch.role, len(branch.inside)) for branch in _flat(branches)]
