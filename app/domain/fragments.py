"""Parts of a workflow as text: cut out, read from anyone's clipboard, and grafted in under ids and names of its own.

The text is a definition document (semantics §1) that stands for itself: wires that led outside are left out of it and
travel beside it, since they mean something only where their other ends are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.domain.catalog import Catalog
from app.domain.connecting import why_not_connect
from app.domain.definition_file import MAX_NAME, parse_definition
from app.domain.edits import AddElements, Element, GraphEdit, SetDetails
from app.domain.errors import EditRefused
from app.domain.expressions.rewriting import with_steps_renamed, with_steps_renamed_in
from app.domain.json_gate import DEFINITION_NODES, receive
from app.domain.json_value import Json, JsonRejected
from app.domain.keys import key_of
from app.domain.regrouping import roots_of
from app.domain.routes import route_of, routes_in, with_routes
from app.domain.topology import CrossesRoles, find_cycle, side_by_side, topology_of
from app.domain.validation import MAX_NESTING, MAX_STEPS
from app.domain.workflow import BlockGroup, Definition, Details, Edge, Graph, Position, Step, definition_to_json, graph_keys

# What is pasted is read while a person waits; a larger workflow is imported as a file.
MAX_BYTES = 4 * 1024 * 1024
Parents = Mapping[str, tuple[str | None, str | None]] | tuple[str | None, str | None]
"""Groups and roles for the roots of a part: by id, or one for all."""
_KEPT_AS_THEY_ARE = frozenset({"pinned_output", "notes"})


@dataclass(frozen=True, slots=True)
class Fragment:
    """A part of a workflow: what is drawn, and the wires that led out of it."""

    graph: Graph
    outside: tuple[Edge, ...] = ()

    @property
    def roots(self) -> tuple[str, ...]:
        """What stands in no group of the part."""
        graph = self.graph
        return (*graph.children_of(None), *graph.notes)


def cut_out(graph: Graph, catalog: Catalog, ids: Iterable[str]) -> Fragment:
    """A selection with all that stands in its groups, and the wires among it."""
    chosen = dict.fromkeys(id for id in ids if id in graph.steps or id in graph.groups or id in graph.notes)
    for id in list(chosen):
        if id in graph.groups:
            chosen.update(dict.fromkeys(graph.descendants_of(id)))
    inside: dict[str, Edge] = {}
    outside: list[Edge] = []
    for edge in graph.edges.values():
        ends = edge.source_step_id in chosen, edge.target_step_id in chosen
        if all(ends):
            inside[edge.id] = edge
        elif any(ends):
            outside.append(edge)
    part = Graph(
        steps={s.id: _freed(s, chosen) for s in graph.steps.values() if s.id in chosen},
        edges=inside,
        groups={g.id: _freed(g, chosen) for g in graph.groups.values() if g.id in chosen},
        notes={n.id: n for n in graph.notes.values() if n.id in chosen},
        details=with_routes(Details(), {id: route_of(route) for id, route in routes_in(graph.details).items() if id in inside}),
    )
    if any(not node.key for node in _nodes(part)):
        part = _rekeyed(part, catalog, graph_keys(graph))
    return Fragment(part, tuple(outside))


def _rekeyed(part: Graph, catalog: Catalog, before: Mapping[str, str]) -> Graph:
    """A part whose references name steps by the keys they have in it, where names have no key of their own."""
    changed = {before[id]: key for id, key in graph_keys(part).items() if key != before[id]}
    return replace(
        part,
        steps={s.id: replace(s, config=_config(s.config, changed, _expressions_of(catalog, s))) for s in part.steps.values()},
        groups={g.id: replace(g, config=_config(g.config, changed, _expressions_of(catalog, g))) for g in part.groups.values()},
        edges={e.id: _wired(e, {}, changed, id=e.id) for e in part.edges.values()},
    )


def _freed(node: Any, chosen: Mapping[str, None]) -> Any:
    """A node whose group stays behind stands in none."""
    if isinstance(node, Step):
        return node if node.block_group_id in chosen else replace(node, block_group_id=None, group_role=None)
    return node if node.parent_group_id in chosen else replace(node, parent_group_id=None, group_role=None)


def fragment_to_json(fragment: Fragment, name: str) -> dict[str, Any]:
    """The text of a part, as a whole workflow of this name."""
    details = replace(fragment.graph.details, name=name[:MAX_NAME] or "Copy")
    return definition_to_json(Definition.of(replace(fragment.graph, details=details)))


def read_fragment(text: str) -> Fragment:
    """The part that a text holds.

    Raises:
        EditRefused: it holds none, or one that could not stand anywhere; the sentence says why.
    """
    if len(text) > MAX_BYTES:
        raise EditRefused("The clipboard holds more than can be pasted; import it as a file.")
    if not text.lstrip().startswith("{"):
        raise EditRefused("The clipboard holds no steps.")
    try:
        document, _ = receive(text, max_bytes=MAX_BYTES, max_nodes=DEFINITION_NODES, duplicate_keys="refuse")
    except JsonRejected as error:
        raise EditRefused(f"The text in the clipboard cannot be pasted: {error}") from error
    if not isinstance(document, dict) or not {"steps", "block_groups", "notes"} & document.keys():
        raise EditRefused("The text in the clipboard is no workflow.")
    definition, problems = parse_definition({"name": "Clipboard", **document})
    if definition is None or problems:
        raise EditRefused(f"The text in the clipboard cannot be pasted: {problems[0].message if problems else 'it is no workflow.'}")
    return _checked(definition.graph)


def _checked(graph: Graph) -> Fragment:
    """A graph of anyone's making as a part, with what leads outside set apart."""
    if not graph.steps and not graph.groups and not graph.notes:
        raise EditRefused("The clipboard holds no steps.")
    _check_nesting(graph)
    inside: dict[str, Edge] = {}
    outside: list[Edge] = []
    seen: set[tuple[str, str]] = set()
    for edge in graph.edges.values():
        ends = edge.source_step_id, edge.target_step_id
        if ends[0] == ends[1] or ends in seen:
            raise EditRefused("The text in the clipboard cannot be pasted: it connects a step to itself, or two steps twice.")
        seen.add(ends)
        if ends[0] in graph.steps and ends[1] in graph.steps:
            inside[edge.id] = edge
        else:
            outside.append(edge)
    part = replace(
        graph,
        steps={s.id: _freed(s, dict.fromkeys(graph.groups)) for s in graph.steps.values()},
        groups={g.id: _freed(g, dict.fromkeys(graph.groups)) for g in graph.groups.values()},
        edges=inside,
    )
    topology = topology_of(part)
    if any(find_cycle(topology.nodes.get(scope, ()), links) for scope, links in topology.links.items()):
        raise EditRefused("The text in the clipboard cannot be pasted: its steps lead in a circle.")
    for edge in inside.values():
        try:
            side_by_side(part, edge.source_step_id, edge.target_step_id)
        except CrossesRoles as refusal:
            raise EditRefused(f"The text in the clipboard cannot be pasted: {refusal}") from refusal
    return Fragment(part, tuple(outside))


