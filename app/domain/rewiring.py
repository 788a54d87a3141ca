"""Changing wires as a whole: a step put into one, a step taken out with its neighbours joined, an end moved elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from app.domain.connecting import why_not_connect
from app.domain.edits import AddElements, Batch, GraphEdit, RemoveElements, ReplaceElements, removal
from app.domain.errors import EditRefused
from app.domain.expressions import ExpressionInvalid, compile_expression
from app.domain.expressions.rewriting import with_root_written_out
from app.domain.topology import CrossesRoles, side_by_side
from app.domain.workflow import Edge, Graph, Step, graph_keys

# Steps that give their input as their output: what an edge says of `$` holds for the step before them as well.
_PASS_THROUGH = frozenset({"condition", "wait"})
# Names that mean something only in what leaves a condition step.
_ANSWER = "result"
LONGEST_CONDITION = 10_000


def splice(edge: Edge, step_id: str, *, onward_id: str, answer: str | None = None, leaving: str | None = None) -> GraphEdit:
    """Lead an edge through a step: its condition stays where it was, before the step; `answer` is what the onward edge asks.

    For a group, `step_id` is the step that begins it and `leaving` the one that ends it.
    """
    onward = Edge(onward_id, leaving or step_id, edge.target_step_id, answer)
    return Batch((ReplaceElements((replace(edge, target_step_id=step_id),)), AddElements((onward,))), "Put into a connection")


def why_not_splice(
    graph: Graph, edge: Edge, step_id: str, *, leaving: str | None = None, group_id: str | None = None
) -> EditRefused | None:
    """Why a step without edges of its own cannot stand in this one; None when it can.

    A group stands in it from the step that begins it to `leaving`, if no edge crosses its border.
    """
    leaving = leaving or step_id
    for source, target in ((edge.source_step_id, step_id), (leaving, edge.target_step_id)):
        try:
            near, far, _ = side_by_side(graph, source, target)
        except CrossesRoles as refusal:
            return refusal
        if near == far:
            return EditRefused("A step cannot lead to itself; use a while group to repeat it.")
    if graph.parent_of(group_id or step_id) == graph.parent_of(edge.source_step_id) == graph.parent_of(edge.target_step_id):
        return None  # side by side there is no other way round
    # A step in a group may close a circle: others in that group may lead to the wire, or come after it.
    without = RemoveElements((edge.id,)).apply(graph)
    into = AddElements((replace(edge, target_step_id=step_id),)).apply(without)
    return why_not_connect(without, edge.source_step_id, step_id) or why_not_connect(into, leaving, edge.target_step_id)


def reconnection(graph: Graph, edge: Edge, *, source: str, target: str, condition: str | None) -> GraphEdit:
    """Move an end of an edge to another step.

    Raises:
        EditRefused: the edge may not lead there.
    """
    without = RemoveElements((edge.id,)).apply(graph)
    if refusal := why_not_connect(without, source, target):
        raise refusal
    return Batch((ReplaceElements((replace(edge, source_step_id=source, target_step_id=target, condition=condition),)),), "Reconnect")


def kept_condition(condition: str | None, old: Step | None, new: Step | None) -> str | None:
    """What stays of a condition when its edge leaves another step: the answer of a condition step only if there is one again."""
    if condition is None or (new is not None and new.type == "condition"):
        return condition
    asks = _roots(condition)
    return None if old is not None and old.type == "condition" and (asks is None or _ANSWER in asks) else condition


def healing_removal(graph: Graph, ids: Sequence[str]) -> GraphEdit:
    """The removal of a selection with its neighbours joined, wherever exactly one way led through what goes.

    The joined edge asks what both edges asked. When what the second one asked was of the removed step's own output, nobody
    could answer it any more: those neighbours are not joined, because an edge without its condition would always be taken.
    """
    removed = removal(graph, ids)
    gone = frozenset(removed.ids)
    wires = _Wires(edge for id, edge in graph.edges.items() if id not in gone)
    for id in removed.ids:
        if (step := graph.steps.get(id)) is not None:
            _heal(graph, step, wires)
    healed = tuple(edge for id, edge in wires.edges.items() if edge is not graph.edges[id])
    if not healed:
        return removed
    return Batch((ReplaceElements(healed), removed), removed.label)


def left_apart(graph: Graph, ids: Sequence[str]) -> list[str]:
    """The names of the steps of a selection through which one way leads that their removal cannot join: see `healing_removal`."""
    removed = removal(graph, ids)
    gone = frozenset(removed.ids)
    wires = _Wires(edge for id, edge in graph.edges.items() if id not in gone)
    found: list[str] = []
    for id in removed.ids:
        if (step := graph.steps.get(id)) is not None:
            entering, leaving = wires.take(id)
            one_way = len(entering) == 1 and len(leaving) == 1
            if one_way and leaving[0].target_step_id not in gone and _told_before(graph, step, leaving[0].condition) is None:
                found.append(step.name)
    return found


class _Wires:
    """Edges by their ends, to be taken out and led on."""

    def __init__(self, edges: Iterable[Edge]) -> None:
        self.edges: dict[str, Edge] = {}
        self._entering: dict[str, dict[str, None]] = {}
        self._leaving: dict[str, dict[str, None]] = {}
        for edge in edges:
            self.put(edge)

    def put(self, edge: Edge) -> None:
        self.edges[edge.id] = edge
        self._entering.setdefault(edge.target_step_id, {})[edge.id] = None
        self._leaving.setdefault(edge.source_step_id, {})[edge.id] = None

    def take(self, step_id: str) -> tuple[list[Edge], list[Edge]]:
        """Take a step's edges out: those that entered it, and those that left it."""
        entering, leaving = (list(index.get(step_id, ())) for index in (self._entering, self._leaving))
        found = [self.edges[id] for id in entering], [self.edges[id] for id in leaving]
        for edge in {edge.id: edge for part in found for edge in part}.values():
            del self.edges[edge.id], self._entering[edge.target_step_id][edge.id], self._leaving[edge.source_step_id][edge.id]
        return found

    def join(self, source: str, target: str) -> bool:
        return any(self.edges[id].target_step_id == target for id in self._leaving.get(source, ()))


