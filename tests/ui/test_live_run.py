"""A run as it is followed: rows add up, bells hurry it, failures of reading do not end it; and what canvas and timeline make of it."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.domain.errors import DatabaseUnavailable
from app.domain.runs import GroupRunRow, RunChanges, RunRow, StepRunRow
from app.ui.live_run import LiveRun
from app.ui.run_overlay import states_of
from app.ui.timeline_rows import Timeline, looks_of, timeline_of
from app.ui.timeline_view import TimelineView
from tests.catalog import CATALOG
from tests.fakes.services import NOW
from tests.ui.samples import ticket_triage

RUN = RunRow("r1", "w1", "Triage", 1, "running", "test", "manual", NOW, NOW, steps_total=10)


def step(
    path: str, status: str, *, seq: int, id: str = "", attempt: int = 1, at: float = 0, took: float | None = None, **more
) -> StepRunRow:
    start = NOW + timedelta(seconds=at)
    end = start + timedelta(seconds=took) if took is not None else None
    name = id or path.rsplit("/", 1)[-1]
    duration_ms = round(took * 1000) if took is not None else None
    row = StepRunRow(path, name, name, "tool", status, attempt, started_at=start, completed_at=end, duration_ms=duration_ms, seq=seq)
    return replace(row, **more)


def turn(group: str, path: str, status: str, *, seq: int, role: str = "body", at: float = 0, took: float | None = None) -> GroupRunRow:
    start = NOW + timedelta(seconds=at)
    end = start + timedelta(seconds=took) if took is not None else None
    return GroupRunRow(path, group, role, 0, status, started_at=start, completed_at=end, seq=seq)


class Journal:
    """Answers `changes`; can be told to fail."""

    def __init__(self, *batches: RunChanges) -> None:
        self.batches = list(batches)
        self.asked: list[int] = []
        self.failure: Exception | None = None

    async def changes(self, since: int) -> RunChanges:
        self.asked.append(since)
        if self.failure is not None:
            raise self.failure
        return self.batches.pop(0) if self.batches else RunChanges(since, RUN)


def read(*changes: RunChanges) -> LiveRun:
    """A run of which these were read."""
    live = LiveRun(RUN, Journal().changes)
    for part in changes:
        asyncio.run(live.take(part))
    return live


@pytest.fixture
def journal() -> Journal:
    return Journal()


def test_what_is_asked_next_starts_where_the_last_answer_ended(loop, journal: Journal, qtbot: QtBot) -> None:
    journal.batches = [RunChanges(5, RUN, (step("/a", "running", seq=5),)), RunChanges(9, RUN, (step("/a", "completed", seq=9, took=1),))]
    live = LiveRun(RUN, journal.changes)
    live.refresh()
    qtbot.waitUntil(lambda: len(journal.asked) >= 3)
    live.stop()
    assert journal.asked[:3] == [0, 5, 9]
    assert [row.status for row in live.rows.steps.values()] == ["completed"]


def test_an_ended_run_is_asked_about_no_more(loop, journal: Journal, qtbot: QtBot) -> None:
    done = replace(RUN, status="completed", completed_at=NOW + timedelta(seconds=2))
    journal.batches = [RunChanges(1, done)]
    live = LiveRun(RUN, journal.changes)
    with qtbot.waitSignal(live.ended):
        live.refresh()
    assert not live._timer.isActive()
    assert live.elapsed == timedelta(seconds=2)


def test_a_failure_to_read_is_told_and_reading_goes_on(loop, journal: Journal, qtbot: QtBot) -> None:
    journal.failure = DatabaseUnavailable()
    live = LiveRun(RUN, journal.changes)
    with qtbot.waitSignal(live.failed_to_read):
        live.refresh()
    journal.failure = None
    qtbot.waitUntil(lambda: len(journal.asked) >= 2, timeout=5000)
    live.stop()


def test_a_bell_during_a_look_makes_one_more_look(loop, journal: Journal, qtbot: QtBot) -> None:
    live = LiveRun(RUN, journal.changes)
    live.refresh()
    live.refresh()
    live.refresh()
    qtbot.waitUntil(lambda: len(journal.asked) == 2)
    live.stop()


def test_progress_counts_places_that_have_ended_once_each() -> None:
    live = read(
        RunChanges(1, RUN, (step("/a", "failed", seq=1, took=1), step("/b", "running", seq=2))),
        RunChanges(4, RUN, (step("/a", "running", seq=3, attempt=2), step("/b", "completed", seq=4, took=1))),
    )
    assert live.progress == (1, 10)


def test_a_step_with_one_place_shows_its_duration_or_what_it_failed_with() -> None:
    http = {"type": "HttpError", "message": "no", "details": {"status_code": 502}}
    live = read(
        RunChanges(
            5,
            RUN,
            (
                step("/a", "completed", seq=1, took=0.8),
                step("/b", "failed", seq=2, took=1, error=http),
                step("/c", "completed", seq=3, took=1, error={"type": "Timeout", "message": "late"}),
                step("/d", "running", seq=4, attempt=2),
                step("/e", "skipped", seq=5),
            ),
        )
    )
    states = states_of(live.rows, ["a", "b", "c", "d", "e", "unknown"], [])
    shown = {id: (state.status, state.text) for id, state in states.items()}
    assert shown == {
        "a": ("completed", "0.8 s"),
        "b": ("failed", "502"),
        "c": ("warning", "Timeout"),
        "d": ("retrying", "try 2"),
        "e": ("skipped", ""),
    }


def test_a_step_in_a_loop_shows_the_sum_of_its_turns() -> None:
    rows = tuple(step(f"/each[{at}]/a", "completed" if at < 3 else "running", id="a", seq=at) for at in range(5))
    assert states_of(read(RunChanges(5, RUN, rows)).rows, ["a"], [])["a"].text == "2 active"
    done = tuple(step(f"/each[{at}]/a", "completed", id="a", seq=10 + at, took=1) for at in range(5))
    assert states_of(read(RunChanges(5, RUN, rows), RunChanges(20, RUN, done)).rows, ["a"], [])["a"].text == "5"


def test_a_loop_shows_its_turns_and_how_far_it_is() -> None:
    turns = tuple(turn("g", f"/each[{at}]", "completed" if at < 3 else "running", seq=at) for at in range(4))
    state = states_of(read(RunChanges(4, RUN, groups=turns)).rows, [], ["g"])["g"]
    assert (state.status, state.text, state.progress) == ("running", "3 done · 1 active", 0.75)


def test_a_try_that_was_caught_says_so() -> None:
    roles = (turn("g", "/guard.try", "failed", seq=1, role="try"), turn("g", "/guard.catch", "completed", seq=2, role="catch"))
    assert states_of(read(RunChanges(2, RUN, groups=roles)).rows, [], ["g"])["g"].text == "caught 1 error"


def drawn(live: LiveRun) -> Timeline:
    rows = [*live.rows.steps.values(), *live.rows.groups.values()]
    return timeline_of(rows, NOW, looks_of(ticket_triage().graph, CATALOG))


def triage_run() -> LiveRun:
    return read(
        RunChanges(
            9,
            RUN,
            (
                step("/new_ticket", "completed", id="new_ticket", seq=1, took=0.1),
                step("/each[0]/extract", "completed", id="extract", seq=3, at=1, took=1),
                step("/each[1]/extract", "running", id="extract", seq=5, at=2),
                step("/refund.try/issue", "failed", id="issue", seq=7, at=1, took=0.5, error={"type": "HttpError", "message": "402"}),
                step("/search", "skipped", id="search", seq=8, started_at=None),
            ),
            (turn("each", "/each[0]", "completed", seq=2, at=1, took=1), turn("each", "/each[1]", "running", seq=4, at=2)),
        )
    )


def test_lanes_stand_in_the_order_of_the_run_with_turns_and_roles_folded_in() -> None:
    timeline = drawn(triage_run())
    lanes = [(lane.look.name, lane.depth, lane.is_group) for lane in timeline.lanes]
    assert lanes == [("New ticket", 0, False), ("For each attachment", 0, True), ("Extract text", 1, False), ("Issue refund", 0, False)]
    labels = {timeline.lanes[bar.lane].look.name: bar.label for bar in timeline.bars if bar.status != 1}
    assert labels["Issue refund"] == "HttpError"
    assert labels["Extract text"] == "#1 · 1.0 s"


def test_an_open_bar_reaches_to_now() -> None:
    timeline = drawn(triage_run())
    running = next(at for at, bar in enumerate(timeline.bars) if bar.row.path == "/each[1]/extract")
    assert timeline.ends_by(6.5)[running] == 6.5


@pytest.fixture
def view(dressed: QApplication, qtbot: QtBot) -> TimelineView:
    shown = TimelineView()
    qtbot.addWidget(shown)
    shown.resize(900, 200)
    done = replace(RUN, status="completed", completed_at=NOW + timedelta(seconds=10))
    live = triage_run()
    asyncio.run(live.take(RunChanges(20, done, (step("/each[1]/extract", "completed", id="extract", seq=20, at=2, took=1),))))
    asyncio.run(live.take(RunChanges(21, done, (), (turn("each", "/each[1]", "completed", seq=21, at=2, took=1),))))
    shown.show_run(live, drawn(live))
    shown.show()
    qtbot.waitExposed(shown)
    return shown


def test_a_click_on_a_bar_chooses_its_step(view: TimelineView, qtbot: QtBot) -> None:
    at = next(at for at, bar in enumerate(view.timeline.bars) if bar.row.path == "/each[0]/extract")
    with qtbot.waitSignal(view.step_chosen) as chosen:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.bar_rect(at).center().toPoint())
    assert chosen.args == ["extract"]


def test_control_and_the_wheel_zoom_time_at_the_pointer(view: TimelineView) -> None:
    frame = view.frame
    x = frame.x(2.0)
    at = QPointF(x, 60)
    wheel = QWheelEvent(
        at,
        QPointF(view.mapToGlobal(at.toPoint())),
        QPoint(),
        QPoint(0, 240),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ControlModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view, wheel)
    assert view.frame.span_s < frame.span_s
    assert abs(view.frame.x(2.0) - x) < 1


def test_arrows_go_through_the_lanes_and_0_shows_all(view: TimelineView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.step_chosen) as chosen:
        qtbot.keyClick(view, Qt.Key.Key_Down)
    assert chosen.args == ["new_ticket"]
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert view.frame.from_s > 0
    qtbot.keyClick(view, Qt.Key.Key_0)
    assert view.frame.from_s == 0


def test_a_hundred_thousand_bars_are_drawn_merged(view: TimelineView) -> None:
    rows = tuple(step(f"/each[{at}]/a", "completed", id="a", seq=at, at=at / 100, took=0.005) for at in range(100_000))
    done = replace(RUN, status="completed", completed_at=NOW + timedelta(seconds=1000))
    live = read(RunChanges(1, done, rows))
    with ThreadPoolExecutor() as beside:  # as the bottom panel does
        view.show_run(live, beside.submit(drawn, live).result())
    picture = view.grab().toImage()
    frame = view.frame
    assert picture.pixelColor(int(frame.x(500)), int(frame.y(0)) + 12) != picture.pixelColor(int(frame.x(500)), 195)