def _check_nesting(graph: Graph) -> None:
    for group in graph.groups.values():
        depth, around = 1, group.parent_group_id
        while around is not None and around in graph.groups:
            depth, around = depth + 1, graph.groups[around].parent_group_id
            if depth > MAX_NESTING:
                raise EditRefused(f"The text in the clipboard cannot be pasted: its groups nest more than {MAX_NESTING} deep.")


@dataclass(frozen=True, slots=True)
class Graft:
    """A part on its way into a workflow: its elements under their new ids, outer groups first, the ids of its roots, its routes."""

    elements: tuple[Element, ...]
    roots: tuple[str, ...]
    details: Details | None = None
    """What the workflow's details become, if the part has edges that are led by hand."""

    @property
    def edits(self) -> tuple[GraphEdit, ...]:
        return (AddElements(self.elements), *((SetDetails(self.details),) if self.details is not None else ()))


def graft(
    graph: Graph,
    catalog: Catalog,
    fragment: Fragment,
    *,
    move: tuple[int, int],
    parents: Parents,
    new_id: Callable[[], str],
    with_outside: bool = False,
) -> Graft:
    """A part moved by (x, y) px, its roots in these groups and roles, with ids and names that are free.

    References follow the names that had to change. With `with_outside` the wires that led out of it lead to the same
    steps again, as far as they are there and may.

    Raises:
        EditRefused: the workflow would have too many steps.
    """
    part = fragment.graph
    if len(graph.steps) + len(part.steps) > MAX_STEPS:
        raise EditRefused(f"The workflow would have more than {MAX_STEPS:,} steps.")
    ids = {id: new_id() for id in (*part.steps, *part.groups, *part.notes, *part.edges)}
    names, rekeyed = _names(graph, part)
    planting = _Planting(catalog, ids, names, rekeyed, move, parents)
    grafted: tuple[Element, ...] = (
        *(planting.group(group) for group in _outer_first(part)),
        *(planting.step(step) for step in part.steps.values()),
        *(_wired(edge, ids, rekeyed) for edge in part.edges.values()),
        *(replace(note, id=ids[note.id], position=planting.moved(note.position)) for note in part.notes.values()),
    )
    if with_outside:
        grafted = (*grafted, *_outside(AddElements(grafted).apply(graph), fragment, ids, rekeyed, new_id))
    routes = {ids[id]: route_of(route) for id, route in routes_in(part.details).items() if id in part.edges}
    return Graft(grafted, tuple(ids[id] for id in fragment.roots), with_routes(graph.details, routes) if routes else None)