def _heal(graph: Graph, step: Step, wires: _Wires) -> None:
    """Take a step out of the edges; the one that led to it leads on if there is one way only."""
    entering, leaving = wires.take(step.id)
    if len(entering) != 1 or len(leaving) != 1:
        return
    (before,), (after,) = entering, leaving
    source, target = before.source_step_id, after.target_step_id
    if not {source, target} <= graph.steps.keys() or source == target or wires.join(source, target):
        return
    told = _told_before(graph, step, after.condition)
    try:
        near, far, _ = side_by_side(graph, source, target)
    except CrossesRoles:
        return
    if told is not None and near != far:
        both = _both(before.condition, told)
        if both is None or len(both) <= LONGEST_CONDITION:
            wires.put(replace(before, target_step_id=target, condition=both))


def _told_before(graph: Graph, step: Step, condition: str | None) -> str | None:
    """What an edge behind a step asked, asked before it: empty for nothing, None when that cannot be."""
    if condition is None or not condition.strip():
        return ""
    asks = _roots(condition)
    if asks is None or ("steps" in asks and graph_keys(graph)[step.id] in compile_expression(condition).references.steps):
        return None
    if step.type == "condition" and _ANSWER in asks:
        expression = step.config.get("expression")
        if not isinstance(expression, str) or _roots(expression) is None:
            return None
        condition = with_root_written_out(condition, _ANSWER, expression)
    passes = step.type in _PASS_THROUGH or step.config.get("disabled") is True
    return condition if passes or "$" not in asks else None


def _both(first: str | None, second: str) -> str | None:
    asked = [part for part in (first, second) if part is not None and part.strip()]
    return " && ".join(f"({part})" for part in asked) if len(asked) > 1 else (asked[0] if asked else None)


def _roots(condition: str) -> Collection[str] | None:
    """The names a condition uses; None when it cannot be read."""
    try:
        return compile_expression(condition).references.roots
    except ExpressionInvalid:
        return None
