"""Auto-layout of a workflow: each scope by itself, from the inside of the groups out, lanes below one another.

Notes are left alone: they go along with what they sit beside.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.domain import push
from app.domain.catalog import Catalog
from app.domain.edits import Batch
from app.domain.ground import Ground
from app.domain.lanes import ABOVE, BELOW, HEADER, LANE_HEIGHT, Box
from app.domain.layout.flat import Block, Sheet, Tick, Wire, laid_out
from app.domain.layout.notes import follow_neighbours
from app.domain.measures import GRID, ROW_HEIGHT, has_rows, ports_of
from app.domain.regrouping import roots_of
from app.domain.topology import Link, Scope, topology_of
from app.domain.workflow import NODE_HEIGHT, Graph

TEXT = "Tidy up"
SIDE = 32
# What is above the first row: the header and a little air, so that steps come to lie on the grid when wires are level.
TOP = 55
TOP_IN_LANE = 87
LEAST_WIDTH = 240
LABEL_CHARACTER, LABEL_EDGE, LABEL_MOST = 7.0, 20, 180


def arranged(
    graph: Graph, catalog: Catalog, ids: Iterable[str] = (), *, folded: frozenset[str] = frozenset(), tick: Tick = lambda done: None
) -> Batch | None:
    """The edit that lays out everything, or only `ids`: one group with all that is in it, or some neighbours among themselves.

    None when all stands where it should.
    """
    work = _Work(graph, catalog, folded, tick)
    chosen = roots_of(graph, tuple(ids))
    if not chosen:
        work.everything()
    elif len(chosen) == 1 and chosen[0] in graph.groups:
        work.one_group(chosen[0])
    else:
        work.neighbours(chosen)
    edits = work.ground.edits()
    return Batch(tuple(edits), TEXT) if edits else None


class _Work:
    """One layout under way. Sizes are found from the inside out, places from the outside in."""

    def __init__(self, graph: Graph, catalog: Catalog, folded: frozenset[str], tick: Tick) -> None:
        self.graph, self.catalog, self.folded, self.tick = graph, catalog, folded, tick
        self.ground = Ground(graph, catalog, folded)
        self.topology = topology_of(graph)
        self.sizes: dict[str, tuple[float, float]] = {}
        # For each group the corners of its children, measured from its own.
        self.inside: dict[str, dict[str, tuple[float, float]]] = {}

    def everything(self) -> None:
        before = self._boxes()
        for group in self._inner_first(None):
            self._measure(group)
        nodes = self.topology.nodes.get((None, None), ())
        if nodes:
            left, top = self._corner(nodes)
            self._spread(nodes, self._sheet((None, None), nodes), left, top)
        follow_neighbours(self.ground, before)

    def one_group(self, group_id: str) -> None:
        before = self._boxes()
        x, y, _, _ = old = self.ground.box(group_id)
        for group in self._inner_first(group_id):
            self._measure(group)
        if group_id in self.folded:
            return
        self._put_group(group_id, x, y)
        if self.ground.box(group_id) != old:
            push.grow(self.ground, group_id, old)
        follow_neighbours(self.ground, before)

    def neighbours(self, chosen: Sequence[str]) -> None:
        """Each scope's part of the selection by itself; what it comes to cover is pushed aside."""
        before = self._boxes()
        scopes: dict[Scope, list[str]] = {}
        for id in chosen:
            group_id, role = self.graph.parent_of(id)
            scopes.setdefault((group_id, role if group_id is not None else None), []).append(id)
        for scope, nodes in scopes.items():
            ordered = [node for node in self.topology.nodes.get(scope, ()) if node in set(nodes)]
            left, top = self._corner(ordered)
            sheet = self._sheet(scope, ordered)
            for node, (x, y) in zip(ordered, sheet.corners, strict=True):
                now = self.ground.box(node)
                self.ground.shift(node, left + x - now[0], top + y - now[1])
            for node in ordered:
                push.drop(self.ground, node, old=before[node], others=frozenset(ordered))
        follow_neighbours(self.ground, before)

    def _boxes(self) -> dict[str, Box]:
        """Where everything stood; only with notes anyone asks."""
        graph = self.graph
        return {id: self.ground.box(id) for part in (graph.steps, graph.groups, graph.notes) for id in part}

    def _inner_first(self, group_id: str | None) -> list[str]:
        """Groups from the inside out: all of them, or one with those in it. The inside of a folded one stays as it is."""
        todo = [each for each in self.ground.inside(group_id) if each in self.graph.groups] if group_id is None else [group_id]
        found: list[str] = []
        seen: set[str] = set()
        while todo:
            each = todo.pop()
            if each in seen or each in self.folded:
                continue
            seen.add(each)
            found.append(each)
            todo.extend(child for child in self.ground.inside(each) if child in self.graph.groups)
        return found[::-1]

    def _measure(self, group_id: str) -> None:
        """Lay out the lanes of a group, and take the size it needs for them."""
        roles = self.ground.roles(group_id)
        by_role: dict[str, list[str]] = {}
        for child in self.ground.inside(group_id):
            role = self.graph.parent_of(child)[1] or ""
            by_role.setdefault(role if role in roles else roles[0], []).append(child)
        corners: dict[str, tuple[float, float]] = {}
        first = TOP if len(roles) == 1 else TOP_IN_LANE
        end, width = float(HEADER), float(LEAST_WIDTH)
        for at, role in enumerate(roles):
            nodes = by_role.get(role, [])
            if not nodes:
                end += LANE_HEIGHT
                continue
            start = first if at == 0 else _up_to(end + ABOVE, first)
            sheet = self._sheet((group_id, role), nodes)
            for node, (x, y) in zip(nodes, sheet.corners, strict=True):
                corners[node] = SIDE + x, start + y
            width = max(width, sheet.width + 2 * SIDE)
            end = max(start + sheet.height + BELOW, end + LANE_HEIGHT)
        self.inside[group_id] = corners
        self.sizes[group_id] = _up_to(width, 0), _up_to(end + (GRID if len(roles) == 1 else 0), 0)

    def _sheet(self, scope: Scope, nodes: Sequence[str]) -> Sheet:
        number = {node: at for at, node in enumerate(nodes)}
        blocks = []
        for node in nodes:
            x, y, width, height = self.ground.box(node)
            width, height = self.sizes.get(node, (width, height))
            blocks.append(Block(width, height, self._inlet(node), x, y))
        wires = [
            Wire(number[link.source], number[link.target], self._outlet(link), _label(link, self._rows(link)))
            for link in self.topology.links.get(scope, ())
            if link.source in number and link.target in number
        ]
        return laid_out(blocks, wires, self.tick)

    def _inlet(self, node: str) -> float:
        return HEADER / 2 if node in self.graph.groups and node not in self.folded else NODE_HEIGHT / 2

    def _rows(self, link: Link) -> int | None:
        """The output row that a link leaves from."""
        if link.source != link.edge.source_step_id:
            return None
        ports = ports_of(self.graph.steps[link.source], self.catalog)
        if not has_rows(ports) or link.edge.condition is None:
            return None
        words = link.edge.condition.strip()
        return next((row for row, port in enumerate(ports) if port.condition is not None and port.condition.strip() == words), None)

    def _outlet(self, link: Link) -> float:
        row = self._rows(link)
        return self._inlet(link.source) if row is None else NODE_HEIGHT + ROW_HEIGHT * (row + 0.5)

    def _corner(self, nodes: Sequence[str]) -> tuple[float, float]:
        """Where the whole begins: where it began, on the grid."""
        boxes = [self.ground.box(node) for node in nodes]
        return min(box[0] for box in boxes) // GRID * GRID, min(box[1] for box in boxes) // GRID * GRID

    def _spread(self, nodes: Sequence[str], sheet: Sheet, left: float, top: float) -> None:
        for node, (x, y) in zip(nodes, sheet.corners, strict=True):
            self._put(node, left + x, top + y)

    def _put(self, node: str, x: float, y: float) -> None:
        if node in self.inside:
            self._put_group(node, x, y)
        else:
            now = self.ground.box(node)
            self.ground.shift(node, x - now[0], y - now[1])

    def _put_group(self, group_id: str, x: float, y: float) -> None:
        todo: list[tuple[str, float, float]] = [(group_id, x, y)]
        while todo:
            node, left, top = todo.pop()
            self.ground.put(node, (left, top, *self.sizes[node]))
            for child, (dx, dy) in self.inside[node].items():
                if child in self.inside:
                    todo.append((child, left + dx, top + dy))
                else:
                    self._put(child, left + dx, top + dy)


def _label(link: Link, row: int | None) -> float:
    """About how wide the words on a wire are; the canvas measures them, here their number must do."""
    words = " ".join((link.edge.condition or "").split())
    return min(len(words) * LABEL_CHARACTER + LABEL_EDGE, LABEL_MOST) if words and row is None else 0.0


def _up_to(value: float, start: float) -> float:
    """The first number from `value` on that is a whole number of grid steps from `start`."""
    return start + -(-(value - start) // GRID) * GRID