@dataclass(frozen=True, slots=True)
class _Planting:
    """What each element of a part becomes."""

    catalog: Catalog
    ids: Mapping[str, str]
    names: Mapping[str, str]
    rekeyed: Mapping[str, str]
    move: tuple[int, int]
    parents: Parents

    def step(self, step: Step) -> Step:
        around, role = self._standing(step.id, step.block_group_id, step.group_role)
        return replace(
            step,
            id=self.ids[step.id],
            name=self.names[step.id],
            config=_config(step.config, self.rekeyed, _expressions_of(self.catalog, step)),
            position=self.moved(step.position),
            block_group_id=around,
            group_role=role,
        )

    def group(self, group: BlockGroup) -> BlockGroup:
        around, role = self._standing(group.id, group.parent_group_id, group.group_role)
        return replace(
            group,
            id=self.ids[group.id],
            name=self.names[group.id],
            config=_config(group.config, self.rekeyed, _expressions_of(self.catalog, group)),
            position=self.moved(group.position),
            parent_group_id=around,
            group_role=role,
        )

    def moved(self, at: Position) -> Position:
        return Position(at.x + self.move[0], at.y + self.move[1])

    def _standing(self, id: str, around: str | None, role: str | None) -> tuple[str | None, str | None]:
        """A root goes where it is told, what stands in a group of the part comes along in it."""
        if around is not None:
            return self.ids[around], role
        return self.parents.get(id, (None, None)) if isinstance(self.parents, Mapping) else self.parents


