"""The one language for change: every edit of a graph is a frozen value that can be applied and inverted.

A drag, a paste, an import and an undo are all `GraphEdit`s; undo stack, autosave and diff speak nothing else.
``edit.invert(graph)`` is asked of the graph the edit is about to change; applying both gives that graph back,
byte for byte in canonical JSON: removed elements return to their old place in the order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol, TypeVar

from app.domain.definition_file import check_details
from app.domain.errors import EditRefused
from app.domain.json_value import Json
from app.domain.workflow import BlockGroup, Details, Edge, Graph, Note, Position, Size, Step

Element = Step | Edge | BlockGroup | Note
T = TypeVar("T")


class GraphEdit(Protocol):
    """What changes a graph. `label` is what the undo menu says."""

    label: ClassVar[str]

    def apply(self, graph: Graph) -> Graph: ...

    def invert(self, graph: Graph) -> GraphEdit: ...


def _kind(element: Element) -> str:
    match element:
        case Step():
            return "steps"
        case Edge():
            return "edges"
        case BlockGroup():
            return "groups"
        case Note():
            return "notes"


def _inserted(old: Mapping[str, T], new: Mapping[str, T], at: Mapping[str, int]) -> dict[str, T]:
    """`old` with `new` put in, each at its index of the result (or at the end)."""
    items = list(old.items())
    for id, value in sorted(new.items(), key=lambda pair: at.get(pair[0], len(old) + len(new))):
        index = at.get(id)
        items.insert(len(items) if index is None else index, (id, value))
    return dict(items)


@dataclass(frozen=True, slots=True)
class AddElements:
    """Put in steps, groups, edges or notes: new ones, pasted ones, or removed ones that come back.

    `at` gives the index in the document order, by id; without it an element goes to the end.
    """

    elements: tuple[Element, ...]
    at: tuple[tuple[str, int], ...] = ()
    label: ClassVar[str] = "Add"

    def apply(self, graph: Graph) -> Graph:
        at = dict(self.at)
        parts: dict[str, dict[str, Element]] = {"steps": {}, "edges": {}, "groups": {}, "notes": {}}
        for element in self.elements:
            if graph.element(element.id) is not None:
                raise EditRefused(f"The workflow already has an element with the id {element.id}.")
            parts[_kind(element)][element.id] = element
        changed: dict[str, Any] = {
            name: _inserted(getattr(graph, name), new, {id: at[id] for id in new if id in at}) for name, new in parts.items() if new
        }
        return replace(graph, **changed)

    def invert(self, graph: Graph) -> GraphEdit:
        return RemoveElements(tuple(element.id for element in self.elements))


@dataclass(frozen=True, slots=True)
class RemoveElements:
    """Take out elements by id. Edges of a removed step go with it; children of a removed group must be named too (see `removal`)."""

    ids: tuple[str, ...]
    label: ClassVar[str] = "Delete"

    def _all(self, graph: Graph) -> dict[str, None]:
        ids = dict.fromkeys(id for id in self.ids if graph.element(id) is not None)
        for edge in graph.edges.values():
            if edge.source_step_id in ids or edge.target_step_id in ids:
                ids[edge.id] = None
        return ids

    def apply(self, graph: Graph) -> Graph:
        ids = self._all(graph)
        return replace(
            graph,
            steps={k: v for k, v in graph.steps.items() if k not in ids},
            edges={k: v for k, v in graph.edges.items() if k not in ids},
            groups={k: v for k, v in graph.groups.items() if k not in ids},
            notes={k: v for k, v in graph.notes.items() if k not in ids},
        )

    def invert(self, graph: Graph) -> GraphEdit:
        ids = self._all(graph)
        found: list[Element] = []
        at: list[tuple[str, int]] = []
        parts: tuple[Mapping[str, Element], ...] = (graph.steps, graph.edges, graph.groups, graph.notes)
        for part in parts:
            for index, (id, element) in enumerate(part.items()):
                if id in ids:
                    found.append(element)
                    at.append((id, index))
        return AddElements(tuple(found), tuple(at))


@dataclass(frozen=True, slots=True)
class ReplaceElements:
    """Put other values in the place of elements with the same ids. Most edits are this one underneath."""

    elements: tuple[Element, ...]
    label: ClassVar[str] = "Change"

    def apply(self, graph: Graph) -> Graph:
        parts: dict[str, Any] = {}
        for element in self.elements:
            name = _kind(element)
            part = parts.get(name)
            if part is None:
                part = parts[name] = dict(getattr(graph, name))
            if element.id not in part:
                raise EditRefused(f"The workflow has no element with the id {element.id} any more.")
            part[element.id] = element
        return replace(graph, **parts)

    def invert(self, graph: Graph) -> GraphEdit:
        old = [graph.element(element.id) for element in self.elements]
        return ReplaceElements(tuple(element for element in old if element is not None))


def _step(graph: Graph, id: str) -> Step:
    step = graph.steps.get(id)
    if step is None:
        raise EditRefused("This step is not there any more.")
    return step


def _node(graph: Graph, id: str) -> Step | BlockGroup:
    node = graph.steps.get(id) or graph.groups.get(id)
    if node is None:
        raise EditRefused("This step or group is not there any more.")
    return node


@dataclass(frozen=True, slots=True)
class MoveElements:
    """Put steps, groups and notes at new places (absolute, px)."""

    positions: tuple[tuple[str, Position], ...]
    label: ClassVar[str] = "Move"

    def apply(self, graph: Graph) -> Graph:
        steps, groups, notes = dict(graph.steps), dict(graph.groups), dict(graph.notes)
        for id, position in self.positions:
            if (step := steps.get(id)) is not None:
                steps[id] = replace(step, position=position)
            elif (group := groups.get(id)) is not None:
                groups[id] = replace(group, position=position)
            elif (note := notes.get(id)) is not None:
                notes[id] = replace(note, position=position)
            else:
                raise EditRefused("What was moved is not there any more.")
        return replace(graph, steps=steps, groups=groups, notes=notes)

    def invert(self, graph: Graph) -> GraphEdit:
        old: list[tuple[str, Position]] = []
        for id, _ in self.positions:
            element = graph.element(id)
            if isinstance(element, Step | BlockGroup | Note):
                old.append((id, element.position))
        return MoveElements(tuple(old))


@dataclass(frozen=True, slots=True)
class Connect:
    """Join an output to an input."""

    edge: Edge
    label: ClassVar[str] = "Connect"

    def apply(self, graph: Graph) -> Graph:
        from app.domain.connecting import why_not_connect

        if refusal := why_not_connect(graph, self.edge.source_step_id, self.edge.target_step_id):
            raise refusal
        return AddElements((self.edge,)).apply(graph)

    def invert(self, graph: Graph) -> GraphEdit:
        return RemoveElements((self.edge.id,))


@dataclass(frozen=True, slots=True)
class SetCondition:
    """Give an edge its condition (None: always)."""

    edge_id: str
    condition: str | None
    label: ClassVar[str] = "Change condition"

    def apply(self, graph: Graph) -> Graph:
        edge = graph.edges.get(self.edge_id)
        if edge is None:
            raise EditRefused("This connection is not there any more.")
        return replace(graph, edges={**graph.edges, edge.id: replace(edge, condition=self.condition)})

    def invert(self, graph: Graph) -> GraphEdit:
        return SetCondition(self.edge_id, graph.edges[self.edge_id].condition)


@dataclass(frozen=True, slots=True)
class Rename:
    """Give a step or group another name. References in expressions are the caller's to change along (`Batch`)."""

    id: str
    name: str
    label: ClassVar[str] = "Rename"

    def apply(self, graph: Graph) -> Graph:
        return ReplaceElements((replace(_node(graph, self.id), name=self.name),)).apply(graph)

    def invert(self, graph: Graph) -> GraphEdit:
        return Rename(self.id, _node(graph, self.id).name)


