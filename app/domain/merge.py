"""Two people changed one workflow: both sets of changes together, field by field, and the fields that both set.

Pure and three-way: `base` is what both started from. What only one side changed is taken; what both changed to the same is
the same; what both changed differently is a `Clash`, and mine stands until someone chooses. Where things stand on the
canvas is never asked about: mine stays. Order in the document means nothing and follows whoever changed it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, TypeAlias, TypeVar, cast

from app.domain.differences import PARENT, Kind, same_json
from app.domain.edit_codec import coder_of
from app.domain.edits import Element
from app.domain.integrity import broken
from app.domain.json_value import Json
from app.domain.workflow import BlockGroup, Details, Edge, Graph, Note, Step

E = TypeVar("E", Step, Edge, BlockGroup, Note)
Side: TypeAlias = Literal["mine", "theirs"]
PARTS: Final[tuple[tuple[str, Kind, type], ...]] = (
    ("steps", "step", Step),
    ("groups", "group", BlockGroup),
    ("edges", "edge", Edge),
    ("notes", "note", Note),
)
_PLACES: Final = ("position", "size")
_TOGETHER: Final[Mapping[str, tuple[str, str]]] = {
    "step": ("block_group_id", "group_role"),
    "group": ("parent_group_id", "group_role"),
    "edge": ("source_step_id", "target_step_id"),
}
"""Fields that only mean something together."""


class Nothing:
    """Stands for a field, or an element, that is not there; null is a value."""


NOTHING: Final = Nothing()
Value: TypeAlias = Json | Nothing


@dataclass(frozen=True, slots=True)
class Clash:
    """A field that both set differently. `place` is a JSON Pointer below the element; empty: one side removed what the other changed.

    `base`, `mine` and `theirs` are values, or NOTHING where the field is not there.
    """

    kind: Kind
    id: str
    place: str
    base: Value
    mine: Value
    theirs: Value

    @property
    def key(self) -> tuple[str, str]:
        return self.id, self.place

    @property
    def is_removal(self) -> bool:
        return not self.place


@dataclass(frozen=True, slots=True)
class Given:
    """Neither: a value of its own."""

    value: Json


Choice: TypeAlias = Side | Given
Choices: TypeAlias = Mapping[tuple[str, str], Choice]


@dataclass(frozen=True, slots=True)
class Merge:
    """Both together under some choices; `faults` says why it cannot be taken as it is."""

    graph: Graph
    clashes: tuple[Clash, ...]
    faults: tuple[str, ...]


def merge(base: Graph, mine: Graph, theirs: Graph, choices: Choices | None = None) -> Merge:
    """Both sets of changes; without a choice mine stands where both set the same.

    The clashes do not depend on the choices, so that they can be asked for first. A graph with faults must not be taken:
    together they may close a circle, or connect across roles, as neither did alone.
    """
    merging = _Merging(base, _without_doubled_edges(base, mine, theirs), theirs, choices or {})
    graph = merging.run()
    return Merge(graph, tuple(merging.clashes), tuple(fault for fault in broken(graph) if fault not in broken(theirs)))


@dataclass(slots=True)
class _Merging:
    base: Graph
    mine: Graph
    theirs: Graph
    choices: Choices
    clashes: list[Clash] = field(default_factory=list)

    def run(self) -> Graph:
        details = self._details()
        needed = {"mine": _needed(self.base, self.mine), "theirs": _needed(self.base, self.theirs)}
        parts: dict[str, dict[str, Any]] = {}
        for name, kind, element_type in PARTS:
            olds, mines, others = (getattr(graph, name) for graph in (self.base, self.mine, self.theirs))
            found: dict[str, Any] = {}
            for id in _order(olds, mines, others):
                merged = self._element(kind, element_type, olds.get(id), mines.get(id), others.get(id), needed)
                if merged is not None:
                    found[id] = merged
            parts[name] = found
        return _settled(Graph(details=details, **parts), self.base, self.mine, self.theirs)

    def _element(
        self,
        kind: Kind,
        element_type: type,
        base: Element | None,
        mine: Element | None,
        theirs: Element | None,
        needed: Mapping[str, set[str]],
    ) -> Element | None:
        if _equal(mine, base):
            if theirs is None and base is not None and base.id in needed["mine"]:
                return self._removal(kind, base, mine, theirs)
            return theirs
        if _equal(theirs, mine):
            return mine
        if _equal(theirs, base):
            if mine is None and base is not None and base.id in needed["theirs"]:
                return self._removal(kind, base, mine, theirs)
            return mine
        if mine is None or theirs is None:
            if base is None:
                return mine or theirs
            left = mine or theirs
            assert left is not None, "what both removed is equal"
            side: Side = "mine" if mine is not None else "theirs"
            if not _is_changed(base, left) and base.id not in needed[side]:
                return None
            return self._removal(kind, base, mine, theirs)
        write = coder_of(cast(Any, element_type)).write
        documents = [cast(dict[str, Json], write(one)) if one is not None else {} for one in (base, mine, theirs)]
        merged = self._fields(kind, mine.id, documents)
        return cast(Element, coder_of(cast(Any, element_type)).read(merged, kind, 1))

    def _removal(self, kind: Kind, base: Element, mine: Element | None, theirs: Element | None) -> Element | None:
        """One side took it out while the other went on with it."""
        clash = Clash(kind, base.id, "", True, NOTHING if mine is None else True, NOTHING if theirs is None else True)
        self.clashes.append(clash)
        return theirs if self.choices.get(clash.key, "mine") == "theirs" else mine

    def _fields(self, kind: Kind, id: str, documents: list[dict[str, Json]]) -> dict[str, Json]:
        base, mine, theirs = documents
        together = _TOGETHER.get(kind, ())
        merged: dict[str, Json] = {}
        for name in mine:
            if name in together:
                continue
            if name in _PLACES:  # where it stands: whoever moved it, and mine where both did
                merged[name] = theirs[name] if same_json(mine[name], base.get(name)) else mine[name]
            else:
                merged[name] = self._kept(self._value(kind, id, f"/{name}", base.get(name, NOTHING), mine[name], theirs[name]), mine[name])
        if together:
            values = [[one[name] for name in together] if one else NOTHING for one in documents]
            pair = self._value(
                kind, id, PARENT if kind != "edge" else "/ends", cast(Value, values[0]), cast(Json, values[1]), cast(Json, values[2])
            )
            chosen = pair if isinstance(pair, list) and len(pair) == 2 else cast(list[Json], values[1])
            merged.update(zip(together, chosen, strict=True))
        return merged

    @staticmethod
    def _kept(value: Value, otherwise: Json) -> Json:
        return otherwise if isinstance(value, Nothing) else value

    def _details(self) -> Details:
        base, mine, theirs = self.base.details, self.mine.details, self.theirs.details
        if mine is theirs or mine is base:
            return theirs
        if theirs is base:
            return mine
        coder = coder_of(cast(Any, Details))
        documents = [cast(dict[str, Json], coder.write(one)) for one in (base, mine, theirs)]
        return cast(Details, coder.read(self._fields("workflow", "", documents), "workflow", 1))

    def _value(self, kind: Kind, id: str, place: str, base: Value, mine: Value, theirs: Value) -> Value:
        if _same(mine, theirs) or _same(theirs, base):
            return mine
        if _same(mine, base):
            return theirs
        if isinstance(mine, dict) and isinstance(theirs, dict):
            return self._object(kind, id, place, base if isinstance(base, dict) else {}, mine, theirs)
        if (
            isinstance(base, list)
            and isinstance(mine, list)
            and isinstance(theirs, list)
            and len(base) == len(mine) == len(theirs)
            and place not in (PARENT, "/ends")
        ):
            items = (self._value(kind, id, f"{place}/{at}", *parts) for at, parts in enumerate(zip(base, mine, theirs, strict=True)))
            return [self._kept(item, None) for item in items]
        clash = Clash(kind, id, place, base, mine, theirs)
        self.clashes.append(clash)
        choice = self.choices.get(clash.key, "mine")
        if isinstance(choice, Given):
            return choice.value
        return theirs if choice == "theirs" else mine

    def _object(
        self, kind: Kind, id: str, place: str, base: Mapping[str, Json], mine: Mapping[str, Json], theirs: Mapping[str, Json]
    ) -> Json:
        merged: dict[str, Json] = {}
        for key in dict.fromkeys((*mine, *theirs)):
            inner = f"{place}/{key.replace('~', '~0').replace('/', '~1')}"
            value = self._value(kind, id, inner, base.get(key, NOTHING), mine.get(key, NOTHING), theirs.get(key, NOTHING))
            if not isinstance(value, Nothing):
                merged[key] = value
        return merged


def _same(one: Value, other: Value) -> bool:
    if isinstance(one, Nothing) or isinstance(other, Nothing):
        return one is other
    return same_json(one, other)


def _equal(one: Element | None, other: Element | None) -> bool:
    """Equal as JSON: true is not 1, and the order of keys says nothing."""
    if one is other:
        return True
    if one is None or other is None or one != other:
        return False
    if isinstance(one, Step | BlockGroup) and isinstance(other, Step | BlockGroup):
        return same_json(dict(one.config), dict(other.config))
    return True


def _is_changed(base: Element, now: Element) -> bool:
    """Whether more was done to it than moving it."""
    if isinstance(base, Step) and isinstance(now, Step):
        now = replace(now, position=base.position)
    elif (isinstance(base, BlockGroup) and isinstance(now, BlockGroup)) or (isinstance(base, Note) and isinstance(now, Note)):
        now = replace(now, position=base.position, size=base.size)
    write = coder_of(cast(Any, type(base))).write
    return type(base) is not type(now) or not same_json(write(base), write(now))


def _needed(base: Graph, side: Graph) -> set[str]:
    """What one side leans on with something new: ends of its new edges, groups that it put something into."""
    ids: set[str] = set()
    for edge in side.edges.values():
        if edge.id not in base.edges:
            ids |= {edge.source_step_id, edge.target_step_id}
    for step in side.steps.values():
        before = base.steps.get(step.id)
        if step.block_group_id is not None and (before is None or before.block_group_id != step.block_group_id):
            ids.add(step.block_group_id)
    for group in side.groups.values():
        outer = base.groups.get(group.id)
        if group.parent_group_id is not None and (outer is None or outer.parent_group_id != group.parent_group_id):
            ids.add(group.parent_group_id)
    return ids


def _order(base: Mapping[str, E], mine: Mapping[str, E], theirs: Mapping[str, E]) -> list[str]:
    """All ids in one order: that of the side which changed it; where both did, theirs, with mine behind what stands before them."""
    olds, mines, others = list(base), list(mine), list(theirs)
    if others == olds:
        first, second = mines, others
    elif mines == olds:
        first, second = others, mines
    else:
        first, second = others, mines
    found = list(first)
    known = set(first)
    for at, id in enumerate(second):
        if id not in known:
            before = next((other for other in reversed(second[:at]) if other in known), None)
            found.insert(found.index(before) + 1 if before is not None else 0, id)
            known.add(id)
    return found


def _without_doubled_edges(base: Graph, mine: Graph, theirs: Graph) -> Graph:
    """Both drew the same connection: it is one, under the id that is stored already."""
    drawn = {(edge.source_step_id, edge.target_step_id): edge.id for edge in theirs.edges.values() if edge.id not in base.edges}
    renamed = {
        edge.id: drawn[ends]
        for edge in mine.edges.values()
        if edge.id not in base.edges and edge.id not in theirs.edges and (ends := (edge.source_step_id, edge.target_step_id)) in drawn
    }
    if not renamed:
        return mine
    edges = [replace(edge, id=renamed.get(edge.id, edge.id)) for edge in mine.edges.values()]
    return replace(mine, edges={edge.id: edge for edge in edges})


def _settled(graph: Graph, *sources: Graph) -> Graph:
    """What stood in or hung on something that was removed for good: edges go with their steps, the rest moves one group out."""
    groups_of = {id: group for source in sources for id, group in source.groups.items()}

    def home(group_id: str | None, role: str | None) -> tuple[str | None, str | None]:
        seen: set[str] = set()
        while group_id is not None and group_id not in graph.groups:
            outer = groups_of.get(group_id)
            if outer is None or group_id in seen:
                return None, None
            seen.add(group_id)
            group_id, role = outer.parent_group_id, outer.group_role
        return group_id, role if group_id is not None else None

    steps = _rehomed(
        graph.steps.values(), lambda s: (s.block_group_id, s.group_role), lambda s, g, r: replace(s, block_group_id=g, group_role=r), home
    )
    groups = _rehomed(
        graph.groups.values(),
        lambda s: (s.parent_group_id, s.group_role),
        lambda s, g, r: replace(s, parent_group_id=g, group_role=r),
        home,
    )
    edges = {id: edge for id, edge in graph.edges.items() if edge.source_step_id in graph.steps and edge.target_step_id in graph.steps}
    return replace(graph, steps=steps, groups=groups, edges=edges if len(edges) != len(graph.edges) else graph.edges)


Scope: TypeAlias = tuple[str | None, str | None]


def _rehomed(
    nodes: Iterable[E],
    scope: Callable[[E], Scope],
    moved: Callable[[E, str | None, str | None], E],
    home: Callable[[str | None, str | None], Scope],
) -> dict[str, E]:
    def all_of() -> Iterator[tuple[str, E]]:
        for node in nodes:
            now = scope(node)
            wanted = home(*now)
            yield node.id, node if wanted == now or now[0] is None else moved(node, *wanted)

    return dict(all_of())
