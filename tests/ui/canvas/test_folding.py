"""Folded groups: how they open and close by hand, what they show of their inside, and how deep nests look from afar."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from app.domain.edits import AddElements, MoveElements, SetConfig
from app.domain.workflow import BlockGroup, Edge, Position, Size
from app.ui.canvas.overlay import OverlayState
from app.ui.canvas.tooltips import tooltip_at
from app.ui.canvas.view import CanvasView
from app.ui.theme import DARK
from tests.ui.canvas.conftest import Hand, picture, shows, step
from tests.ui.mouse import double_click


def test_a_double_click_on_the_header_folds_and_one_on_the_node_opens(canvas: CanvasView, hand: Hand) -> None:
    double_click(canvas, hand.middle("loop"))
    assert canvas.folding.folded == {"loop"}
    assert canvas.node_rect("loop").size().toTuple() == (236, 64)
    assert canvas.node_rect("inner").isEmpty()
    double_click(canvas, canvas.node_rect("loop").center())
    assert canvas.folding.folded == frozenset()
    assert canvas.node_rect("loop").size().toTuple() == (320, 240)
    assert not canvas.model.undo_stack.canUndo()  # nothing had to give way


def test_the_chevron_folds_and_opens(canvas: CanvasView, hand: Hand) -> None:
    hand.click(canvas.node_rect("loop").topLeft() + QPointF(22, 23))
    assert canvas.folding.folded == {"loop"}
    box = canvas.node_rect("loop")
    hand.click(QPointF(box.right() - 20, box.center().y()))
    assert canvas.folding.folded == frozenset()


def test_edges_from_the_inside_attach_to_the_folded_node(canvas: CanvasView, hand: Hand) -> None:
    canvas.change(AddElements((step("after", 620, 240), Edge("e3", "inner", "after"))))
    double_click(canvas, hand.middle("loop"))
    middle = (canvas.port_pos("loop", "out") + canvas.port_pos("after", "in")) / 2
    assert canvas.hit(middle).id == "e3"


def test_two_cards_show_behind_a_folded_group(canvas: CanvasView, hand: Hand) -> None:
    double_click(canvas, hand.middle("loop"))
    hand.move(QPointF(20, 20))
    box = canvas.node_rect("loop")
    for depth in (5, 10):
        edge = QPoint(int(box.center().x()), int(box.bottom()) + depth)
        assert shows(picture(canvas), (edge.x(), edge.y() - 2, 20, 3), DARK.border, near=4)


def test_a_folded_group_shows_the_worst_state_of_its_inside(canvas: CanvasView, hand: Hand) -> None:
    double_click(canvas, hand.middle("guard"))
    canvas.overlay.apply(
        {"guard": OverlayState("completed"), "call": OverlayState("failed", "402"), "tell": OverlayState("completed", "1 s")}
    )
    assert canvas.overlay.state("guard") is not None
    box = canvas.node_rect("guard")
    corner = (int(box.right()) - 60, int(box.top()) - 12, 60, 24)
    assert shows(picture(canvas), corner, DARK.error, near=12)
    assert canvas.overlay.state("guard") == OverlayState("failed", "402")
    canvas.overlay.apply({"guard": OverlayState("completed"), "call": OverlayState("completed"), "tell": OverlayState("completed", "1 s")})
    assert not shows(picture(canvas), corner, DARK.error, near=12)


def test_an_opened_group_pushes_what_came_to_stand_there(canvas: CanvasView, hand: Hand, qtbot: QtBot) -> None:
    double_click(canvas, hand.middle("loop"))
    canvas.change(MoveElements((("third", Position(120, 440)), ("second", Position(360, 330)))))
    double_click(canvas, canvas.node_rect("loop").center())
    third, second = canvas.graph.steps["third"].position, canvas.graph.steps["second"].position
    assert third == Position(120, 560 + 24)
    assert second == Position(416 + 24, 330)
    canvas.undo()
    assert canvas.folding.folded == {"loop"}
    assert canvas.graph.steps["third"].position == Position(120, 440)


def nest(canvas: CanvasView) -> None:
    groups, around = [], None
    for level in range(6):
        place = Position(1000 + 40 * level, 60 + 60 * level)
        groups.append(
            BlockGroup(
                f"n{level}", f"N{level}", "while", {}, around, "body" if around else None, place, Size(700 - 80 * level, 600 - 90 * level)
            )
        )
        around = f"n{level}"
    canvas.change(AddElements((*groups, step("deep", 1220, 420, group="n5", role="body"))))


def test_groups_nested_deeper_than_four_show_only_their_header_from_afar(canvas: CanvasView) -> None:
    nest(canvas)
    canvas.zoom_to_fit()
    canvas.set_zoom(0.59)
    canvas.look_from(canvas.camera.centred(QPointF(1300, 400), canvas.rect().toRectF()))
    at = canvas.node_rect("deep").center()
    assert canvas.hit(at).id == "n4"
    before = picture(canvas)
    canvas.change(SetConfig("deep", {"output": 1, "disabled": True}))
    box = canvas.node_rect("deep").toRect()
    assert before.copy(box) == picture(canvas).copy(box)
    canvas.set_zoom(0.61)
    assert canvas.hit(canvas.node_rect("deep").center()).id == "deep"


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (lambda view: view.node_rect("loop").topLeft() + QPointF(100, 20), "Loop"),
        (lambda view: view.node_rect("loop").topLeft() + QPointF(22, 23), "Fold or open (Ctrl+E)"),
        (lambda view: QPointF(view.node_rect("loop").right(), view.node_rect("loop").center().y()), "Drag to resize."),
        (lambda view: view.node_rect("guard").topLeft() + QPointF(30, 56), "try"),
        (lambda view: view.node_rect("first").center(), ""),
    ],
)
def test_the_resting_pointer_is_told_what_is_there(canvas: CanvasView, at, words: str) -> None:
    said = tooltip_at(canvas, at(canvas).toPoint())
    assert said.startswith(words) and bool(said) == bool(words)


def test_a_lane_label_that_is_cut_is_told_in_full(canvas: CanvasView) -> None:
    types = ["HttpError", "Timeout", "RateLimited", "AuthenticationError", "OutputSchemaError", "LimitExceeded"]
    canvas.change(SetConfig("guard", {"error_types": types}))
    lane = canvas.scene.geometry.lanes(canvas.scene.geometry.boxes.slot["guard"])[1]
    at = (canvas.node_rect("guard").topLeft() + QPointF(40, lane.top + 12)).toPoint()
    QApplication.sendEvent(canvas, QHelpEvent(QHelpEvent.Type.ToolTip, at, canvas.mapToGlobal(at)))
    assert QToolTip.text() == f"catch · {', '.join(types)}"
    QToolTip.hideText()


def test_hover_lights_an_edge_on_both_sides_of_a_border_and_its_port(canvas: CanvasView, hand: Hand) -> None:
    canvas.change(AddElements((step("second_in", 144, 480, group="loop", role="body"), Edge("e3", "second_in", "third"))))
    (crossing,) = canvas.scene.layers.crossings.of(canvas.scene.geometry.links.slot["e3"])
    at = canvas.camera.to_screen(QPointF(*crossing))
    around = (int(at.x()) - 7, int(at.y()) - 7, 14, 14)
    hand.move(QPointF(20, 20))
    assert not shows(picture(canvas), around, DARK.accent, near=25)
    middle = (at + canvas.port_pos("third", "in")) / 2
    near = next(middle + QPointF(0, dy) for dy in range(-60, 60, 3) if canvas.hit(middle + QPointF(0, dy)).id == "e3")
    hand.move(near)
    assert shows(picture(canvas), around, DARK.accent, near=25)
