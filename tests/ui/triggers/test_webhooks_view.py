"""Webhooks by hand: made with a secret that is shown once, mapped from a payload, switched, given another secret, deleted."""

from __future__ import annotations

import json
import time
from dataclasses import replace

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QPlainTextEdit
from pytestqt.qtbot import QtBot

from app.domain.deliveries import verify
from app.domain.webhooks import WebhookPlan
from tests.ui.mouse import double_click
from tests.ui.triggers.conftest import House
from tests.ui.triggers.test_schedules_view import LEFT, press, words


def made(house: House, name: str = "orders", **plan: object) -> str:
    return house.call(house.services.webhooks.create, WebhookPlan(workflow_id=house.workflow_id, name=name, **plan)).id


def plan_of(house: House, webhook_id: str) -> WebhookPlan:
    return house.call(house.services.webhooks.get, webhook_id).plan


def shown(house: House, qtbot: QtBot, number: int = 1) -> None:
    page = house.window.triggers
    qtbot.mouseClick(page.findChild(QAbstractButton, "trigger-sections-webhooks"), LEFT)
    page.webhooks.reload()
    qtbot.waitUntil(lambda: len(page.webhooks.table.rows_model.rows) == number, timeout=10_000)


def test_a_webhook_is_made_and_its_secret_is_shown_once(house: House, qtbot: QtBot) -> None:
    shown(house, qtbot, 0)
    press(qtbot, house, "new-trigger")
    qtbot.waitUntil(lambda: house.window.findChild(QLineEdit, "webhook-name") is not None, timeout=5_000)
    qtbot.keyClicks(house.window.findChild(QLineEdit, "webhook-name"), "shop orders")
    press(qtbot, house, "webhook-create")
    qtbot.waitUntil(lambda: house.world.one("SELECT count(*) FROM webhooks WHERE name = 'shop orders' AND enabled") == 1, timeout=5_000)
    detail = house.window.triggers.webhooks.detail
    qtbot.waitUntil(lambda: detail.secret.isVisible(), timeout=5_000)
    secret = house.window.findChild(QLineEdit, "secret-value").text()
    press(qtbot, house, "secret-copy")
    assert QGuiApplication.clipboard().text() == secret and secret.startswith("whsec_")
    command = house.window.findChild(QPlainTextEdit, "request-command").toPlainText()
    assert "X-Webhook-Signature: sha256=" in command and secret not in command
    other = made(house, "other")
    shown(house, qtbot, 2)
    view = house.window.triggers.webhooks
    at = view.table.rows_model.row_of(other)
    for row in (at, 1 - at):  # and back
        qtbot.mouseClick(view.table.viewport(), LEFT, pos=view.table.visualRect(view.table.rows_model.index(row, 1)).center())
        assert detail.secret.isVisible() is (row != at)
    house.window.close()
    qtbot.waitUntil(lambda: house.window.findChild(QAbstractButton, "dialog-no") is not None, timeout=5_000)
    press(qtbot, house, "dialog-no")
    assert house.window.isVisible() and house.window.findChild(QLineEdit, "secret-value").text() == secret
    press(qtbot, house, "secret-kept")
    assert not detail.secret.isVisible()
    assert house.window.findChild(QLineEdit, "secret-value").text() == ""
    assert "$SECRET" in house.window.findChild(QPlainTextEdit, "request-command").toPlainText()


def test_the_copied_request_is_signed_so_that_the_listener_takes_it(house: House, qtbot: QtBot) -> None:
    shown(house, qtbot, 0)
    press(qtbot, house, "new-trigger")
    qtbot.waitUntil(lambda: house.window.findChild(QLineEdit, "webhook-name") is not None, timeout=5_000)
    qtbot.keyClicks(house.window.findChild(QLineEdit, "webhook-name"), "x")
    press(qtbot, house, "webhook-create")
    detail = house.window.triggers.webhooks.detail
    qtbot.waitUntil(lambda: detail.secret.isVisible(), timeout=5_000)
    press(qtbot, house, "request-copy")
    lines = QGuiApplication.clipboard().text().splitlines()
    headers = {}
    for line in lines:
        if line.strip().startswith("-H '"):
            name, _, value = line.strip()[4:].rstrip(" \\").rstrip("'").partition(": ")
            headers[name.lower()] = value
    body = lines[-1].strip().removeprefix("--data-binary '").rstrip("'").encode()
    assert verify("timestamped", [detail.secret.secret], headers, body, now_s=time.time()).was_given


