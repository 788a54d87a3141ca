"""Schedules by hand: made, explained while typed, switched, run now, backfilled, deleted and brought back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QDateTime, QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDateTimeEdit,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QToolTip,
)
from pytestqt.qtbot import QtBot

from app.domain.schedules import SchedulePlan
from app.ui.table_cells import PADDING
from app.ui.widgets.tick_marks import PITCH
from tests.ui.triggers.conftest import House

LEFT = Qt.MouseButton.LeftButton


def press(qtbot: QtBot, house: House, name: str) -> None:
    button = house.window.findChild(QAbstractButton, name)
    qtbot.waitUntil(button.isEnabled)
    qtbot.mouseClick(button, LEFT)


def words(house: House, name: str) -> str:
    return house.window.findChild(QLabel, name).text()


def written(house: House) -> QPlainTextEdit:
    """Where the default input is typed."""
    return house.window.findChild(QPlainTextEdit, "input-schedule-input")


def made(house: House, name: str = "Nightly", **plan: object) -> str:
    given = {"cron_expression": "0 2 * * *", "input": {"name": "Ada"}, **plan}
    return house.call(house.services.schedules.create, SchedulePlan(workflow_id=house.workflow_id, name=name, **given))


def shown(house: House, qtbot: QtBot, number: int = 1) -> None:
    view = house.window.triggers.schedules
    view.reload()
    qtbot.waitUntil(lambda: len(view.table.rows_model.rows) == number, timeout=10_000)


def click_row(house: House, qtbot: QtBot, row: int, column: int = 1) -> None:
    table = house.window.triggers.schedules.table
    qtbot.mouseClick(table.viewport(), LEFT, pos=table.visualRect(table.rows_model.index(row, column)).center())


def test_an_empty_list_says_what_a_schedule_is(house: House, qtbot: QtBot) -> None:
    shown(house, qtbot, 0)
    qtbot.waitUntil(lambda: any("Nothing starts by itself" in label.text() for label in house.window.triggers.findChildren(QLabel)))


def test_a_schedule_is_made_by_hand_and_its_line_is_explained_while_it_is_typed(house: House, qtbot: QtBot) -> None:
    shown(house, qtbot, 0)
    press(qtbot, house, "new-trigger")
    drawer = house.window.triggers.schedules.drawer
    qtbot.waitUntil(lambda: drawer.form.name.hasFocus(), timeout=5_000)
    qtbot.keyClicks(drawer.form.name, "Every quarter")
    cron = house.window.findChild(QLineEdit, "schedule-cron")
    cron.setFocus()
    cron.selectAll()
    qtbot.keyClicks(cron, "*/15 * * *")
    qtbot.waitUntil(lambda: "five fields" in words(house, "cron-words"), timeout=5_000)
    qtbot.keyClicks(cron, " 1-5")
    qtbot.waitUntil(lambda: words(house, "cron-words") == "Every 15 minutes, Monday to Friday", timeout=5_000)
    assert all(labels[1].text()[-2:] in ("00", "15", "30", "45") for labels in drawer.form.next_times[1:])
    qtbot.waitUntil(lambda: "name" in words(house, "schedule-problem"), timeout=5_000)  # {} lacks what the workflow wants
    press(qtbot, house, "schedule-save")
    qtbot.waitUntil(lambda: "name" in words(house, "schedule-refusal"), timeout=5_000)
    written(house).setFocus()
    written(house).selectAll()
    qtbot.keyClicks(written(house), '{"name": "Ada"}')
    qtbot.waitUntil(lambda: words(house, "schedule-problem") == "", timeout=5_000)
    press(qtbot, house, "schedule-save")
    qtbot.waitUntil(lambda: len(house.window.triggers.schedules.table.rows_model.rows) == 1, timeout=5_000)
    (row,) = house.world.rows("SELECT name, cron_expression, status, input FROM schedules")
    assert row == {"name": "Every quarter", "cron_expression": "*/15 * * * 1-5", "status": "active", "input": {"name": "Ada"}}
    assert not drawer.isVisible()


def test_an_input_of_the_wrong_type_is_made_right_with_a_click(house: House, qtbot: QtBot) -> None:
    shown(house, qtbot, 0)
    press(qtbot, house, "new-trigger")
    form = house.window.triggers.schedules.drawer.form
    qtbot.waitUntil(lambda: form.name.hasFocus(), timeout=5_000)
    written(house).setFocus()
    written(house).selectAll()
    qtbot.keyClicks(written(house), '{"name": 50}')
    qtbot.waitUntil(lambda: form.fix.isVisible(), timeout=5_000)
    assert form.fix.text() == 'Make it "50"'
    house.window.triggers.schedules.drawer.findChild(QScrollArea).ensureWidgetVisible(form.fix)
    press(qtbot, house, "schedule-input-fix")
    assert form.plan().input == {"name": "50"}
    qtbot.waitUntil(lambda: words(house, "schedule-problem") == "", timeout=5_000)
    assert not form.fix.isVisible()


def test_a_click_on_the_switch_pauses_and_undo_resumes(house: House, qtbot: QtBot) -> None:
    made(house)
    shown(house, qtbot)
    click_row(house, qtbot, 0, 0)
    qtbot.waitUntil(lambda: house.world.one("SELECT status FROM schedules") == "paused", timeout=5_000)
    qtbot.waitUntil(lambda: "is paused" in house.window.notices.text, timeout=5_000)
    press(qtbot, house, "notice-action")
    qtbot.waitUntil(lambda: house.world.one("SELECT status FROM schedules") == "active", timeout=5_000)


def test_space_switches_too_and_a_filter_shows_only_the_paused(house: House, qtbot: QtBot) -> None:
    made(house, "a"), made(house, "b")
    shown(house, qtbot, 2)
    table = house.window.triggers.schedules.table
    table.setFocus()
    table.select(1)
    qtbot.keyClick(table, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: house.world.one("SELECT count(*) FROM schedules WHERE status = 'paused'") == 1, timeout=5_000)
    paused = house.window.findChild(QAbstractButton, "schedule-views-paused")
    qtbot.waitUntil(lambda: paused.text() == "Paused 1", timeout=5_000)
    press(qtbot, house, "schedule-views-paused")
    qtbot.waitUntil(lambda: len(table.rows_model.rows) == 1, timeout=5_000)
    search = house.window.triggers.schedules.search
    qtbot.keyClicks(search, "nobody")
    qtbot.waitUntil(lambda: len(table.rows_model.rows) == 0, timeout=5_000)


def test_run_now_queues_a_run_and_asks_before_it_overlaps(house: House, qtbot: QtBot) -> None:
    made(house)
    shown(house, qtbot)
    click_row(house, qtbot, 0)
    press(qtbot, house, "schedule-run-now")
    qtbot.waitUntil(lambda: house.world.one("SELECT count(*) FROM runs") == 1, timeout=5_000)
    qtbot.waitUntil(lambda: "is queued" in house.window.notices.text, timeout=5_000)
    press(qtbot, house, "schedule-run-now")
    qtbot.waitUntil(lambda: house.window.findChild(QAbstractButton, "dialog-yes") is not None, timeout=5_000)
    press(qtbot, house, "dialog-yes")
    qtbot.waitUntil(lambda: house.world.one("SELECT count(*) FROM runs") == 2, timeout=5_000)


def test_a_backfill_tells_the_number_before_it_makes_the_runs(house: House, qtbot: QtBot) -> None:
    made(house, cron_expression="0 * * * *")
    shown(house, qtbot)
    click_row(house, qtbot, 0)
    press(qtbot, house, "schedule-backfill")
    qtbot.waitUntil(lambda: house.window.findChild(QDateTimeEdit, "backfill-from") is not None, timeout=5_000)
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    for name, at in (("backfill-from", hour - timedelta(hours=4)), ("backfill-to", hour - timedelta(hours=1))):
        house.window.findChild(QDateTimeEdit, name).setDateTime(QDateTime.fromSecsSinceEpoch(int(at.timestamp())))
    qtbot.waitUntil(lambda: words(house, "backfill-count") == "4 runs would be made.", timeout=5_000)
    assert house.world.one("SELECT count(*) FROM runs") == 0
    press(qtbot, house, "backfill-make")
    qtbot.waitUntil(lambda: house.world.one("SELECT count(*) FROM runs") == 4, timeout=5_000)


def test_a_schedule_is_changed_and_leaving_it_half_changed_asks(house: House, qtbot: QtBot) -> None:
    made(house)
    shown(house, qtbot)
    click_row(house, qtbot, 0)
    table, drawer = house.window.triggers.schedules.table, house.window.triggers.schedules.drawer
    qtbot.keyClick(table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: drawer.isVisible() and drawer.form.cron.hasFocus(), timeout=5_000)
    qtbot.waitUntil(lambda: not drawer.save_button.isEnabled(), timeout=5_000)
    qtbot.mouseClick(drawer.form.overlap, LEFT, pos=drawer.form.overlap.part("queue").center().toPoint())
    assert "not saved" in words(house, "schedule-state")
    qtbot.keyClick(drawer, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: house.window.findChild(QAbstractButton, "dialog-no") is not None, timeout=5_000)
    press(qtbot, house, "dialog-no")
    assert drawer.isVisible()
    press(qtbot, house, "schedule-save")
    qtbot.waitUntil(lambda: house.world.one("SELECT overlap_policy FROM schedules") == "queue", timeout=5_000)


def test_a_deleted_schedule_comes_back_by_undo(house: House, qtbot: QtBot) -> None:
    made(house)
    shown(house, qtbot)
    click_row(house, qtbot, 0)
    qtbot.keyClick(house.window.triggers.schedules.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: house.window.triggers.schedules.drawer.form.cron.hasFocus(), timeout=5_000)
    press(qtbot, house, "schedule-delete")
    qtbot.waitUntil(lambda: house.window.findChild(QAbstractButton, "dialog-yes") is not None, timeout=5_000)
    press(qtbot, house, "dialog-yes")
    qtbot.waitUntil(lambda: house.world.one("SELECT deleted_at IS NOT NULL FROM schedules"), timeout=5_000)
    qtbot.waitUntil(lambda: "is deleted" in house.window.notices.text, timeout=5_000)
    press(qtbot, house, "notice-action")
    qtbot.waitUntil(lambda: house.world.one("SELECT deleted_at IS NULL FROM schedules"), timeout=5_000)


def test_ticks_are_listed_and_marked_and_the_calendar_chooses(house: House, qtbot: QtBot) -> None:
    schedule_id, other = made(house, "a"), made(house, "b", cron_expression="30 5 * * *")
    house.world.rows(
        "INSERT INTO schedule_ticks (tenant_id, schedule_id, scheduled_for, outcome, reason)"
        " SELECT tenant_id, id, now() - interval '1 day', 'missed', 'Nobody was there.' FROM schedules WHERE id = %s",
        schedule_id,
    )
    shown(house, qtbot, 2)
    view = house.window.triggers.schedules
    at = view.table.rows_model.row_of(schedule_id)
    view.table.select(at)
    qtbot.waitUntil(lambda: len(view.ticks.table.rows_model.rows) == 1, timeout=5_000)
    assert view.table.rows_model.columns[4].cell(view.table.rows_model.rows[at]).marks == ("missed",)
    qtbot.waitUntil(lambda: any(block.schedule_id == other for block in view.calendar.blocks), timeout=5_000)
    block = next(block for block in view.calendar.blocks if block.schedule_id == other)
    qtbot.mouseClick(view.calendar, LEFT, pos=block.rect.center().toPoint())
    assert view.table.current_row().row.id == other
    form = view.drawer.form
    qtbot.waitUntil(lambda: form.next_times[0][0].text() == "Five from this one", timeout=5_000)
    assert form.name.text() == "b"
    assert form.next_times[1][0].text() == f"{block.first:%a} {block.first.day} {block.first:%b}"


def test_a_tick_mark_tells_its_time_and_reason_and_a_click_leads_to_its_run(house: House, qtbot: QtBot) -> None:
    schedule_id = made(house)
    run_id = house.call(house.services.schedules.run_now, schedule_id)
    house.world.rows("UPDATE runs SET schedule_id = %s, scheduled_for = now() - interval '1 day', status = 'completed'", schedule_id)
    house.world.rows(
        "INSERT INTO schedule_ticks (tenant_id, schedule_id, scheduled_for, outcome, reason)"
        " SELECT tenant_id, schedule_id, scheduled_for, 'run', NULL FROM runs"
        " UNION ALL SELECT tenant_id, schedule_id, now() - interval '2 days', 'missed', 'Nobody was there.' FROM runs"
    )
    shown(house, qtbot)
    view = house.window.triggers.schedules
    table = view.table
    cell = table.visualRect(table.rows_model.index(0, 4))
    missed, ran = (QPoint(cell.x() + PADDING + PITCH * at + 3, cell.center().y()) for at in (0, 1))
    tip = QHelpEvent(QEvent.Type.ToolTip, missed, table.viewport().mapToGlobal(missed))
    QApplication.sendEvent(table.viewport(), tip)
    assert QToolTip.text().endswith("\nMissed: Nobody was there.")
    QToolTip.hideText()
    view.run_requested.disconnect()
    with qtbot.waitSignal(view.run_requested, timeout=2_000) as asked:
        qtbot.mouseClick(table.viewport(), LEFT, pos=missed)
        qtbot.mouseClick(table.viewport(), LEFT, pos=ran)
    assert asked.args == [run_id]


def test_a_viewer_sees_schedules_and_can_change_none(house: House, qtbot: QtBot) -> None:
    from dataclasses import replace

    from app.domain.access import Role
    from app.ui.session import Session
    from tests.catalog import CATALOG

    made(house)
    viewer = replace(house.actor, role=Role.VIEWER)
    house.window.triggers.attach(Session(house.window.session.bridge, house.services, viewer, CATALOG))
    shown(house, qtbot)
    click_row(house, qtbot, 0)
    for name in ("new-trigger", "schedule-run-now", "schedule-backfill"):
        assert not house.window.findChild(QAbstractButton, name).isEnabled(), name
    assert house.window.findChild(QComboBox, "schedule-zone") is not None
