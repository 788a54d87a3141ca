"""A window killed while a robot edits: at most a second of edits is lost, the journal can be read, and the next start offers them."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.domain.json_value import loads
from app.platform.local_postgres import LocalPostgres
from tests.conftest import TEMPLATE, short_directory
from tests.e2e.window_robot import NOTE

pytestmark = pytest.mark.skipif(os.name != "posix", reason="processes are killed")
MOST_LOST_S = 1.0
_numbers = count(1)


@dataclass
class Window:
    """One life of the window, and what its robot said."""

    process: subprocess.Popen[str]
    said: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(loads(line))  # type: ignore[arg-type]

    def wait_for(self, key: str, *, at_least: int = 1, within_s: float = 60) -> list[dict[str, Any]]:
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            found = [line for line in list(self.said) if key in line]
            if len(found) >= at_least:
                return found
            assert self.process.poll() is None, "the window ended by itself"
            time.sleep(0.02)
        raise AssertionError(f"the robot did not say {key}: {self.said[-3:]}")

    def kill(self) -> list[dict[str, Any]]:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self._reader.join(10)
        return [line for line in self.said if "did" in line]


@pytest.fixture
def place(postgres_server: LocalPostgres, tmp_path: Path) -> Iterator[tuple[Callable[..., Window], str]]:
    """Starts the window once more on the same data; and the database that it is in."""
    directory = short_directory()
    name = f"window_{next(_numbers)}_{os.getpid()}"
    with psycopg.connect(postgres_server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
        environment = {
            **os.environ,
            "QT_QPA_PLATFORM": "offscreen",
            "ORCHESTRION_DATA_DIR": str(directory),
            "ORCHESTRION_DATABASE_URL": postgres_server.url(name),
            "ORCHESTRION_MASTER_KEY": "00" * 32,
        }
        alive: list[Window] = []
        errors = (tmp_path / "window.err").open("w")

        def start_it(*arguments: str) -> Window:
            command = [sys.executable, "-m", "tests.e2e.window_robot", *arguments]
            window = Window(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment))
            alive.append(window)
            return window

        yield start_it, postgres_server.url(name)
        for window in alive:
            window.process.kill()
            window.process.wait()
            assert window.process.stdout is not None
            window.process.stdout.close()
        errors.close()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    shutil.rmtree(directory, ignore_errors=True)


FAST = pytest.param(3, id="fast")
SOAK = pytest.param(20, id="soak", marks=[pytest.mark.soak, pytest.mark.timeout(1_800)])


@pytest.mark.parametrize("kills", [FAST, SOAK])
def test_a_window_that_is_killed_loses_at_most_a_second_and_offers_the_rest(
    kills: int, place: tuple[Callable[..., Window], str], record_property: Callable[[str, object], None]
) -> None:
    start, database_url = place
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    lost_s: list[float] = []
    lost, edits, offered = 0, 0, 0
    before: list[dict[str, Any]] = []
    for _ in range(kills):
        window = start()
        (found,) = window.wait_for("found")
        if before:
            count_lost(found, before, lost_s)
            lost += before[-1]["did"] - found["found"]
            offered += found["offered"]
        window.wait_for("did", at_least=5)
        time.sleep(dice.uniform(0.0, 2.5))
        before = window.kill()
        edits += len(before)
    last = start("look")
    (found,) = last.wait_for("found")
    count_lost(found, before, lost_s)
    lost += before[-1]["did"] - found["found"]
    offered += found["offered"]
    assert found["undo"]
    last.process.wait(60)  # closing counts as Keep
    with psycopg.connect(database_url, autocommit=True) as connection:
        rows = connection.execute("SELECT note->>'text' FROM workflows, jsonb_array_elements(notes) note WHERE note->>'id' = %s", [NOTE])
        kept = [int(text) for (text,) in rows]
    figures = f"{kills} kills over {edits} edits, seed {seed}: {lost} edits lost, at most {max(lost_s):.3f} s; offered {offered} times"
    print(figures)
    record_property("figures", f"unsaved edits: {figures}")
    assert kept == [found["found"]]
    assert max(lost_s) <= MOST_LOST_S
    assert offered >= 1


def count_lost(found: dict[str, Any], before: list[dict[str, Any]], lost_s: list[float]) -> None:
    """How much time of editing went with the kill: from the last edit that is there to the last that was made."""
    assert found["damage"] == ""
    kept = [line for line in before if line["did"] <= found["found"]]
    assert found["found"] <= before[-1]["did"]
    since = kept[-1]["at"] if kept else before[0]["at"]
    lost_s.append(max(0.0, before[-1]["at"] - since))
