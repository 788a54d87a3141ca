"""The engine thread runs what it is given, brings errors back, and ends what it started."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from app.runtime.engine_thread import EngineStopped, EngineThread


@pytest.fixture
def engine() -> Iterator[EngineThread]:
    thread = EngineThread()
    thread.start()
    yield thread
    thread.stop()


def test_a_coroutine_runs_on_the_engine_thread_and_its_result_comes_back(engine: EngineThread) -> None:
    async def where() -> str:
        return threading.current_thread().name

    assert engine.submit(where()).result(5) == "engine"


def test_the_loop_is_a_selector_loop_because_psycopg_needs_one(engine: EngineThread) -> None:
    async def loop() -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    assert isinstance(engine.submit(loop()).result(5), asyncio.SelectorEventLoop)


def test_an_error_comes_back_as_itself(engine: EngineThread) -> None:
    async def fail() -> None:
        raise LookupError("no such run")

    with pytest.raises(LookupError, match="no such run"):
        engine.submit(fail()).result(5)


def test_stop_cancels_what_runs_and_waits_for_its_cleanup(engine: EngineThread) -> None:
    started, cleaned = threading.Event(), threading.Event()

    async def long() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.set()

    engine.submit(long())
    assert started.wait(5)
    engine.stop()
    assert cleaned.is_set()
    assert not engine.is_alive


def test_after_stop_a_call_is_refused_and_not_left_hanging(engine: EngineThread) -> None:
    async def never() -> None:
        raise AssertionError("must not run")

    engine.stop()
    with pytest.raises(EngineStopped):
        engine.submit(never()).result(5)
