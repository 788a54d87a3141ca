"""The commands on the database and on the machine."""

from __future__ import annotations

import shutil

import psycopg
import pytest

from app.storage.migrate import head
from tests.e2e.terminal import Terminal


def test_the_schema_goes_down_and_up_again(terminal: Terminal) -> None:
    at_head = {"current": head(), "head": head()}
    assert terminal.run("db", "current", "--json").json == at_head
    down = terminal.run("db", "downgrade", "--json")
    assert (down.status, down.json["current"]) == (0, f"{int(head()) - 1:04d}")
    assert terminal.run("db", "downgrade", "base").status == 0
    assert terminal.run("db", "current", "--json").json["current"] is None
    assert terminal.run("db", "upgrade", "0003", "--json").json["current"] == "0003"
    up = terminal.run("db", "upgrade")
    assert (up.status, up.out) == (0, f"{head()} (head)\n")
    assert up.sentences  # progress
    assert terminal.run("db", "stamp", "0002", "--json").json["current"] == "0002"
    assert terminal.run("db", "stamp", "head", "--json").json == at_head


def test_a_database_of_a_newer_program_is_left_alone(terminal: Terminal) -> None:
    url = terminal.env["ORCHESTRION_DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        done = terminal.run("list")
        connection.execute("UPDATE alembic_version SET version_num = %s", (head(),))
    assert (done.status, len(done.sentences)) == (1, 1)
    assert "update the program" in done.err


def test_the_address_of_the_database_opens_it(terminal: Terminal) -> None:
    url = terminal.run("db", "url").out.strip()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)


@pytest.mark.skipif(shutil.which("psql") is None, reason="needs PostgreSQL's client programs")
def test_psql_opens_in_the_database(terminal: Terminal) -> None:
    done = terminal.run("db", "psql", "-Atc", "SELECT version_num FROM alembic_version")
    assert (done.status, done.out.strip()) == (0, head())


def test_doctor_tells_what_is_well_and_what_is_not(terminal: Terminal) -> None:
    done = terminal.run("doctor", "--json")
    assert (done.status, done.json["healthy"]) == (0, True)
    assert {finding["name"]: finding["status"] for finding in done.json["findings"]}["database"] == "ok"
    assert {finding["name"]: finding["status"] for finding in done.json["findings"]}["window"] == "warning"
    ill = terminal.run("doctor", ORCHESTRION_DATABASE_URL="postgresql://localhost:1/none")
    assert ill.status == 1
    assert any(line.startswith("error") and "database" in line for line in ill.sentences)
    wrong = terminal.run("doctor", "--json", ORCHESTRION_LOG_LEVEL="loud")
    assert (wrong.status, wrong.json["healthy"]) == (1, False)
