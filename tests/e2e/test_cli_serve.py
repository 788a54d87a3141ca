"""The program that stays, on its own local database: takes up what others left, shares, and stops in order."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from app.platform.local_postgres import LocalPostgres
from app.platform.settings import load_settings
from tests.conftest import short_directory
from tests.e2e.terminal import Terminal, mock, said, transform


@pytest.fixture(scope="module")
def local() -> Iterator[Terminal]:
    """An installation with its own local server, which goes on between the commands of this module."""
    terminal = Terminal(short_directory())
    terminal.data_dir.chmod(0o711)
    server = LocalPostgres(load_settings(data_dir=terminal.data_dir).postgres_dir)
    server.start()
    try:
        assert terminal.run("list").status == 0
        yield terminal
    finally:
        server.stop()
    shutil.rmtree(terminal.data_dir, ignore_errors=True)


@pytest.fixture
def serving(local: Terminal) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts `serve` and waits until it is ready; whatever still runs at the end is killed."""
    running: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        process = local.start("serve")
        running.append(process)
        said(process, "Ready")
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def status_of(local: Terminal, name: str) -> str:
    rows = [row for row in local.run("runs", "list", "--json").json if row["workflow"] == name]
    return str(rows[0]["status"]) if rows else ""


def eventually(question: Callable[[], Any], within_s: float = 30) -> Any:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if answer := question():
            return answer
    raise AssertionError("it never came true")


def begun(local: Terminal, name: str) -> bool:
    url = local.run("db", "url").out.strip()
    question = "SELECT 1 FROM step_runs s JOIN runs r ON r.id = s.run_id JOIN workflows w ON w.id = r.workflow_id"
    with psycopg.connect(url, autocommit=True) as connection:
        eventually(lambda: connection.execute(f"{question} WHERE w.name = %s AND s.status = 'running'", (name,)).fetchone())
    return True


def test_serve_finishes_the_run_of_a_killed_process(local: Terminal, serving: Callable[[], subprocess.Popen[str]]) -> None:
    file = local.workflow(
        mock("first", response=1), mock("slow", delay_ms=3000, response=2), transform("last", "{{ $ + 40 }}"), name="killed"
    )
    with local.start("run", file) as process:
        try:
            begun(local, "killed")
        finally:
            process.kill()
            process.communicate()
    assert status_of(local, "killed") == "running"
    server = serving()
    eventually(lambda: status_of(local, "killed") == "completed")
    (row,) = [row for row in local.run("runs", "list", "--json").json if row["workflow"] == "killed"]
    steps = local.run("runs", "show", row["id"], "--json").json["steps"]
    assert [(step["path"], step["attempt"], step["status"]) for step in steps] == [
        ("/first", 1, "completed"),
        ("/slow", 1, "lost"),
        ("/slow", 2, "completed"),
        ("/last", 1, "completed"),
    ]
    server.send_signal(signal.SIGTERM)
    server.communicate(timeout=30)
    assert server.returncode == 0


def test_two_serve_side_by_side_and_each_run_runs_once(local: Terminal, serving: Callable[[], subprocess.Popen[str]]) -> None:
    local.run("import", local.workflow(transform("a", 1), mock("b", delay_ms=200, response=2), name="shared"), "--publish")
    servers = [serving(), serving()]
    with psycopg.connect(local.run("db", "url").out.strip(), autocommit=True) as connection:
        connection.execute(
            "INSERT INTO runs (tenant_id, workflow_id, workflow_version)"
            " SELECT tenant_id, id, 1 FROM workflows, generate_series(1, 30) WHERE name = 'shared'"
        )
        count = "SELECT count(*) FROM runs r JOIN workflows w ON w.id = r.workflow_id WHERE w.name = 'shared' AND r.status = 'completed'"
        eventually(lambda: connection.execute(count).fetchone() == (30,), within_s=60)
        attempts = connection.execute(
            "SELECT count(*), max(s.attempt) FROM step_runs s JOIN runs r ON r.id = s.run_id JOIN workflows w ON w.id = r.workflow_id"
            " WHERE w.name = 'shared'"
        ).fetchone()
    assert attempts == (60, 1)
    for server in servers:
        server.send_signal(signal.SIGINT)
    for server in servers:
        _, err = server.communicate(timeout=30)
        assert (server.returncode, "Traceback" in err) == (0, False)


def test_a_stopped_serve_gives_back_what_it_cannot_finish(local: Terminal, serving: Callable[[], subprocess.Popen[str]]) -> None:
    local.run("import", local.workflow(mock("long", delay_ms=60_000), name="long"), "--publish")
    server = serving()
    with psycopg.connect(local.run("db", "url").out.strip(), autocommit=True) as connection:
        (run,) = connection.execute(  # type: ignore[misc]
            "INSERT INTO runs (tenant_id, workflow_id, workflow_version) SELECT tenant_id, id, 1 FROM workflows WHERE name = 'long'"
            " RETURNING id::text"
        ).fetchone()
        begun(local, "long")
        server.send_signal(signal.SIGTERM)
        said(server, "Stopping: 1 run")
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=30)
        assert server.returncode == 0
        row = connection.execute("SELECT status, owner FROM runs WHERE id = %s", (run,)).fetchone()
    assert row == ("running", None)
    assert local.run("runs", "cancel", run).status == 0
    serving()
    eventually(lambda: status_of(local, "long") == "cancelled")


def test_serve_starts_the_database_again_that_died(local: Terminal, serving: Callable[[], subprocess.Popen[str]]) -> None:
    local.run("import", local.workflow(transform("a", 1), name="after"), "--publish")
    serving()
    LocalPostgres(load_settings(data_dir=local.data_dir).postgres_dir).kill()
    done = local.run("run", "after", "--json")
    assert (done.status, done.json["output"]) == (0, 1)


def test_serve_is_small_when_idle(local: Terminal, serving: Callable[[], subprocess.Popen[str]]) -> None:
    server = serving()
    assert psutil.Process(server.pid).memory_info().rss < 150 * 2**20


def test_serve_stops_although_its_database_is_gone(place: Path) -> None:
    place.chmod(0o711)
    server = LocalPostgres(place)
    with_url = Terminal(place, ORCHESTRION_DATABASE_URL=server.start())
    file = with_url.workflow(mock("long", delay_ms=60_000), name="lost")
    assert with_url.run("import", file, "--publish").status == 0
    with with_url.start("serve") as process:
        try:
            said(process, "Ready")
            with psycopg.connect(with_url.env["ORCHESTRION_DATABASE_URL"], autocommit=True) as connection:
                connection.execute(
                    "INSERT INTO runs (tenant_id, workflow_id, workflow_version) SELECT tenant_id, id, 1 FROM workflows WHERE name = 'lost'"
                )
                eventually(lambda: connection.execute("SELECT 1 FROM step_runs WHERE status = 'running'").fetchone())
            server.kill()
            process.send_signal(signal.SIGTERM)
            said(process, "Stopping")
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=40)
        finally:
            process.kill()
    assert (process.returncode, "Traceback" in err) == (0, False)
