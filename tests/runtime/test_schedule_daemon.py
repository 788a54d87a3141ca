"""The daemon looks at once, when a tick is due, when it is woken, and at least every 15 s; and it stops."""

from __future__ import annotations

import threading
import time

import pytest

from app.runtime.engine_thread import EngineThread
from app.runtime.schedule_daemon import HELD_ELSEWHERE_S, LONGEST_SLEEP_S, SHORTEST_SLEEP_S, ScheduleDaemon, sleep_s
from app.storage.firing import Fired


class Looks:
    """Stands in for the use case; each look gives the next of `answers`, the last one for ever."""

    def __init__(self, *answers: Fired | Exception) -> None:
        self.answers = list(answers)
        self.at: list[float] = []
        self.forgotten = 0
        self.looked = threading.Event()

    async def fire_due(self) -> Fired:
        self.at.append(time.monotonic())
        self.looked.set()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def forget(self) -> None:
        self.forgotten += 1


@pytest.fixture
def engine():
    thread = EngineThread()
    thread.start()
    yield thread
    thread.stop()


def started(engine: EngineThread, looks: Looks) -> ScheduleDaemon:
    daemon = ScheduleDaemon(looks, engine._loop)  # type: ignore[arg-type]
    daemon.start()
    return daemon


def until(true, within_s: float = 5.0) -> None:
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("fired", "expected"),
    [
        (Fired(0, (), None), LONGEST_SLEEP_S),
        (Fired(0, (), 3_600.0), LONGEST_SLEEP_S),
        (Fired(0, (), 3.5), 3.5),
        (Fired(0, (), 0.001), SHORTEST_SLEEP_S),
        (Fired(200, ("r",), -5.0), SHORTEST_SLEEP_S),
        (Fired(0, (), -5.0), HELD_ELSEWHERE_S),
    ],
)
def test_how_long_it_sleeps(fired: Fired, expected: float) -> None:
    assert sleep_s(fired) == expected


def test_it_looks_again_when_the_next_tick_is_due(engine) -> None:
    looks = Looks(Fired(0, (), 0.3), Fired(0, (), None))
    daemon = started(engine, looks)
    until(lambda: len(looks.at) == 2)
    assert looks.at[1] - looks.at[0] >= 0.25
    daemon.stop()


def test_it_is_woken_and_then_looks_at_what_it_did_not_understand_again(engine) -> None:
    looks = Looks(Fired(0, (), None))
    daemon = started(engine, looks)
    until(lambda: len(looks.at) == 1)
    daemon.wake()
    until(lambda: len(looks.at) == 2, 2.0)
    assert looks.forgotten == 1
    daemon.stop()


def test_it_stops_in_the_middle_of_its_sleep_and_survives_an_error(engine) -> None:
    looks = Looks(RuntimeError("a bug"))
    daemon = started(engine, looks)
    until(lambda: len(looks.at) == 1)
    start = time.monotonic()
    daemon.stop()
    assert time.monotonic() - start < 1.0 and not daemon.is_alive
