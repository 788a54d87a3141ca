"""The examples through the command line, as a person runs them: a process each, on one fresh database."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from pytest_httpserver import HTTPServer

from app.platform.local_postgres import LocalPostgres
from tests.conftest import TEMPLATE, short_directory
from tests.e2e.examples import NAMES, PLACE, by_name
from tests.e2e.forked import TOP, forked
from tests.e2e.test_examples import EXPECTED, ON_THE_NETWORK

Orchestrion = Callable[..., tuple[int, Any]]


@pytest.fixture(scope="session")
def httpserver_listen_address() -> tuple[str, int]:
    return ("127.0.0.1", 0)


@pytest.fixture(scope="module")
def installation(postgres_server: LocalPostgres) -> Iterator[dict[str, str]]:
    """The environment of a data directory and a database that nobody used before."""
    directory = short_directory()
    name = f"examples_{os.getpid()}"
    with psycopg.connect(postgres_server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
        kept = {key: value for key, value in os.environ.items() if not key.startswith("ORCHESTRION_")}
        yield {**kept, "ORCHESTRION_DATA_DIR": str(directory), "ORCHESTRION_DATABASE_URL": postgres_server.url(name)}
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def orchestrion(installation: dict[str, str]) -> Orchestrion:
    """Run a command with --json; its exit status and what it printed."""

    def run(*arguments: str, **settings: str) -> tuple[int, Any]:
        done = forked().run([*arguments, "--json"], cwd=TOP, env={**installation, **settings}, timeout=60)
        assert "Traceback" not in done.stderr
        return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr

    return run


def test_a_new_installation_has_every_example_published(orchestrion: Orchestrion) -> None:
    status, rows = orchestrion("list")
    assert status == 0
    assert {row["name"]: (row["status"], row["version"]) for row in rows} == dict.fromkeys(by_name(), ("published", 1))
    assert rows[0]["name"] == "Ticket triage", "the window opens the first one"


@pytest.mark.parametrize("name", sorted(set(NAMES) - ON_THE_NETWORK))
def test_an_example_runs_from_its_files(orchestrion: Orchestrion, name: str) -> None:
    status, run = orchestrion("run", str(PLACE / f"{name}.workflow.json"), "--input", f"@{PLACE / name}.input.json")
    assert (status, run["status"], run["output"]) == (0, "completed", EXPECTED[name]), run["error"]


def test_a_published_example_runs_by_its_name(orchestrion: Orchestrion) -> None:
    status, run = orchestrion("run", "Hello, workflow", "--input", '{"name": "Grace"}')
    assert (status, run["output"]) == (0, "HELLO, GRACE!")
    assert [step["path"] for step in run["steps"]] == ["/who", "/greet", "/shout"]


def test_the_http_examples_reach_a_server_that_is_on_the_allow_list(orchestrion: Orchestrion, httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request("/page").respond_with_data("busy", 503)
    httpserver.expect_ordered_request("/page").respond_with_data("busy", 503)
    httpserver.expect_ordered_request("/page").respond_with_data("the page", content_type="text/plain")
    allowed = {"ORCHESTRION_EGRESS_ALLOW": f"127.0.0.1:{httpserver.port}"}
    page, mirror = httpserver.url_for("/page"), httpserver.url_for("/mirror")

    status, run = orchestrion("run", "Fetch with fallback", "--input", json.dumps({"url": page, "mirror": mirror}), **allowed)

    assert (status, run["output"]) == (0, {"status": 200, "body": "the page"}), run["error"]
    attempts = [(step["attempt"], step["status"]) for step in run["steps"] if step["name"] == "Fetch page"]
    assert attempts == [(1, "failed"), (2, "failed"), (3, "completed")]
    assert [request.path for request, _ in httpserver.log] == ["/page"] * 3

    httpserver.clear()
    httpserver.expect_request("/page").respond_with_data("here")
    status, run = orchestrion("run", "Site check", "--input", json.dumps({"urls": [page, mirror]}), **allowed)
    assert status == 0 and run["output"]["up"] == 1 and [site["url"] for site in run["output"]["down"]] == [mirror]