@dataclass(frozen=True, slots=True)
class SetConfig:
    """Replace the whole config of a step or group."""

    id: str
    config: Mapping[str, Json]
    label: ClassVar[str] = "Change settings"

    def apply(self, graph: Graph) -> Graph:
        return ReplaceElements((replace(_node(graph, self.id), config=self.config),)).apply(graph)

    def invert(self, graph: Graph) -> GraphEdit:
        return SetConfig(self.id, _node(graph, self.id).config)


@dataclass(frozen=True, slots=True)
class SetNoteText:
    """Change what a sticky note says."""

    id: str
    text: str
    label: ClassVar[str] = "Edit note"

    def apply(self, graph: Graph) -> Graph:
        note = graph.notes.get(self.id)
        if note is None:
            raise EditRefused("This note is not there any more.")
        return replace(graph, notes={**graph.notes, note.id: replace(note, text=self.text)})

    def invert(self, graph: Graph) -> GraphEdit:
        return SetNoteText(self.id, graph.notes[self.id].text)


@dataclass(frozen=True, slots=True)
class SetDetails:
    """Change what the workflow says of itself: its name, description, schemas and settings, all as they shall be."""

    details: Details
    label: ClassVar[str] = "Change workflow"

    def apply(self, graph: Graph) -> Graph:
        if problems := check_details(self.details):
            raise EditRefused(problems[0].message)
        return replace(graph, details=self.details)

    def invert(self, graph: Graph) -> GraphEdit:
        return SetDetails(graph.details)