def test_a_value_of_the_payload_is_mapped_and_saved_and_the_workflow_says_whether_it_fits(house: House, qtbot: QtBot) -> None:
    made(house)
    house.world.rows("UPDATE webhooks SET last_payload = %s", json.dumps({"user": {"name": "Ada", "age": 36}}))
    shown(house, qtbot)
    detail = house.window.triggers.webhooks.detail
    qtbot.waitUntil(lambda: "name" in words(house, "mapping-verdict"), timeout=5_000)  # the payload itself lacks it
    tree = detail.payload
    qtbot.waitUntil(lambda: tree.isVisible() and not tree.row_place("$.user.name").isNull(), timeout=5_000)
    qtbot.mouseClick(tree.viewport(), LEFT, pos=tree.row_place("$.user.name"))
    double_click(tree.viewport(), tree.row_place("$.user.name"))
    qtbot.waitUntil(lambda: words(house, "mapping-verdict") == "Fits the input of the workflow", timeout=5_000)
    qtbot.waitUntil(lambda: house.world.one("SELECT input_mapping FROM webhooks") == {"name": "$.user.name"}, timeout=5_000)
    path = house.window.findChild(QLineEdit, "mapping-jsonpath-0")
    path.setFocus()
    path.selectAll()
    qtbot.keyClicks(path, "$.user.[")
    qtbot.waitUntil(lambda: "JSONPath" in words(house, "mapping-verdict"), timeout=5_000)
    assert house.world.one("SELECT input_mapping FROM webhooks") == {"name": "$.user.name"}
    path.selectAll()
    qtbot.keyClicks(path, "$.user.age")
    qtbot.waitUntil(lambda: house.world.one("SELECT input_mapping FROM webhooks") == {"name": "$.user.age"}, timeout=5_000)
    qtbot.waitUntil(lambda: "36" in words(house, "mapping-verdict"), timeout=5_000)


def test_what_is_typed_for_one_webhook_stays_its_own_when_another_is_selected_at_once(house: House, qtbot: QtBot) -> None:
    made(house, "a", input_mapping={"name": "$.a"})
    second = made(house, "b", input_mapping={"name": "$.b"})
    shown(house, qtbot, 2)
    view = house.window.triggers.webhooks
    path = house.window.findChild(QLineEdit, "mapping-jsonpath-0")
    qtbot.waitUntil(lambda: view.detail.mapping.mapping() == {"name": "$.a"}, timeout=5_000)
    path.setFocus()
    path.selectAll()
    qtbot.keyClicks(path, "$.typed")
    qtbot.mouseClick(view.table.viewport(), LEFT, pos=view.table.visualRect(view.table.rows_model.index(1, 1)).center())
    kept = "SELECT input_mapping ->> 'name' AS path FROM webhooks ORDER BY name"
    qtbot.waitUntil(lambda: house.world.rows(kept)[0]["path"] != "$.a", timeout=5_000)
    assert [row["path"] for row in house.world.rows(kept)] == ["$.typed", "$.b"]
    house.call(house.services.webhooks.change, second, replace(plan_of(house, second), input_mapping={"name": "$.elsewhere"}))
    view.reload()
    qtbot.waitUntil(lambda: view.detail.mapping.mapping() == {"name": "$.elsewhere"}, timeout=5_000)


def test_a_webhook_is_switched_given_another_secret_and_deleted(house: House, qtbot: QtBot) -> None:
    made(house)
    shown(house, qtbot)
    table = house.window.triggers.webhooks.table
    qtbot.mouseClick(table.viewport(), LEFT, pos=table.visualRect(table.rows_model.index(0, 0)).center())
    qtbot.waitUntil(lambda: house.world.one("SELECT enabled FROM webhooks") is False, timeout=5_000)
    before = house.world.one("SELECT secret FROM webhooks")
    press(qtbot, house, "webhook-rotate")
    qtbot.waitUntil(lambda: house.window.findChild(QAbstractButton, "rotate-yes") is not None, timeout=5_000)
    press(qtbot, house, "rotate-yes")
    qtbot.waitUntil(lambda: house.world.one("SELECT previous_secret FROM webhooks") == before, timeout=5_000)
    qtbot.waitUntil(lambda: "taken until" in words(house, "secret-overlap"), timeout=5_000)
    press(qtbot, house, "webhook-delete")
    qtbot.waitUntil(lambda: house.window.findChild(QAbstractButton, "dialog-yes") is not None, timeout=5_000)
    press(qtbot, house, "dialog-yes")
    qtbot.waitUntil(lambda: house.world.one("SELECT deleted_at IS NOT NULL FROM webhooks"), timeout=5_000)
    qtbot.waitUntil(lambda: len(table.rows_model.rows) == 0, timeout=5_000)


