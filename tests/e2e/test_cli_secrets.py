"""A secret's value goes in and is never seen again: not in rows, JSON, on the terminal or in the log."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import psycopg

from tests.e2e.terminal import Terminal, mock, transform

VALUE = "s3cr3t/välue+with=signs"
FORMS = [
    VALUE,
    base64.b64encode(VALUE.encode()).decode(),
    quote(VALUE, safe=""),
    VALUE.encode().hex(),
    json.dumps(VALUE)[1:-1],
]


def leaks(text: str) -> list[str]:
    return [form for form in FORMS if form in text]


def dumped(terminal: Terminal) -> str:
    """Every row of every table as text."""
    with psycopg.connect(terminal.env["ORCHESTRION_DATABASE_URL"], autocommit=True) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        return "".join(str(connection.execute(f'SELECT t::text FROM "{name}" t').fetchall()) for (name,) in tables)


def test_a_secret_is_used_and_masked_everywhere(terminal: Terminal) -> None:
    assert terminal.run("secrets", "set", "KEY", "--json", given=VALUE + "\n").json == {"name": "KEY", "new": True}
    parrot = {"said": "{{ secrets.KEY }}", "inside": "Bearer {{ secrets.KEY }}!", "length": "{{ size(secrets.KEY) }}"}
    file = terminal.workflow(mock("call", response=parrot), transform("after", "{{ $.said }}"), name="parrot")
    for arguments in (["run", file], ["run", file, "--json"]):
        done = terminal.run(*arguments)
        assert (done.status, leaks(done.out + done.err)) == (0, [])
        assert "•••KEY•••" in done.out
    failing = terminal.workflow(mock("call", error="refused {{ secrets.KEY }}"), name="refused")
    for arguments in (["run", failing], ["run", failing, "--json"]):
        done = terminal.run(*arguments, ORCHESTRION_LOG_LEVEL="debug")
        assert (done.status, leaks(done.out + done.err)) == (1, [])
        assert "•••KEY•••" in done.out + done.err
    assert json.loads(terminal.run("run", file, "--json").out)["steps"][0]["output"]["length"] == len(VALUE)
    shown = "".join(terminal.run("runs", "show", row["id"], "--json").out for row in terminal.run("runs", "list", "--json").json)
    listed = {row["name"]: row for row in terminal.run("secrets", "list", "--json").json}
    assert any(row["last_used_at"] is not None for row in listed.values())
    assert leaks(shown + terminal.run("secrets", "list").out + terminal.run("export", "parrot").out) == []
    assert leaks(dumped(terminal)) == []
    assert leaks(terminal.logs()) == []


def test_secrets_are_listed_replaced_and_deleted(terminal: Terminal) -> None:
    assert terminal.run("secrets", "set", "OTHER", given="first value").out == "Kept OTHER.\n"
    assert terminal.run("secrets", "set", "OTHER", given="other value").out == "Replaced OTHER.\n"
    assert "OTHER" in {row["name"] for row in terminal.run("secrets", "list", "--json").json}
    assert terminal.run("secrets", "delete", "OTHER").status == 0
    assert "OTHER" not in terminal.run("secrets", "list").out


def test_a_value_that_cannot_be_masked_is_refused_and_not_repeated(terminal: Terminal) -> None:
    for value in ("", "tiny!", "x" * 70_000):
        done = terminal.run("secrets", "set", "BAD", given=value)
        assert (done.status, len(done.sentences)) == (2, 1)
        assert not value or value not in done.err
    assert "BAD" not in terminal.run("secrets", "list").out


def test_a_secret_in_a_condition_is_an_error_of_the_file(terminal: Terminal) -> None:
    file = terminal.workflow({"id": "c", "name": "C", "type": "condition", "config": {"expression": "secrets.KEY == 'x'"}}, name="peek")
    assert terminal.run("run", file).status == 2