@dataclass(frozen=True, slots=True)
class Resize:
    """Give a group or note another place and size at once (a border may be dragged on any side)."""

    id: str
    position: Position
    size: Size
    label: ClassVar[str] = "Resize"

    def apply(self, graph: Graph) -> Graph:
        element = graph.groups.get(self.id) or graph.notes.get(self.id)
        if element is None:
            raise EditRefused("What was resized is not there any more.")
        return ReplaceElements((replace(element, position=self.position, size=self.size),)).apply(graph)

    def invert(self, graph: Graph) -> GraphEdit:
        element = graph.groups.get(self.id) or graph.notes[self.id]
        return Resize(self.id, element.position, element.size)


@dataclass(frozen=True, slots=True)
class Reparent:
    """Put steps or groups into a role of a group, or out to the top level (None, None)."""

    ids: tuple[str, ...]
    group_id: str | None
    role: str | None
    label: ClassVar[str] = "Move into group"

    def apply(self, graph: Graph) -> Graph:
        changed: list[Element] = []
        for id in self.ids:
            node = _node(graph, id)
            if isinstance(node, Step):
                changed.append(replace(node, block_group_id=self.group_id, group_role=self.role))
            else:
                if self.group_id is not None and self.group_id in (id, *graph.descendants_of(id)):
                    raise EditRefused("A group cannot stand inside itself.")
                changed.append(replace(node, parent_group_id=self.group_id, group_role=self.role))
        return ReplaceElements(tuple(changed)).apply(graph)

    def invert(self, graph: Graph) -> GraphEdit:
        return ReplaceElements(tuple(_node(graph, id) for id in self.ids))


@dataclass(frozen=True, slots=True)
class Batch:
    """Several edits as one, in order; one undo."""

    edits: tuple[GraphEdit, ...]
    text: str = "Change"
    label: ClassVar[str] = "Change"

    def apply(self, graph: Graph) -> Graph:
        for edit in self.edits:
            graph = edit.apply(graph)
        return graph

    def invert(self, graph: Graph) -> GraphEdit:
        inverses: list[GraphEdit] = []
        for edit in self.edits:
            inverses.append(edit.invert(graph))
            graph = edit.apply(graph)
        return Batch(tuple(reversed(inverses)), self.text)


def label_of(edit: GraphEdit) -> str:
    """What the undo menu says of it."""
    return edit.text if isinstance(edit, Batch) else edit.label


def removal(graph: Graph, ids: Sequence[str]) -> RemoveElements:
    """The removal of a selection, with all that stands inside its groups."""
    everything = dict.fromkeys(ids)
    for id in ids:
        if id in graph.groups:
            everything.update(dict.fromkeys(graph.descendants_of(id)))
    return RemoveElements(tuple(everything))