def _names(graph: Graph, part: Graph) -> tuple[dict[str, str], dict[str, str]]:
    """A free name for each step and group of a part, and the new key for each key that is another now.

    A name without a key of its own stays: it gets one by its place in the workflow (semantics §1), which is another there.
    """
    taken = {node.key for node in _nodes(graph)}
    old_keys = graph_keys(part)
    names: dict[str, str] = {}
    tried: dict[str, int] = {}
    for node in _nodes(part):
        name, stem = node.name, _without_number(node.name)
        while key_of(name) and key_of(name) in taken:
            number = tried[stem] = tried.get(stem, 1) + 1
            name = f"{stem[: MAX_NAME - 1 - len(str(number))]} {number}"
        taken.add(key_of(name))
        names[node.id] = name
    keys = {id: key_of(name) for id, name in names.items()}
    if not all(keys.values()):
        renamed = tuple(replace(node, id=f"new {node.id}", name=names[node.id]) for node in _nodes(part))
        together = graph_keys(AddElements(renamed).apply(graph))
        keys = {id: together[f"new {id}"] for id in keys}
    return names, {old_keys[id]: key for id, key in keys.items() if key != old_keys[id]}


def _nodes(graph: Graph) -> tuple[Step | BlockGroup, ...]:
    return *graph.steps.values(), *graph.groups.values()


def _without_number(name: str) -> str:
    """“HTTP request 2” counts on as “HTTP request 3”, not as “HTTP request 2 2”."""
    stem, _, number = name.rpartition(" ")
    return stem if stem and number.isdigit() and len(number) <= 4 else name


def _outer_first(part: Graph) -> Sequence[BlockGroup]:
    found: list[BlockGroup] = []
    for root in part.children_of(None):
        if root in part.groups:
            found.append(part.groups[root])
            found.extend(part.groups[id] for id in part.descendants_of(root) if id in part.groups)
    return found


def _expressions_of(catalog: Catalog, node: Step | BlockGroup) -> frozenset[str]:
    """The fields of a config that are expressions rather than templates."""
    if isinstance(node, Step):
        kind = catalog.steps.get(node.type)
        return kind.expression_fields if kind is not None else frozenset()
    group = catalog.groups.get(node.type)
    found = group.expression_fields if group is not None else frozenset()
    return found | {"cases"} if node.type == "switch_case" and not node.config.get("expression") else found


def _config(config: Mapping[str, Json], rekeyed: Mapping[str, str], expressions: frozenset[str]) -> Mapping[str, Json]:
    """A config whose references name steps by their new keys."""
    if not rekeyed:
        return config
    return {
        name: value if name in _KEPT_AS_THEY_ARE else _renamed(value, rekeyed, bare=name in expressions) for name, value in config.items()
    }


def _renamed(value: Json, rekeyed: Mapping[str, str], *, bare: bool) -> Json:
    if not bare:
        return with_steps_renamed_in(value, rekeyed)
    if isinstance(value, list):
        return [with_steps_renamed(item, rekeyed) if isinstance(item, str) else item for item in value]
    return with_steps_renamed(value, rekeyed) if isinstance(value, str) else value


def _wired(edge: Edge, ids: Mapping[str, str], rekeyed: Mapping[str, str], *, id: str | None = None) -> Edge:
    condition = with_steps_renamed(edge.condition, rekeyed) if edge.condition and rekeyed else edge.condition
    source, target = (ids.get(end, end) for end in (edge.source_step_id, edge.target_step_id))
    return Edge(id or ids[edge.id], source, target, condition)


def _outside(graph: Graph, fragment: Fragment, ids: Mapping[str, str], rekeyed: Mapping[str, str], new_id: Callable[[], str]) -> list[Edge]:
    """The wires to steps that were not copied along, as far as they may be drawn now."""
    found: list[Edge] = []
    for edge in fragment.outside:
        wired = _wired(edge, ids, rekeyed, id=new_id())
        if why_not_connect(graph, wired.source_step_id, wired.target_step_id) is None:
            graph = AddElements((wired,)).apply(graph)
            found.append(wired)
    return found


def parents_in(graph: Graph, ids: Iterable[str]) -> dict[str, tuple[str | None, str | None]]:
    """Where the roots of a selection stand now: a copy beside them stands there too."""
    return {id: graph.parent_of(id) for id in roots_of(graph, tuple(ids)) if id not in graph.notes}
