"""The pool, its errors, and coming back after the server was away."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from app.domain.errors import DatabaseUnavailable
from app.storage.database import Database, with_reconnect
from app.storage.errors import AlreadyExists, NotStorable, WriteBusy
from app.storage.urls import conninfo
from tests.storage.catalog import rows_of

BACKENDS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'orchestrion'"


async def test_json_comes_back_exactly(database) -> None:
    value = {"big": 2**200, "small": -1, "double": 0.1, "text": "é\u2028", "list": [None, True, {}], "zero": 1.0}
    async with database.transaction() as transaction:
        row = await transaction.read_one(text("SELECT CAST(:v AS jsonb) AS v").bindparams(bindparam("v", value, type_=JSONB)))
    assert row["v"] == value
    assert isinstance(row["v"]["big"], int)


async def test_times_come_in_utc(database) -> None:
    async with database.transaction() as transaction:
        row = await transaction.read_one(text("SELECT now() AS at"))
    assert row["at"].utcoffset().total_seconds() == 0


async def test_the_least_number_is_open_at_once_and_the_most_is_never_passed(database_url) -> None:
    database = Database(database_url, pool_min=3, pool_max=4)
    await database.connect()
    assert rows_of(database_url, BACKENDS) == [(3,)]

    async def use() -> None:
        async with database.transaction() as transaction:
            await transaction.read(text("SELECT pg_sleep(0.02)"))

    await asyncio.gather(*(use() for _ in range(20)))
    assert rows_of(database_url, BACKENDS) == [(4,)]
    await database.dispose()
    assert rows_of(database_url, BACKENDS) == [(0,)]


@pytest.mark.parametrize(("idle_s", "left"), [(1800, 3), (0, 1)])
async def test_idle_connections_close_down_to_the_least_number(database_url, idle_s, left) -> None:
    database = Database(database_url, pool_min=1, pool_max=3, idle_s=idle_s)
    await database.connect()
    await database.hold(3)
    await database.check()
    assert rows_of(database_url, BACKENDS) == [(left,)]
    await database.dispose()


async def test_a_connection_that_died_in_the_pool_is_replaced_unseen(database, database_url) -> None:
    rows_of(database_url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'orchestrion'")
    async with database.transaction() as transaction:
        assert (await transaction.read_one(text("SELECT 1 AS one")))["one"] == 1


async def test_a_connection_that_dies_in_use_is_the_database_not_answering(database) -> None:
    with pytest.raises(DatabaseUnavailable):
        async with database.transaction() as transaction:
            await transaction.read(text("SELECT pg_terminate_backend(pg_backend_pid())"))


async def test_nobody_answering_is_one_sentence(tmp_path: Path) -> None:
    database = Database(f"postgresql://app@/none?host={tmp_path}")
    with pytest.raises(DatabaseUnavailable, match="orchestrion doctor"):
        await database.connect()
    await database.dispose()


async def test_work_is_done_again_until_the_database_answers() -> None:
    waits = []
    failures = [DatabaseUnavailable(), WriteBusy()]

    async def work() -> str:
        if failures:
            raise failures.pop()
        return "done"

    assert await with_reconnect(work, on_wait=lambda seconds, error: waits.append((seconds, type(error)))) == "done"
    assert [kind for _, kind in waits] == [WriteBusy, DatabaseUnavailable]
    assert 0.3 < waits[0][0] < 0.7 < 1.4 > waits[1][0]


async def test_work_is_given_up_after_its_time() -> None:
    async def work() -> None:
        raise DatabaseUnavailable

    with pytest.raises(DatabaseUnavailable):
        await with_reconnect(work, give_up_after_s=0.1)


async def test_bugs_are_not_tried_again() -> None:
    calls = []

    async def work() -> None:
        calls.append(1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await with_reconnect(work)
    assert calls == [1]


async def test_a_deadlock_is_worth_another_try(database) -> None:
    async with database.transaction() as transaction:
        await transaction.write(text("INSERT INTO tenants (name, slug) VALUES ('A', 'a'), ('B', 'b')"))
    both = asyncio.Barrier(2)

    async def rename(first: str, second: str) -> str:
        async with database.transaction() as transaction:
            change = text("UPDATE tenants SET name = 'x' WHERE slug = :slug")
            await transaction.write(change, {"slug": first})
            await both.wait()
            await transaction.write(change, {"slug": second})
        return "done"

    ends = await asyncio.gather(rename("a", "b"), rename("b", "a"), return_exceptions=True)
    assert {type(end) for end in ends} == {str, WriteBusy}


async def test_errors_of_sql_are_the_programs_own(database) -> None:
    for statement, kind in (
        ("INSERT INTO tenants (name, slug) VALUES ('x', 'default')", AlreadyExists),
        ("INSERT INTO tenants (name, slug) VALUES (repeat('x', 300), 'long')", NotStorable),
        ("INSERT INTO tenants (name, slug) VALUES ('x', 'two words')", NotStorable),
    ):
        with pytest.raises(kind):
            async with database.transaction() as transaction:
                await transaction.write(text(statement))


def test_a_remote_server_must_prove_who_it_is_unless_the_url_says_otherwise(monkeypatch) -> None:
    monkeypatch.delenv("PGSSLMODE", raising=False)
    for local in (
        "postgres://a@localhost/x",
        "postgres://a@127.0.0.1:5/x",
        "postgres:///x?host=/tmp",
        "host=::1 dbname=x",
        "postgres://a@[::1]/x",
    ):
        assert "sslmode" not in conninfo(local), local
    for remote in ("postgres://a@db.example.org/x", "postgres://a@localhost,db/x", "postgres://a@10.0.0.1/x"):
        assert "sslmode=verify-full" in conninfo(remote), remote
    assert "sslmode=disable" in conninfo("postgres://a@db.example.org/x?sslmode=disable")


def test_what_the_url_says_wins_and_its_options_are_kept() -> None:
    made = conninfo("postgres://a@localhost/x?keepalives_idle=9&options=-c%20work_mem%3D8MB")
    assert "keepalives_idle=9" in made
    assert "work_mem=8MB -c TimeZone=UTC" in made


def test_a_url_that_is_none_is_one_sentence_without_the_password() -> None:
    with pytest.raises(DatabaseUnavailable) as refused:
        conninfo("postgres://app:s3cret@host:port:oops/x?nonsense=1")
    assert "s3cret" not in str(refused.value)


def test_connections_know_each_others_program(database_url) -> None:
    with psycopg.connect(conninfo(database_url, application_name="worker")) as connection:
        assert connection.execute("SHOW application_name").fetchone() == ("worker",)
        assert connection.execute("SHOW TimeZone").fetchone() == ("UTC",)
