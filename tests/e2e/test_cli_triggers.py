"""Schedules and webhooks from a terminal, on a database that a `serve` works on: made, changed, fired, called, deleted."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from app.domain.deliveries import sign
from tests.e2e.terminal import Terminal, transform


@pytest.fixture(scope="module", autouse=True)
def greet(terminal: Terminal) -> None:
    done = terminal.run("import", terminal.workflow(transform("hello", {"hello": "{{ $.name }}"}), name="greet"), "--publish")
    assert done.status == 0, done.err


@pytest.fixture
def served(terminal: Terminal) -> Iterator[str]:
    """`serve --listen` on a free port; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{free.getsockname()[1]}"
    process = terminal.start("serve", "--quiet", "--listen", listen)
    try:
        eventually(lambda: answer(f"http://{listen}/ready")[0] == 200)
        yield f"http://{listen}"
    finally:
        process.terminate()
        _, err = process.communicate(timeout=30)
        assert "Traceback" not in err


def eventually(holds: Callable[[], Any], *, within_s: float = 30) -> Any:
    until = time.monotonic() + within_s
    while not (found := holds()):
        assert time.monotonic() < until, "it never came to that"
        time.sleep(0.05)
    return found


def answer(url: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    request = urllib.request.Request(url, body, {"Content-Type": "application/json", **(headers or {})})  # noqa: S310 - it is http
    try:
        with urllib.request.urlopen(request, timeout=10) as got:  # noqa: S310
            text, status = got.read(), got.status
    except urllib.error.HTTPError as error:
        text, status = error.read(), error.code
    except OSError:
        return 0, None
    return status, json.loads(text) if text else None


def rows(terminal: Terminal, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(terminal.env["ORCHESTRION_DATABASE_URL"], autocommit=True) as connection:
        found = connection.execute(sql, values)
        return found.fetchall() if found.description else []


def test_a_schedule_is_made_changed_paused_resumed_and_deleted(terminal: Terminal) -> None:
    made = terminal.run(
        "schedules", "create", "nightly", "--workflow", "greet", "--cron", "30 2 * * *", "--timezone", "Europe/Berlin",
        "--input", '{"name": "Ada"}', "--json",
    )  # fmt: skip
    assert made.status == 0, made.err
    assert (made.json["name"], made.json["cron_expression"], made.json["status"]) == ("nightly", "30 2 * * *", "active")
    said = terminal.run("schedules", "update", "nightly", "--cron", "0 9 * * 1-5")
    assert said.out.startswith("Changed “nightly”; next at ")
    assert terminal.run("schedules", "pause", "nightly").out == "Paused “nightly”.\n"
    (listed,) = terminal.run("schedules", "list", "--workflow", "greet", "--json").json
    assert (listed["id"], listed["cron_expression"], listed["status"]) == (made.json["id"], "0 9 * * 1-5", "paused")
    assert terminal.run("schedules", "resume", made.json["id"], "--json").json["status"] == "active"
    coming = terminal.run("schedules", "next", "nightly", "--count", "3", "--json").json
    assert coming["timezone"] == "Europe/Berlin" and len(coming["times"]) == 3
    assert coming["words"] == "At 09:00, Monday to Friday"
    end = datetime.now(UTC)
    span = ["--from", (end - timedelta(days=8)).isoformat(), "--to", end.isoformat()]
    filled = terminal.run("schedules", "backfill", "nightly", *span, "--yes", "--json").json
    assert filled["count"] == len(filled["run_ids"]) and filled["count"] >= 5
    ticks = terminal.run("schedules", "ticks", "nightly", "--json").json
    assert {tick["run_id"] for tick in ticks} == set(filled["run_ids"])
    assert terminal.run("schedules", "delete", "nightly").out == "Deleted “nightly”.\n"
    assert terminal.run("schedules", "list", "--json").json == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["create", "x", "--workflow", "greet", "--cron", "0 0 31 2 *"], "never"),
        (["create", "x", "--workflow", "greet", "--cron", "0 0 * * * *"], "five fields"),
        (["create", "x", "--workflow", "greet", "--cron", "@daily", "--timezone", "Mars/Olympus"], "Mars/Olympus"),
        (["pause", "nobody"], "no schedule of this name"),
        (["backfill", "nobody", "--from", "yesterday", "--to", "today"], "is no time"),
    ],
)
def test_what_cannot_be_scheduled_is_one_sentence(terminal: Terminal, arguments: list[str], sentence: str) -> None:
    done = terminal.run("schedules", *arguments)
    assert done.status == 2
    assert len(done.sentences) == 1 and sentence in done.err


