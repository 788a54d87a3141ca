"""How the examples lie on the canvas: by the same rules that hold for groups which people draw."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QApplication

from app.domain.lanes import ABOVE, Box, lanes_of, smallest_box
from app.domain.topology import topology_of
from app.domain.workflow import NODE_HEIGHT, NODE_WIDTH, BlockGroup, Graph
from app.ui.theme import font, load_fonts
from tests.catalog import CATALOG
from tests.e2e.examples import NAMES, definition

GAP = 24
ROW_HEIGHT = 22
TITLE_ROOM = NODE_WIDTH - 72
# What a note leaves around its text, and around its title.
NOTE_SIDES, NOTE_ENDS = 25, 43


def box_of(graph: Graph, id: str) -> Box:
    if step := graph.steps.get(id):
        rows = len(CATALOG.steps[step.type].ports(step.config))
        return step.position.x, step.position.y, NODE_WIDTH, NODE_HEIGHT + (ROW_HEIGHT * rows if rows > 1 else 0)
    drawn = graph.groups.get(id) or graph.notes[id]
    return drawn.position.x, drawn.position.y, drawn.size.width, drawn.size.height


def siblings(graph: Graph) -> Iterator[list[str]]:
    """Boxes that stand side by side: those of each group, and those of the top level with the notes."""
    nodes = [*graph.steps, *graph.groups]
    yield [id for id in nodes if graph.parent_of(id)[0] is None] + list(graph.notes)
    for group in graph.groups:
        yield [id for id in nodes if graph.parent_of(id)[0] == group]


def children_by_role(graph: Graph, group: BlockGroup) -> dict[str, list[Box]]:
    found: dict[str, list[Box]] = {}
    for id in [*graph.steps, *graph.groups]:
        parent, role = graph.parent_of(id)
        if parent == group.id:
            found.setdefault(str(role), []).append(box_of(graph, id))
    return found


def apart(a: Box, b: Box) -> bool:
    return a[0] + a[2] + GAP <= b[0] or b[0] + b[2] + GAP <= a[0] or a[1] + a[3] + GAP <= b[1] or b[1] + b[3] + GAP <= a[1]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_lies_over_or_close_to_its_neighbour(name: str) -> None:
    graph = definition(name).graph
    crowded = [(a, b) for group in siblings(graph) for a, b in combinations(group, 2) if not apart(box_of(graph, a), box_of(graph, b))]
    assert crowded == []


@pytest.mark.parametrize("name", NAMES)
def test_every_group_has_room_for_its_children(name: str) -> None:
    graph = definition(name).graph
    for group in graph.groups.values():
        roles = CATALOG.groups[group.type].roles(group.config)
        box = box_of(graph, group.id)
        assert smallest_box(roles, box, children_by_role(graph, group)) == box, group.name


@pytest.mark.parametrize("name", NAMES)
def test_every_child_stands_in_the_lane_of_its_role(name: str) -> None:
    graph = definition(name).graph
    for group in graph.groups.values():
        _, top, _, height = box_of(graph, group.id)
        boxes = children_by_role(graph, group)
        extents = {role: (min(box[1] for box in inside), max(box[1] + box[3] for box in inside)) for role, inside in boxes.items()}
        lanes = lanes_of(CATALOG.groups[group.type].roles(group.config), top=top, bottom=top + height, children=extents)
        for lane in lanes:
            for box in boxes.get(lane.role, []):
                assert lane.top + ABOVE <= box[1] and box[1] + box[3] <= lane.bottom, (group.name, lane.role)


@pytest.mark.parametrize("name", NAMES)
def test_every_wire_leads_to_the_right(name: str) -> None:
    graph = definition(name).graph
    backward = [
        link.edge.id
        for links in topology_of(graph).links.values()
        for link in links
        if (source := box_of(graph, link.source))[0] + source[2] + GAP > box_of(graph, link.target)[0]
    ]
    assert backward == []


@pytest.mark.parametrize("name", NAMES)
def test_a_new_user_finds_a_note_and_a_description(name: str) -> None:
    found = definition(name)
    assert found.graph.notes and len(found.description) > 40


@pytest.mark.parametrize("name", NAMES)
def test_every_name_and_note_fits_where_it_is_written(name: str, qapp: QApplication) -> None:
    load_fonts()
    graph = definition(name).graph
    titles, text = QFontMetricsF(font("node_title")), QFontMetricsF(font("caption"))
    assert [step.name for step in graph.steps.values() if titles.horizontalAdvance(step.name) > TITLE_ROOM] == []
    for note in graph.notes.values():
        title, _, body = note.text.partition("\n")
        room = QRectF(0, 0, note.size.width - NOTE_SIDES, 1_000)
        needed = text.boundingRect(room, int(Qt.TextFlag.TextWordWrap), body).height()
        assert needed <= note.size.height - NOTE_ENDS, (title, needed)
