"""Why a step has not run in a run: which branch was not taken, what it waits for; one sentence from rows and definition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.domain.topology import TOP, Link, Scope, Topology, ancestry
from app.domain.workflow import BlockGroup, Graph, Step

_ENDED = ("completed", "failed", "skipped", "cancelled")
_LANE_TYPES = ("if_else", "switch_case")
_MOST = 3


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a run: by node its last status (None: no row), and of a group the roles that have run."""

    status_of: Callable[[str], str | None]
    roles_of: Callable[[str], Sequence[str]]
    is_over: bool = False
    paused_at: tuple[str, ...] = ()
    part: str = ""
    """Of a run that was about one step only, its name."""


def why_not_run(topology: Topology, node_id: str, seen: Seen) -> str:
    """The sentence; empty for a node that has run or is running."""
    graph = topology.graph
    way = list(reversed(ancestry(graph, node_id)))
    for depth, (node, scope) in enumerate(way):
        is_last = depth == len(way) - 1
        status = seen.status_of(node) if is_last else _status_of_group(node, seen)
        if is_last and status not in (None, "skipped", "pending"):
            return ""
        if status in (None, "skipped", "pending"):
            return _of_links(topology, node, scope, node_id, seen, skipped=status == "skipped")
        if not is_last and (sentence := _of_lane(graph.groups[node], way[depth + 1][1], seen)):
            return sentence
    return ""


def _status_of_group(group_id: str, seen: Seen) -> str | None:
    status = seen.status_of(group_id)
    return "running" if status is None and seen.roles_of(group_id) else status


def _of_lane(group: BlockGroup, scope: Scope, seen: Seen) -> str:
    """Whether the group ran without this role."""
    role, roles = scope[1] or "body", [role for role in seen.roles_of(group.id) if role]
    if role in roles or not roles:
        return ""
    if group.type in _LANE_TYPES:
        return f"“{group.name}” took its lane “{roles[0]}” instead."
    if group.type == "try_catch" and role == "catch":
        return (
            f"Nothing in “{group.name}” failed, so its catch lane did not run."
            if seen.is_over
            else "Its lane runs only if something fails."
        )
    return f"It begins once the try lane of “{group.name}” has ended." if group.type == "try_catch" and not seen.is_over else ""


def _of_links(topology: Topology, node: str, scope: Scope, asked: str, seen: Seen, *, skipped: bool) -> str:
    graph, links = topology.graph, topology.incoming(scope).get(node, [])
    if skipped:
        reasons = list(dict.fromkeys(reason for link in links if (reason := _reason(graph, link, seen))))
        inside = "No" if node == asked else f"“{graph.groups[node].name}” did not run: no"
        more = f" (and {len(reasons) - _MOST} more)" if len(reasons) > _MOST else ""
        return f"{inside} wire to it was taken: {'; '.join(reasons[:_MOST])}{more}." if reasons else f"{inside} wire to it was taken."
    if seen.is_over:
        return f"This run was only about “{seen.part}”." if seen.part else "The run ended before it came here."
    if node in seen.paused_at:
        return f"The run pauses before “{graph.groups[node].name}”." if node != asked else ""
    waiting = [_name(graph, link.source) for link in links if seen.status_of(link.source) not in _ENDED]
    if waiting:
        pauses = any(link.source in seen.paused_at for link in links)
        return f"It waits for {_several(waiting)}{', where the run pauses' if pauses else ''}."
    return "It begins with the run." if scope == TOP and not links else "It has not begun yet."


def _reason(graph: Graph, link: Link, seen: Seen) -> str:
    name, status = _name(graph, link.source), seen.status_of(link.source)
    if status == "completed":
        condition = (link.edge.condition or "").strip()
        match condition:
            case "result":
                return f"{name} answered false"
            case "!result":
                return f"{name} answered true"
            case "":
                return ""
        return f"{condition if len(condition) <= 60 else condition[:59] + '…'} did not hold after {name}"
    return {"skipped": f"{name} was skipped", "failed": f"{name} failed", "cancelled": f"{name} was cancelled"}.get(status or "", "")


def _name(graph: Graph, id: str) -> str:
    node: Step | BlockGroup = graph.steps.get(id) or graph.groups[id]
    return f"“{node.name}”"


def _several(names: Sequence[str]) -> str:
    shown = list(dict.fromkeys(names))
    if len(shown) > _MOST:
        return f"{', '.join(shown[:_MOST])} and {len(shown) - _MOST} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