def test_a_schedule_of_plain_sql_fires_and_its_run_ends(terminal: Terminal, served: str) -> None:
    ((id,),) = rows(
        terminal,
        "INSERT INTO schedules (tenant_id, workflow_id, name, cron_expression, timezone, input, next_run_at)"
        " SELECT tenant_id, id, 'by sql', '* * * * *', 'UTC', '{\"name\": \"SQL\"}', now() FROM workflows WHERE name = 'greet' RETURNING id",
    )
    found = eventually(lambda: rows(terminal, "SELECT status, output FROM runs WHERE schedule_id = %s AND status = 'completed'", id))
    assert found[0] == ("completed", {"hello": "SQL"})
    rows(terminal, "DELETE FROM schedules WHERE id = %s", id)


def test_a_webhook_is_made_called_rotated_switched_and_deleted(terminal: Terminal, served: str) -> None:
    mapping = '{"name": "$.user.name"}'
    made = terminal.run("webhooks", "create", "orders", "--workflow", "greet", "--mapping", mapping, "--json")
    assert made.status == 0, made.err
    assert set(made.json) == {"id", "url", "secret"} and made.json["url"] == f"{served}/webhooks/{made.json['id']}"
    body = b'{"user": {"name": "Ada"}}'

    def posted(secret: str, message: str) -> tuple[int, Any]:
        return answer(made.json["url"], body, sign("timestamped", secret, body, timestamp=int(time.time()), message_id=message))

    status, taken = posted(made.json["secret"], "one")
    assert status == 202
    eventually(lambda: rows(terminal, "SELECT output FROM runs WHERE id = %s", taken["run_id"]) == [({"hello": "Ada"},)])
    assert posted("whsec_" + "A" * 32, "two")[0] == 401
    again = terminal.run("webhooks", "rotate", "orders", "--json").json
    assert again["secret"] != made.json["secret"]
    assert [posted(secret, secret)[0] for secret in (made.json["secret"], again["secret"])] == [202, 202]  # the old one overlaps
    assert terminal.run("webhooks", "disable", "orders").out == "“orders” is off.\n"
    eventually(lambda: posted(again["secret"], f"off {time.monotonic()}")[0] not in (202,))
    assert terminal.run("webhooks", "enable", "orders").out == "“orders” is on.\n"
    deliveries = terminal.run("webhooks", "deliveries", "orders", "--json").json
    assert {row["body_bytes"] for row in deliveries} == {len(body)} and all(row["took_ms"] >= 0 for row in deliveries)
    head, first, *_ = terminal.run("webhooks", "deliveries", "orders").out.splitlines()
    assert head.split()[3:5] == ["BYTES", "TOOK"] and f"  {len(body)} " in first and " ms  " in first
    verdicts = [row["verdict"] for row in deliveries]
    assert verdicts.count("accepted") >= 3 and "refused" in verdicts
    (listed,) = terminal.run("webhooks", "list", "--json").json
    assert (listed["name"], listed["enabled"], listed["input_mapping"]) == ("orders", True, {"name": "$.user.name"})
    assert made.json["secret"] not in json.dumps(listed) and again["secret"] not in json.dumps(listed)
    assert terminal.run("webhooks", "delete", "orders").out == "Deleted “orders”.\n"
    assert terminal.run("webhooks", "list", "--json").json == []
