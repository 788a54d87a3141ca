"""Where edges are led by hand: `settings.edge_routes` of a workflow, by edge id.

A route says how far along its curve an edge carries its words, and by how much the curve is drawn aside there. It means
nothing to a run. The route of an edge that is gone stays until another route is set, so that an undo finds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.domain.edits import GraphEdit, SetDetails
from app.domain.json_value import Json
from app.domain.route_faults import EDGE_ROUTES, STEP
from app.domain.workflow import Details, Graph


@dataclass(frozen=True, slots=True)
class Route:
    """At `t` along the curve (0 to 1, in steps of 0.05) it passes (`x`, `y`) px beside where it would by itself."""

    t: float = 0.5
    x: int = 0
    y: int = 0

    @classmethod
    def at(cls, t: float, x: float, y: float) -> Route:
        """The nearest route that can be kept."""
        steps = min(max(round(t / STEP), 1), round(1 / STEP) - 1)
        return cls(round(steps * STEP, 2), round(x), round(y))


def routes_in(details: Details) -> Mapping[str, Json]:
    """All routes as they are kept."""
    found = details.settings.get(EDGE_ROUTES)
    return found if isinstance(found, dict) else {}


def route_of(kept: Json) -> Route | None:
    """One route as it is kept; None for none."""
    if not isinstance(kept, dict):
        return None
    t, x, y = kept.get("t", 0.5), kept.get("x", 0), kept.get("y", 0)
    return Route(float(t), round(x), round(y)) if all(isinstance(n, int | float) for n in (t, x, y)) else None  # type: ignore[arg-type]


def with_routes(details: Details, changed: Mapping[str, Route | None], *, of: Graph | None = None) -> Details:
    """The details with these routes, None taking one away; with `of`, without those of edges that are not there."""
    kept = {id: route for id, route in routes_in(details).items() if id not in changed and (of is None or id in of.edges)}
    for id, route in changed.items():
        if route is not None and route != Route():
            kept[id] = {"t": round(route.t, 2), "x": route.x, "y": route.y}
    settings = {name: value for name, value in details.settings.items() if name != EDGE_ROUTES}
    return replace(details, settings={**settings, EDGE_ROUTES: kept} if kept else settings)


def route_edit(graph: Graph, edge_id: str, route: Route | None) -> GraphEdit:
    """Lead an edge along a route; None, and the plain one, let it go its own way."""
    return SetDetails(with_routes(graph.details, {edge_id: route}, of=graph))


def changed_routes(before: Details, after: Details) -> frozenset[str]:
    """The edges whose route is another."""
    if before is after:
        return frozenset()
    old, new = routes_in(before), routes_in(after)
    return frozenset(id for id in {**old, **new} if old.get(id) != new.get(id))
