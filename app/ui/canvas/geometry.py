"""Where everything is: boxes of steps, groups and notes, and curves of edges, as numpy columns that follow the graph.

Visibility, hits and the rubber band are masks over these columns. A box's rectangle is x, y, width, height in world px.
An edge is drawn between *anchors*: its two steps, or a group around one of them (see `attachment`).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from itertools import chain
from typing import ClassVar

import numpy as np

from app.domain.catalog import Catalog, Port
from app.domain.lanes import HEADER, Lane, lanes_of
from app.domain.measures import COLLAPSED_SIZE, has_rows, node_height, ports_of, roles_of
from app.domain.routes import Route, route_of, routes_in
from app.domain.workflow import NODE_WIDTH, BlockGroup, Edge, Graph, Note, Step
from app.ui.canvas import curves
from app.ui.canvas.attachment import Attachment
from app.ui.canvas.faces import CATEGORIES, PORT_LINE, category_of, port_row, row_line
from app.ui.canvas.graph_model import GraphChange
from app.ui.canvas.rows import Floats, Ints, Mask, Rows, Slots, Small

# Beyond this share of the graph a change is cheaper to take as a new graph.
RELOAD_SHARE = 0.25
# Groups nested deeper than this show only their header when they are small on screen.
DEEPEST_OPEN, DEEP_BELOW = 4, 0.60


class Kind(IntEnum):
    STEP = 0
    GROUP = 1
    NOTE = 2


class Boxes(Rows):
    """Steps, groups and notes. `parent` is the slot of the group around (-1: none), `shown` is false inside a collapsed group."""

    rect: Floats
    kind: Small
    category: Small
    depth: Small
    parent: Ints
    shown: Mask
    disabled: Mask
    collapsed: Mask
    _columns: ClassVar = {
        "rect": (np.float64, (4,)),
        "kind": (np.uint8, ()),
        "category": (np.uint8, ()),
        "depth": (np.uint8, ()),
        "parent": (np.int32, ()),
        "shown": (bool, ()),
        "disabled": (bool, ()),
        "collapsed": (bool, ()),
    }


class Links(Rows):
    """Edges. `ends` are the slots of its steps, `sides` those of the nodes it counts for, `anchors` those it is drawn at.

    `row` is the output row it leaves from (-1: none), `labelled` says that its condition is written on it,
    `crossing` that it passes a group's border elsewhere than at a header port. `bend` moves both inner control points of one
    that is led by hand, and `carries` is how far along it has its words then (0: wherever there is room).
    """

    ends: Ints
    sides: Ints
    anchors: Ints
    row: Ints
    bend: Floats
    carries: Floats
    points: Floats
    bounds: Floats
    shown: Mask
    labelled: Mask
    crossing: Mask
    _columns: ClassVar = {
        "ends": (np.int32, (2,)),
        "sides": (np.int32, (2,)),
        "anchors": (np.int32, (2,)),
        "row": (np.int32, ()),
        "bend": (np.float64, (2,)),
        "carries": (np.float64, ()),
        "points": (np.float64, (4, 2)),
        "bounds": (np.float64, (4,)),
        "shown": (bool, ()),
        "labelled": (bool, ()),
        "crossing": (bool, ()),
    }


class Geometry:
    """The columns of one graph. `version` counts changes, for caches of what follows from them."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.graph = Graph()
        self.boxes = Boxes()
        self.links = Links()
        self.attachment = Attachment(self.boxes, self.links)
        self.ports: dict[int, tuple[Port, ...]] = {}
        self.collapsed_ids: frozenset[str] = frozenset()
        self.version = 0
        self._lanes: dict[int, tuple[Lane, ...]] = {}
        self._is_shallow = self._has_deep = False
        self._scale = 1.0

    # From the graph

    def load(self, graph: Graph) -> None:
        """Take a whole graph."""
        self.graph = graph
        self.ports.clear()
        self.boxes.reset([*graph.steps, *graph.groups, *graph.notes])
        self.links.reset(list(graph.edges))
        self._place_steps(graph.steps.values())
        self._place_groups(graph.groups.values())
        self._place_notes(graph.notes.values())
        self._place_edges(graph.edges.values())
        self._settle()

    def update(self, change: GraphChange) -> None:
        """Follow a change of the graph, touching only what changed."""
        if change.edit is None or change.count > 64 + RELOAD_SHARE * len(self.boxes.slot):
            self.load(change.after)
            return
        before, after = change.before, change.after
        self.graph = after
        for key in chain(change.steps.removed, change.groups.removed, change.notes.removed):
            self.ports.pop(self.boxes.remove(key), None)
        for key in change.edges.removed:
            self.links.remove(key)
        for key in chain(change.steps.added, change.groups.added, change.notes.added):
            self.boxes.add(key)
        for key in change.edges.added:
            self.links.add(key)
        self._place_steps(after.steps[key] for key in change.steps.present)
        self._place_groups(after.groups[key] for key in change.groups.present)
        self._place_notes(after.notes[key] for key in change.notes.present)
        ends = {edge.id: edge for edge in self._edges_at(change.steps.present)}
        ends.update({key: after.edges[key] for key in (change.edges.present | change.rerouted) if key in after.edges})
        ends.update({edge.id: edge for edge in self._dangling()} if change.steps.added else {})
        self._place_edges(ends.values())
        came_or_went = any(part.added or part.removed for part in (change.steps, change.groups, change.notes))
        nodes = chain(change.steps.changed, change.groups.changed)
        reparented = any(before.parent_of(key) != after.parent_of(key) for key in nodes)
        if came_or_went or reparented or change.edges.count > 0 or change.rerouted or self._roles_changed(change):
            self._settle()
        else:
            changed = np.array([self.boxes.slot[key] for key in chain(change.steps.changed, change.groups.changed)], np.intp)
            self._settle_curves(self.edges_of(changed))

    def _roles_changed(self, change: GraphChange) -> bool:
        """Whether a group's config gave it other roles, so that another step may stand for it."""
        pairs = ((change.before.groups[key], change.after.groups[key]) for key in change.groups.changed)
        return any(roles_of(old.type, old.config, self.catalog) != roles_of(new.type, new.config, self.catalog) for old, new in pairs)

    def collapse(self, ids: frozenset[str]) -> None:
        """Show these groups as one node each; what stands in them is hidden."""
        self.collapsed_ids = ids
        self._place_groups(self.graph.groups.values())
        self._settle()

    def _edges_at(self, steps: frozenset[str]) -> Iterable[Edge]:
        if not steps:
            return ()
        slots = np.fromiter((self.boxes.slot[key] for key in steps), np.int32, len(steps))
        return self._edges_where(np.asarray(np.isin(self.links.ends, slots).any(axis=1)))

    def _dangling(self) -> Iterable[Edge]:
        """Edges with an end that was not there: a step that came may be it."""
        return self._edges_where(np.asarray((self.links.ends < 0).any(axis=1)))

    def _edges_where(self, chosen: Mask) -> list[Edge]:
        keys = [self.links.ids[slot] for slot in np.flatnonzero(self.links.alive & chosen)]
        return [self.graph.edges[key] for key in keys if key is not None and key in self.graph.edges]

    def _place_steps(self, steps: Iterable[Step]) -> None:
        boxes, catalog = self.boxes, self.catalog
        code = {name: index for index, name in enumerate(CATEGORIES)}
        rows: list[tuple[float, ...]] = []
        slots: list[int] = []
        for step in steps:
            slot = boxes.slot[step.id]
            ports = ports_of(step, catalog)
            self.ports.pop(slot, None)
            if has_rows(ports):
                self.ports[slot] = ports
            category = code.get(category_of(step, catalog), len(CATEGORIES) - 1)
            disabled = step.config.get("disabled") is True
            slots.append(slot)
            rows.append((step.position.x, step.position.y, NODE_WIDTH, node_height(ports), category, disabled))
        if slots:
            at, values = np.array(slots), np.array(rows, np.float64)
            boxes.rect[at] = values[:, :4]
            boxes.kind[at] = Kind.STEP
            boxes.category[at], boxes.disabled[at] = values[:, 4], values[:, 5] > 0
            boxes.collapsed[at] = False

    def _place_groups(self, groups: Iterable[BlockGroup]) -> None:
        boxes = self.boxes
        for group in groups:
            slot = boxes.slot[group.id]
            kind = self.catalog.groups.get(group.type)
            category = kind.category if kind is not None and kind.category in CATEGORIES else "other"
            collapsed = group.id in self.collapsed_ids
            size = COLLAPSED_SIZE if collapsed else (group.size.width, group.size.height)
            boxes.rect[slot] = (group.position.x, group.position.y, *size)
            boxes.kind[slot] = Kind.GROUP
            boxes.category[slot] = CATEGORIES.index(category)
            boxes.disabled[slot] = False
            boxes.collapsed[slot] = collapsed

    def _place_notes(self, notes: Iterable[Note]) -> None:
        boxes = self.boxes
        for note in notes:
            slot = boxes.slot[note.id]
            boxes.rect[slot] = (note.position.x, note.position.y, note.size.width, note.size.height)
            boxes.kind[slot] = Kind.NOTE
            boxes.collapsed[slot] = boxes.disabled[slot] = False

    def _place_edges(self, edges: Iterable[Edge]) -> None:
        slot_of, links, routes = self.boxes.slot, self.links, routes_in(self.graph.details)
        for edge in edges:
            slot = links.slot[edge.id]
            source, target = slot_of.get(edge.source_step_id, -1), slot_of.get(edge.target_step_id, -1)
            links.ends[slot] = source, target
            row = port_row(self.ports[source], edge.condition) if source in self.ports else None
            links.row[slot] = -1 if row is None else row
            links.labelled[slot] = row is None and edge.condition is not None and not edge.condition.isspace() and edge.condition != ""
            self.lead(slot, route_of(routes.get(edge.id)) if routes else None)

    def lead(self, slot: int, route: Route | None) -> None:
        """Lead an edge along a route from its next curve on."""
        links = self.links
        links.bend[slot] = (0.0, 0.0) if route is None else curves.bend(route.t, route.x, route.y)
        links.carries[slot] = 0.0 if route is None else route.t

    def _settle(self) -> None:
        """Bring all that follows from the rows up to date: parents, depth, attachment, curves."""
        self.attachment.settle_parents(self.graph)
        self._settle_depths()
        self.attachment.settle(self.graph, lambda group: roles_of(group.type, group.config, self.catalog))
        self.links.shown[:] = self.links.alive & (self.links.ends >= 0).all(axis=1) & self.attachment.drawn
        inner = (self.links.anchors == self.links.ends) & (self.links.sides != self.links.ends)
        self.links.crossing[:] = self.links.shown & inner.any(axis=1)
        self._settle_curves(np.flatnonzero(self.links.shown))

    def _settle_curves(self, edges: Slots) -> None:
        self._lanes.clear()
        self._curve(edges)
        self.version += 1

    def _settle_depths(self) -> None:
        boxes = self.boxes
        depth = np.zeros(len(boxes.ids), np.uint8)
        hidden = np.zeros(len(boxes.ids), bool)
        around = np.where(boxes.alive, boxes.parent, -1)
        for _ in range(64):  # nesting is at most 32; a loop of groups in a broken draft ends here too
            inside = around >= 0
            if not inside.any():
                break
            depth[inside] += 1
            hidden[inside] |= boxes.collapsed[around[inside]]
            around = np.where(inside, boxes.parent[around], -1)
        boxes.depth[:] = depth
        boxes.shown[:] = boxes.alive & ~hidden
        self._has_deep = bool((boxes.shown & (depth > DEEPEST_OPEN)).any())
        self.look_at(self._scale)

    def look_at(self, scale: float) -> None:
        """From afar the inside of deeply nested groups is not shown and cannot be hit."""
        self._scale = scale
        self._is_shallow = self._has_deep and scale < DEEP_BELOW

    def is_header_only(self, slot: int) -> bool:
        """Whether a group is nested too deep to show its inside at this scale."""
        return self._is_shallow and int(self.boxes.depth[slot]) == DEEPEST_OPEN

    # Curves

    def _curve(self, slots: Slots) -> None:
        if not len(slots):
            return
        links, rect = self.links, self.boxes.rect
        source, target = links.anchors[slots, 0], links.anchors[slots, 1]
        start = np.stack([rect[source, 0] + rect[source, 2], rect[source, 1] + self._line(source)], axis=1)
        end = np.stack([rect[target, 0], rect[target, 1] + self._line(target)], axis=1)
        in_row = (links.row[slots] >= 0) & (source == links.ends[slots, 0])
        start[in_row, 1] = rect[source[in_row], 1] + row_line(0) + (row_line(1) - row_line(0)) * links.row[slots][in_row]
        points = curves.controls(start, end)
        points[:, 1:3] += links.bend[slots][:, None]
        links.points[slots] = points
        links.bounds[slots] = curves.bounds(points)

    def _line(self, slots: Ints) -> Floats:
        """How far below a box's top its ports lie."""
        opened = (self.boxes.kind[slots] == Kind.GROUP) & ~self.boxes.collapsed[slots]
        return np.where(opened, HEADER / 2, PORT_LINE)

    def shift(self, slots: Slots, rects: Floats, edges: Slots) -> None:
        """Show boxes elsewhere for the time of a drag; the graph is not changed. `edges` are those to follow."""
        self.boxes.rect[slots] = rects
        self._curve(edges)

    def edges_of(self, slots: Slots) -> Slots:
        """The shown edges that are drawn to or from one of these boxes."""
        chosen = np.zeros(len(self.boxes.ids), bool)
        chosen[slots] = True
        return np.flatnonzero(self.links.shown & chosen[self.links.anchors].any(axis=1))

    # Questions

    @property
    def opened(self) -> Mask:
        """Which boxes are groups that show their inside."""
        return np.asarray((self.boxes.kind == Kind.GROUP) & ~self.boxes.collapsed)

    @property
    def nodes(self) -> Mask:
        """Which boxes show as one node: steps and folded groups."""
        return np.asarray((self.boxes.kind == Kind.STEP) | self.boxes.collapsed)

    def boxes_in(self, left: float, top: float, right: float, bottom: float) -> Mask:
        rect, shown = self.boxes.rect, self.boxes.shown
        if self._is_shallow:
            shown = shown & (self.boxes.depth <= DEEPEST_OPEN)
        x, y = rect[:, 0], rect[:, 1]
        return np.asarray(shown & (x < right) & (x + rect[:, 2] > left) & (y < bottom) & (y + rect[:, 3] > top))

    def edges_in(self, left: float, top: float, right: float, bottom: float) -> Mask:
        box, shown = self.links.bounds, self.links.shown
        if self._is_shallow:
            shown = shown & (self.boxes.depth[self.links.anchors] <= DEEPEST_OPEN).any(axis=1)
        return np.asarray(shown & (box[:, 0] < right) & (box[:, 2] > left) & (box[:, 1] < bottom) & (box[:, 3] > top))

    def extent(self, slots: Slots | None = None) -> tuple[float, float, float, float] | None:
        """Left, top, right, bottom of all shown boxes, or of some; None when there is none."""
        rect = self.boxes.rect[self.boxes.shown if slots is None else slots]
        if not len(rect):
            return None
        right, bottom = (rect[:, 0] + rect[:, 2]).max(), (rect[:, 1] + rect[:, 3]).max()
        return float(rect[:, 0].min()), float(rect[:, 1].min()), float(right), float(bottom)

    def lanes(self, slot: int) -> tuple[Lane, ...]:
        """The lanes of a group as it stands in the graph, measured from its upper border; remembered until the graph changes."""
        found = self._lanes.get(slot)
        if found is None:
            found = self._lanes[slot] = self.lanes_without(slot, frozenset())
        return found

    def forget_lanes(self, slot: int) -> None:
        """This group shows at another size."""
        self._lanes.pop(slot, None)

    def lanes_without(self, slot: int, left_out: frozenset[int]) -> tuple[Lane, ...]:
        """The lanes of a group as if some of its children were not there."""
        key = self.boxes.ids[slot]
        assert key is not None
        group = self.graph.groups[key]
        start = float(self.boxes.rect[slot, 1])
        extents: dict[str, tuple[float, float]] = {}
        for child in self.attachment.children.get(slot, ()):
            child_id = self.boxes.ids[child]
            if child not in left_out and child_id is not None:
                role = self.graph.parent_of(child_id)[1] or ""
                top = float(self.boxes.rect[child, 1]) - start
                bottom = top + float(self.boxes.rect[child, 3])
                known = extents.get(role, (top, bottom))
                extents[role] = min(known[0], top), max(known[1], bottom)
        roles = roles_of(group.type, group.config, self.catalog)
        return lanes_of(roles, top=0.0, bottom=float(self.boxes.rect[slot, 3]), children=extents)

    def filled_roles(self, slot: int) -> frozenset[str]:
        """The roles of a group in which something stands."""
        keys = (self.boxes.ids[child] for child in self.attachment.children.get(slot, ()))
        return frozenset(self.graph.parent_of(key)[1] or "" for key in keys if key is not None)

    def port(self, slot: int, name: str) -> tuple[float, float]:
        """Where a port is, in world px: `in`, `out`, or the name of an output row."""
        x, y, width, _ = self.boxes.rect[slot]
        line = float(self._line(np.array([slot], np.int32))[0])
        if name == "in":
            return float(x), float(y + line)
        for index, port in enumerate(self.ports.get(slot, ())):
            if port.name == name:
                line = row_line(index)
        return float(x + width), float(y + line)

    def outputs(self, slot: int) -> tuple[str, ...]:
        """The names of a box's output ports, top to bottom."""
        return tuple(port.name for port in self.ports[slot]) if slot in self.ports else ("out",)
