"""A run's states over the graph: what is seen, where, and that it leaves again."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.domain.edits import removal
from app.ui.canvas.overlay import EDGE_CODE, OverlayState
from app.ui.canvas.view import CanvasView
from app.ui.theme import DARK, LIGHT, theme
from tests.ui.canvas.conftest import Hand, alike, colours_in, picture, shows


def chip(canvas: CanvasView, id: str) -> tuple[int, int, int, int]:
    """The last 60 px of the strip where a step's chip hangs."""
    box = canvas.node_rect(id)
    return round(box.right()) - 68, round(box.top()) - 10, 60, 20


def border(canvas: CanvasView, id: str) -> tuple[int, int, int, int]:
    """Some of a step's lower border."""
    box = canvas.node_rect(id)
    return round(box.left()) + 60, round(box.bottom()) - 2, 20, 4


@pytest.mark.parametrize("mode", ["dark", "light"])
def test_states_show_in_their_colours(canvas: CanvasView, mode: str) -> None:
    theme().set_mode(mode)
    tokens = DARK if mode == "dark" else LIGHT
    states = {"first": OverlayState("completed", "0.4 s"), "second": OverlayState("running"), "third": OverlayState("failed", "402")}
    canvas.overlay.apply(states)
    image = picture(canvas)
    assert shows(image, chip(canvas, "first"), tokens.ok)
    assert shows(image, border(canvas, "second"), tokens.running)
    assert shows(image, border(canvas, "third"), tokens.error)
    assert shows(image, chip(canvas, "third"), tokens.error)


def test_clear_leaves_the_canvas_as_it_was(canvas: CanvasView) -> None:
    before = picture(canvas)
    canvas.overlay.apply({"first": OverlayState("completed", "0.4 s"), "loop": OverlayState("running", "3 / 4", 0.75)})
    assert not alike(picture(canvas), before)
    canvas.overlay.clear()
    assert alike(picture(canvas), before)
    assert not canvas.overlay.active


def test_apply_takes_the_place_of_what_was_there_and_merge_adds_to_it(canvas: CanvasView) -> None:
    canvas.overlay.apply({"first": OverlayState("running"), "second": OverlayState("pending")})
    canvas.overlay.merge({"second": OverlayState("running")})
    assert canvas.overlay.state("first") == OverlayState("running")
    canvas.overlay.apply({"second": OverlayState("completed")})
    assert canvas.overlay.state("first") is None
    image = picture(canvas)
    assert not shows(image, border(canvas, "first"), DARK.running)


def test_a_skipped_step_fades(canvas: CanvasView) -> None:
    box = canvas.node_rect("first")
    title = (round(box.left()) + 60, round(box.top()) + 16, 60, 16)
    assert DARK.text in colours_in(picture(canvas), title)
    canvas.overlay.apply({"first": OverlayState("skipped")})
    assert DARK.text not in colours_in(picture(canvas), title)


def test_edges_follow_from_the_states_of_their_ends(canvas: CanvasView) -> None:
    slot = canvas.scene.geometry.links.slot["e1"]
    expected = {
        ("completed", "running"): "running",
        ("completed", "completed"): "taken",
        ("completed", "failed"): "taken",
        ("completed", "skipped"): "not_taken",
        ("skipped", "skipped"): "not_taken",
        ("running", "pending"): "",
        ("completed", "pending"): "",
    }
    for (first, second), state in expected.items():
        canvas.overlay.apply({"first": OverlayState(first), "second": OverlayState(second)})
        assert canvas.overlay.edge_states[slot] == EDGE_CODE[state], (first, second)


def test_an_edge_that_the_run_names_is_as_it_says(canvas: CanvasView) -> None:
    slot = canvas.scene.geometry.links.slot["e1"]
    canvas.overlay.apply({"first": OverlayState("completed"), "second": OverlayState("completed"), "e1": OverlayState("not_taken")})
    assert canvas.overlay.edge_states[slot] == EDGE_CODE["not_taken"]


