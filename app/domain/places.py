"""Where in a run something stands: the paths of semantics §6, taken apart into the nodes they lead through, and made from them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from app.domain.errors import AppError
from app.domain.topology import TOP, Scope, ancestry
from app.domain.workflow import BlockGroup, Graph, graph_keys

SEGMENT = re.compile(r"(?P<key>[a-z0-9_]+)(?:\.(?P<role>[a-z0-9_]+))?(?:\[(?P<number>[0-9]+)\])?")
LOOPS = ("foreach", "while")
_RETRY = re.compile(r"\.try\[[0-9]+\]")


class PlaceUnknown(AppError):
    """There is no such step in this workflow."""

    code: ClassVar[str] = "run.no_such_step"


@dataclass(frozen=True, slots=True)
class Stand:
    """One node on the way to a place.

    `scope` is the path of the scope it stands in, `path` its own. Of a group that the way leads through, `role` is the role and
    `turn` the turn of a loop (None: no loop, or every turn).
    """

    node: str
    scope: str
    path: str
    role: str | None = None
    turn: int | None = None


def way_to(graph: Graph, path: str) -> tuple[Stand, ...]:
    """From the outside in, the node at `path` last. A loop named without a turn means every turn; a retry means its first try.

    Raises:
        PlaceUnknown: nothing stands there.
    """
    ids = {key: id for id, key in graph_keys(graph).items()}
    way: list[Stand] = []
    scope: Scope = TOP
    base = ""
    segments = path.removeprefix("/").split("/")
    for at, segment in enumerate(segments):
        found = SEGMENT.fullmatch(segment)
        node = ids.get(found["key"]) if found else None
        if found is None or node is None or _scope_of(graph, node) != scope:
            raise PlaceUnknown(f"There is no step at “{path:.200}” in this workflow.")
        own = f"{base}/{found['key']}"
        if at == len(segments) - 1:
            way.append(Stand(node, base, own))
            return tuple(way)
        group = graph.groups.get(node)
        if group is None:
            raise PlaceUnknown(f"“{found['key']}” is no block group, so nothing stands inside it.")
        role = found["role"] or "body"
        turn = int(found["number"]) if found["number"] and group.type in LOOPS else None
        way.append(Stand(node, base, own, role, turn))
        scope, base = (node, role), scope_path(group, own, role, turn)
    raise PlaceUnknown


def scope_path(group: BlockGroup, path: str, role: str, turn: int | None) -> str:
    """The path of what stands in a role (or turn) of the group at `path`."""
    if group.type in LOOPS:
        return path if turn is None else f"{path}[{turn}]"
    return path if role == "body" else f"{path}.{role}"


def path_to(graph: Graph, id: str, turns: Mapping[str, int] | None = None) -> str:
    """The path of a step or group; of the loops around it these turns, by the group's id (without one: every turn)."""
    keys = graph_keys(graph)
    path = ""
    above: BlockGroup | None = None
    for node, (_, role) in reversed(ancestry(graph, id)):
        if above is not None:
            path = scope_path(above, path, role or "body", (turns or {}).get(above.id))
        path = f"{path}/{keys[node]}"
        above = graph.groups.get(node)
    return path


def in_first_turns(graph: Graph, path: str) -> str:
    """The same place with turn 0 of every loop that is named without one."""
    turns = {stand.node: stand.turn or 0 for stand in way_to(graph, path) if stand.role is not None}
    return path_to(graph, way_to(graph, path)[-1].node, turns)


def place_of(graph: Graph, text: str) -> str:
    """The path that a person means: a path, or the id, name or key of a step or group.

    Raises:
        PlaceUnknown.
    """
    if text.startswith("/"):
        way = way_to(graph, text)
        return path_to(graph, way[-1].node, {stand.node: stand.turn for stand in way if stand.turn is not None})
    keys = graph_keys(graph)
    for id, key in keys.items():
        node = graph.steps.get(id) or graph.groups[id]
        if text in (id, node.name, key):
            return path_to(graph, id)
    raise PlaceUnknown(f"There is no step “{text:.80}” in this workflow.")


def without_retries(path: str) -> str:
    """The path with every retry of a try counted as its first."""
    return _RETRY.sub(".try", path) if ".try[" in path else path


def _scope_of(graph: Graph, node: str) -> Scope:
    group, role = graph.parent_of(node)
    return TOP if group is None else (group, role)
