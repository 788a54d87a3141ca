"""Geometry that follows edits step by step equals geometry made anew; edges attach where they should."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.edits import AddElements, Batch, GraphEdit, MoveElements, Rename, Reparent, Resize, SetCondition, SetConfig, removal
from app.domain.errors import EditRefused
from app.domain.workflow import BlockGroup, Edge, Graph, Note, Position, Size
from app.ui.canvas import curves, graph_model
from app.ui.canvas.geometry import Geometry
from tests.catalog import CATALOG
from tests.ui.canvas.conftest import sample, step


def loaded(graph: Graph) -> Geometry:
    geometry = Geometry(CATALOG)
    geometry.load(graph)
    return geometry


def described(geometry: Geometry) -> dict[str, object]:
    """All that is shown, by id and not by slot."""
    boxes, links = geometry.boxes, geometry.links
    name = [*boxes.ids, None]
    return {
        **{
            key: (
                boxes.rect[slot].tolist(),
                int(boxes.kind[slot]),
                int(boxes.category[slot]) if key not in geometry.graph.notes else 0,
                int(boxes.depth[slot]),
                name[boxes.parent[slot]],
                bool(boxes.shown[slot]),
                bool(boxes.disabled[slot]),
                geometry.outputs(slot),
                geometry.lanes(slot) if key in geometry.graph.groups else (),
            )
            for key, slot in boxes.slot.items()
        },
        **{
            key: (
                [name[end] for end in links.anchors[slot]],
                links.points[slot].tolist() if links.shown[slot] else [],
                bool(links.shown[slot]),
                bool(links.labelled[slot]),
                bool(links.crossing[slot]),
            )
            for key, slot in links.slot.items()
        },
    }


ids = st.sampled_from([*sample().steps, *sample().groups])
spots = st.builds(Position, st.integers(-50, 900), st.integers(-50, 900))
edits: st.SearchStrategy[GraphEdit] = st.one_of(
    st.builds(lambda id, at: MoveElements(((id, at),)), ids, spots),
    st.builds(Rename, ids, st.sampled_from(["A", "B"])),
    st.builds(lambda id, off: SetConfig(id, {"disabled": off, "output": 1}), st.sampled_from(["first", "third", "call"]), st.booleans()),
    st.builds(lambda id, at, w: Resize(id, at, Size(w, 300)), st.sampled_from(["loop", "guard", "note"]), spots, st.integers(100, 600)),
    st.builds(lambda id, role: Reparent((id,), "guard", role), ids, st.sampled_from(["try", "catch", "finally"])),
    st.builds(lambda id: Reparent((id,), None, None), ids),
    st.builds(lambda id: Reparent((id,), "loop", "body"), ids),
    st.builds(SetCondition, st.sampled_from(["e1", "e2"]), st.sampled_from([None, "result", "$.x > 1"])),
    st.builds(lambda key, at: AddElements((step(key, at.x, at.y, type="condition"),)), st.sampled_from(["x", "y", "z"]), spots),
    st.builds(
        lambda key, a, b, on: AddElements((Edge(key, a, b, on),)),
        st.sampled_from(["m", "n", "o"]),
        st.sampled_from(["first", "inner", "call", "check"]),
        st.sampled_from(["second", "third", "tell"]),
        st.sampled_from([None, "result", "!result"]),
    ),
    st.builds(lambda key, at: AddElements((Note(key, "x", at),)), st.sampled_from(["p", "q"]), spots),
    st.builds(
        lambda key, at: AddElements((BlockGroup(key, key, "parallel", {}, "loop", "body", at, Size(240, 120)),)),
        st.sampled_from(["gg", "hh"]),
        spots,
    ),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(edits, min_size=1, max_size=12), st.sets(st.sampled_from([*sample().steps, "loop", "e1"]), max_size=3))
def test_geometry_that_follows_edits_equals_geometry_made_anew(done: list[GraphEdit], removed: set[str]) -> None:
    graph = sample()
    geometry = loaded(graph)
    inverses: list[GraphEdit] = []
    for edit in [*done, removal(graph, sorted(removed))]:
        try:
            after = edit.apply(graph)
        except (EditRefused, KeyError):
            continue
        inverses.append(edit.invert(graph))
        geometry.update(graph_model.change_between(graph, after, edit))
        graph = after
        assert described(geometry) == described(loaded(graph))
    for edit in reversed(inverses):
        after = edit.apply(graph)
        geometry.update(graph_model.change_between(graph, after, edit))
        graph = after
        assert described(geometry) == described(loaded(graph))


def test_a_large_change_is_taken_as_a_new_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = Graph({f"s{n}": step(f"s{n}", n * 10, 0) for n in range(200)})
    geometry = loaded(graph)
    edit = Batch(tuple(MoveElements(((f"s{n}", Position(n, n)),)) for n in range(200)))
    geometry.update(graph_model.change_between(graph, edit.apply(graph), edit))
    assert described(geometry) == described(loaded(edit.apply(graph)))


def test_an_edge_into_a_group_ends_at_its_header_when_the_group_begins_there() -> None:
    geometry = loaded(sample())
    slots = geometry.boxes.slot
    edge = geometry.links.slot["e2"]
    assert geometry.links.anchors[edge].tolist() == [slots["first"], slots["loop"]]
    assert geometry.links.points[edge, 3].tolist() == [96, 320 + 23]
    assert not geometry.links.crossing[edge]


def test_an_edge_to_another_step_of_a_group_crosses_its_border() -> None:
    graph = AddElements(
        (step("later", 144, 480, group="loop", role="body"), Edge("in", "inner", "later"), Edge("x", "first", "later"))
    ).apply(sample())
    geometry = loaded(graph)
    edge = geometry.links.slot["x"]
    slots = geometry.boxes.slot
    assert geometry.links.anchors[edge].tolist() == [slots["first"], slots["later"]]
    assert geometry.links.crossing[edge]
    assert geometry.attachment.crossed(edge) == [(slots["loop"], False)]
    x, y = curves.border_crossing(geometry.links.points[edge], geometry.boxes.rect[slots["loop"]], first=False)
    left, top, width, height = geometry.boxes.rect[slots["loop"]]
    on_side = min(abs(x - left), abs(x - left - width), abs(y - top), abs(y - top - height))
    assert on_side < 0.1


def test_an_edge_to_a_step_that_is_not_there_is_not_shown() -> None:
    graph = sample()
    broken = Graph(graph.steps, {**graph.edges, "lost": Edge("lost", "first", "nobody")}, graph.groups, graph.notes)
    geometry = loaded(broken)
    assert not geometry.links.shown[geometry.links.slot["lost"]]
    assert geometry.links.shown[geometry.links.slot["e1"]]


def test_groups_that_stand_in_each_other_do_not_hang_the_canvas() -> None:
    ring = {
        "a": BlockGroup("a", "A", "parallel", {}, "b", "body", Position(0, 0), Size(300, 300)),
        "b": BlockGroup("b", "B", "parallel", {}, "a", "body", Position(50, 50), Size(200, 200)),
    }
    steps = {"s": step("s", 60, 100, group="b", role="body"), "t": step("t", 600, 100)}
    geometry = loaded(Graph(steps, {"e": Edge("e", "s", "t")}, ring))
    assert geometry.links.shown[geometry.links.slot["e"]]


def test_an_unknown_type_is_shown_all_the_same() -> None:
    graph = Graph(
        {"s": step("s", 0, 0, type="from_the_future", group="g", role="r")},
        {},
        {"g": BlockGroup("g", "G", "nobody_knows", {}, None, None, Position(-20, -60), Size(300, 200))},
    )
    geometry = loaded(graph)
    assert geometry.boxes.shown.sum() == 2
    assert [lane.role for lane in geometry.lanes(geometry.boxes.slot["g"])] == ["body"]


def test_masks_find_what_lies_in_a_rectangle() -> None:
    geometry = loaded(sample())
    found = {geometry.boxes.ids[slot] for slot in np.flatnonzero(geometry.boxes_in(380, 90, 600, 170))}
    assert found == {"second"}
    assert {geometry.links.ids[slot] for slot in np.flatnonzero(geometry.edges_in(300, 120, 380, 130))} == {"e1", "e2"}


def test_a_folded_group_hides_its_inside_and_keeps_its_edges() -> None:
    geometry = loaded(sample())
    unfolded = described(geometry)
    geometry.collapse(frozenset({"loop"}))
    slots = geometry.boxes.slot
    assert not geometry.boxes.shown[slots["inner"]]
    assert geometry.links.shown[geometry.links.slot["e2"]]
    geometry.collapse(frozenset())
    assert described(geometry) == unfolded


def test_distances_to_a_curve_are_exact_at_its_ends() -> None:
    points = curves.controls(np.array([[0.0, 0.0]]), np.array([[300.0, 100.0]]))
    assert curves.distances(points, 300, 100)[0] == pytest.approx(0)
    assert curves.distances(points, 0, -7)[0] == pytest.approx(7, abs=0.5)