def test_an_edge_at_a_header_follows_the_state_of_the_group(canvas: CanvasView) -> None:
    slot = canvas.scene.geometry.links.slot["e2"]
    canvas.overlay.apply({"first": OverlayState("completed"), "loop": OverlayState("running", "", 0.5)})
    assert canvas.overlay.edge_states[slot] == EDGE_CODE["running"]


def test_a_taken_edge_is_drawn_in_its_colour(canvas: CanvasView) -> None:
    canvas.overlay.apply({"first": OverlayState("completed"), "second": OverlayState("completed")})
    middle = (canvas.port_pos("first", "out") + canvas.port_pos("second", "in")) / 2
    seen = colours_in(picture(canvas), (round(middle.x()), round(middle.y()) - 3, 1, 6))
    assert canvas.scene.pictures.look.taken.name().upper() in seen


def test_the_progress_of_a_group_is_a_line_under_its_header(canvas: CanvasView) -> None:
    canvas.overlay.apply({"loop": OverlayState("running", "", 0.5)})
    image, box = picture(canvas), canvas.node_rect("loop")
    y = round(box.top() + 46)
    assert DARK.running in colours_in(image, (round(box.left()) + 20, y - 1, 10, 2))
    assert DARK.running not in colours_in(image, (round(box.right()) - 40, y - 1, 10, 2))


def test_news_is_told_together_and_repaints_what_changed(canvas: CanvasView, qtbot: QtBot) -> None:
    heard: list[frozenset[str]] = []
    canvas.overlay.told.connect(heard.append)
    for id in ("first", "second", "third"):
        canvas.overlay.merge({id: OverlayState("running")})
    qtbot.waitUntil(lambda: bool(heard))
    assert heard == [{"first", "second", "third"}]


def test_a_running_step_moves_until_the_run_is_over(canvas: CanvasView, qtbot: QtBot) -> None:
    canvas.overlay.apply({"first": OverlayState("running")})
    before = canvas.phase
    qtbot.waitUntil(lambda: canvas.phase > before)
    canvas.overlay.apply({"first": OverlayState("completed")})
    qtbot.waitUntil(lambda: not canvas._animation.isActive())


def test_reduced_motion_stops_what_moves_by_itself(canvas: CanvasView, qtbot: QtBot) -> None:
    theme().set_reduce_motion(True)
    try:
        canvas.overlay.apply({"first": OverlayState("running")})
        qtbot.waitUntil(lambda: not canvas._animation.isActive())
    finally:
        theme().set_reduce_motion(False)


def test_states_stay_with_their_elements_when_the_graph_changes(canvas: CanvasView, hand: Hand) -> None:
    canvas.overlay.apply({"second": OverlayState("failed", "402")})
    canvas.change(removal(canvas.graph, ["first", "check"]))
    slot = canvas.scene.geometry.boxes.slot["second"]
    assert shows(picture(canvas), border(canvas, "second"), DARK.error)
    assert canvas.overlay.box_states[slot] > 0
    assert (canvas.overlay.box_states > 0).sum() == 1


@pytest.mark.parametrize("scale", [0.1, 0.3, 0.45])
def test_states_show_at_every_distance(canvas: CanvasView, scale: float) -> None:
    canvas.set_zoom(scale)
    before = picture(canvas)
    canvas.overlay.apply({"first": OverlayState("failed", "402"), "loop": OverlayState("running", "2 / 3", 0.5)})
    after = picture(canvas)
    box = canvas.node_rect("first").toAlignedRect().adjusted(-1, -1, 1, 1)
    area = (box.x(), box.y(), box.width(), box.height())
    assert colours_in(after, area) != colours_in(before, area)


def test_problems_mark_the_element_and_go_away(canvas: CanvasView) -> None:
    before = picture(canvas)
    canvas.set_problems({"first": "error", "e1": "error", "second": "warning"})
    after = picture(canvas)
    assert shows(after, chip(canvas, "first"), DARK.error)
    assert shows(after, chip(canvas, "second"), DARK.warn)
    canvas.set_problems({})
    assert alike(picture(canvas), before)
