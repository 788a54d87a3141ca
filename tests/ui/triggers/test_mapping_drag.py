"""A payload in the hand: its values are dragged onto the fields of a mapping, and what a path finds stands out in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import qasync
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.domain.webhooks import WebhookPlan, WebhookRow
from app.ui.inspector.data_drag import DragChip
from app.ui.triggers.webhook_detail import WebhookDetail
from tests.ui.inspector.test_data import drag
from tests.ui.mouse import double_click
from tests.ui.triggers.test_schedules_view import LEFT

PAYLOAD = {"id": "evt_1", "order": {"id": "SO-1", "lines": [{"sku": "KB-88"}, {"sku": "MS-12"}]}, "user": {"name": "Ada"}}


@pytest.fixture
def detail(qtbot: QtBot, loop: qasync.QEventLoop) -> Iterator[WebhookDetail]:
    """A webhook that maps two inputs, and its last payload."""
    detail = WebhookDetail()
    detail.resize(1000, 900)
    detail.show_webhook(
        WebhookRow(
            id="5f86b8d0-5964-420f-a409-2eb6b02e96a3",
            plan=WebhookPlan(workflow_id="w", name="orders", input_mapping={"name": "$.user.name", "skus": "$..sku"}),
            workflow_name="Hello",
            enabled=True,
            trigger_count=1,
            last_triggered_at=None,
            previous_valid_until=None,
            created_by=None,
            created_at=datetime.now(UTC),
            updated_at=datetime.now(UTC),
            last_payload=PAYLOAD,
        )
    )
    detail.show()
    qtbot.waitExposed(detail)
    yield detail
    detail.hide()
    detail.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def path_field(detail: WebhookDetail, at: int) -> QLineEdit:
    return detail.findChild(QLineEdit, f"mapping-jsonpath-{at}")


def test_a_value_that_is_dragged_onto_a_field_takes_the_place_of_its_path(detail: WebhookDetail, qtbot: QtBot) -> None:
    field = path_field(detail, 0)
    drag(qtbot, detail.payload, "$.order.id", field, field.rect().center())
    assert field.text() == "$.order.id"
    assert detail.mapping.mapping() == {"name": "$.order.id", "skus": "$..sku"}
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert field.text() == "$.user.name"


def test_let_go_on_the_free_space_it_is_a_row_that_is_named_after_its_key(detail: WebhookDetail, qtbot: QtBot) -> None:
    space = detail.findChild(QWidget, "mapping-space")
    for path in ("$.id", "$.order.id"):
        drag(qtbot, detail.payload, path, space, QPoint(40, 12))
        qtbot.wait(10)  # until the rows have their places
    wanted = {"name": "$.user.name", "skus": "$..sku", "id": "$.id", "order_id": "$.order.id"}
    assert detail.mapping.mapping() == wanted


def test_while_a_value_is_dragged_what_takes_it_is_dashed_and_escape_gives_up(detail: WebhookDetail, qtbot: QtBot) -> None:
    view, start = detail.payload.viewport(), detail.payload.row_place("$.order.id")
    field = path_field(detail, 0)
    over = view.mapFromGlobal(field.mapToGlobal(field.rect().center()))
    qtbot.mousePress(view, LEFT, pos=start)
    qtbot.mouseMove(view, start + QPoint(20, 0))
    qtbot.mouseMove(view, over)
    assert all(path_field(detail, at).property("dropping") is True for at in (0, 1))
    chip = detail.window().findChild(DragChip, "drag-chip")
    assert chip.isVisible() and chip.x() == view.mapTo(detail.window(), over).x() + 12
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert not path_field(detail, 0).property("dropping")
    qtbot.mouseRelease(view, LEFT, pos=over)
    assert field.text() == "$.user.name"


def test_a_path_under_the_pointer_marks_what_it_finds_in_the_payload(detail: WebhookDetail, qtbot: QtBot) -> None:
    qtbot.mouseMove(path_field(detail, 0), path_field(detail, 0).rect().center())
    qtbot.waitUntil(lambda: detail.payload.marked == {"$.user.name"})
    field = path_field(detail, 1)
    qtbot.mouseMove(field, field.rect().center())
    qtbot.waitUntil(lambda: detail.payload.marked == {"$.order.lines[0].sku", "$.order.lines[1].sku"})
    qtbot.mouseMove(detail.deliveries, QPoint(5, 5))
    qtbot.waitUntil(lambda: detail.payload.marked == frozenset())
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "$.order.lines[1]")
    qtbot.waitUntil(lambda: detail.payload.marked == {"$.order.lines[1]"})
    assert detail.findChild(QLabel, "mapping-result-1").text() == '{"sku":"MS-12"}'


def test_a_double_click_fills_the_row_that_was_written_at_and_the_next_one_makes_a_row(detail: WebhookDetail, qtbot: QtBot) -> None:
    tree, field = detail.payload, path_field(detail, 1)
    qtbot.mouseClick(field, LEFT)
    double_click(tree.viewport(), tree.row_place("$.order.id"))
    assert field.text() == "$.order.id"
    double_click(tree.viewport(), tree.row_place("$.id"))
    assert field.text() == "$.order.id"
    assert (path_field(detail, 2).text(), detail.findChild(QLineEdit, "mapping-input-2").text()) == ("$.id", "id")