def test_deliveries_are_listed_filtered_and_opened(house: House, qtbot: QtBot) -> None:
    key = made(house)
    for verdict, status, reason in (
        ("accepted", 202, None),
        ("duplicate", 202, "The same message arrived before."),
        ("refused", 401, "No."),
    ):
        house.world.rows(
            "INSERT INTO webhook_deliveries (tenant_id, webhook_id, message_id, verdict, status_code, reason, headers, payload)"
            " SELECT tenant_id, id, %s, %s, %s, %s, '{\"host\": \"localhost\"}', '{\"n\": 1}' FROM webhooks WHERE id = %s",
            f"m-{verdict}", verdict, status, reason, key,
        )  # fmt: skip
    shown(house, qtbot)
    panel = house.window.triggers.webhooks.detail.deliveries
    qtbot.waitUntil(lambda: len(panel.table.rows_model.rows) == 3, timeout=5_000)
    press(qtbot, house, "delivery-views-refused")
    assert [row.verdict for row in panel.table.rows_model.rows] == ["refused"]
    assert panel.table.rows_model.index(0, 1).data() == "Bad signature"
    panel.table.setFocus()
    panel.table.select(0)
    qtbot.keyClick(panel.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: house.window.findChild(QLabel, "delivery-reason") is not None, timeout=5_000)
    assert words(house, "delivery-reason") == "No."
    press(qtbot, house, "delivery-close")
    assert words(house, "payload-from").startswith("the one of ")
    house.world.rows("UPDATE webhooks SET last_payload = '7', name = 'renamed'")
    house.window.triggers.webhooks.reload()
    qtbot.waitUntil(lambda: words(house, "webhook-title") == "renamed", timeout=5_000)
    assert words(house, "payload-from").startswith("the one of ")  # what was chosen stays, whatever arrives


def test_a_delivery_shows_its_size_and_how_long_it_took_and_an_old_one_a_dash(house: House, qtbot: QtBot) -> None:
    key = made(house)
    for message, size, took in (("new", 1_126, 6), ("old", None, None), ("slow", 80, 2_140)):
        house.world.rows(
            "INSERT INTO webhook_deliveries (tenant_id, webhook_id, message_id, verdict, body_bytes, took_ms)"
            " SELECT tenant_id, id, %s, 'accepted', %s, %s FROM webhooks WHERE id = %s",
            message, size, took, key,
        )  # fmt: skip
    shown(house, qtbot)
    table = house.window.triggers.webhooks.detail.deliveries.table
    qtbot.waitUntil(lambda: len(table.rows_model.rows) == 3, timeout=5_000)
    titles = [column.title for column in table.rows_model.columns]
    size, took = titles.index("Size"), titles.index("Took")
    seen = {row.message_id: at for at, row in enumerate(table.rows_model.rows)}
    words_of = {key: [table.rows_model.index(at, column).data() for column in (size, took)] for key, at in seen.items()}
    assert words_of == {"new": ["1.1 KiB", "6 ms"], "old": ["–", "–"], "slow": ["80 bytes", "2.1 s"]}
    head = table.horizontalHeader()
    qtbot.mouseClick(head.viewport(), LEFT, pos=QPoint(head.sectionViewportPosition(took) + 10, 10))
    assert [row.message_id for row in table.rows_model.rows] == ["new", "slow", "old"]


def test_nobody_listening_is_said(house: House, qtbot: QtBot) -> None:
    made(house)
    shown(house, qtbot)
    qtbot.waitUntil(lambda: words(house, "listener-state") == "Nobody listens", timeout=5_000)
