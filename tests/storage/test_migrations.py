"""The schema: the seed's tables, the migrations in both directions, and the tables in code agree."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from app.storage import migrate
from app.storage.errors import DatabaseNewer
from app.storage.tables import metadata
from app.storage.urls import libpq_url, shown_url
from tests.storage.catalog import catalog_of, rows_of

CHECKER = Path(__file__).parents[3] / "shared/tools/check_schema.py"
REVISIONS = sorted(path.name.split("_")[0] for path in (migrate.migrations_dir() / "versions").glob("[0-9]*_*.py"))
_numbers = itertools.count(1)


@pytest.fixture
def empty_url(postgres_server) -> Iterator[str]:
    """A database without any table."""
    name = f"empty_{next(_numbers)}"
    with psycopg.connect(postgres_server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield postgres_server.url(name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def engine_of(url: str):
    return create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(libpq_url(url)))


@pytest.mark.skipif(not CHECKER.exists(), reason="the seed's checker lies beside the repository")
def test_every_column_key_and_index_of_the_seed_holds(database_url: str) -> None:
    answer = subprocess.run([sys.executable, CHECKER, database_url], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_the_tables_in_code_are_the_tables_in_the_database(database_url: str) -> None:
    engine = engine_of(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True, "compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_tables_made_from_code_have_the_same_columns_checks_and_indexes(database_url: str, empty_url: str) -> None:
    engine = engine_of(empty_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE FUNCTION uuid_generate_v4() RETURNS uuid LANGUAGE sql AS 'SELECT gen_random_uuid()'"))
        connection.execute(text("CREATE SEQUENCE change_seq"))
        metadata.create_all(connection)
    engine.dispose()
    parts = ("columns", "constraints", "indexes")
    assert catalog_of(empty_url, *parts) == catalog_of(database_url, *parts)


def test_every_table_and_column_carries_a_comment(database_url: str) -> None:
    silent = rows_of(
        database_url,
        """
        SELECT c.relname, a.attname FROM pg_class c
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
          AND (obj_description(c.oid, 'pg_class') IS NULL OR col_description(c.oid, a.attnum) IS NULL)
        UNION ALL
        SELECT proname, '' FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND obj_description(oid, 'pg_proc') IS NULL
        """,
    )
    assert silent == []


def test_every_foreign_key_finds_its_rows_by_an_index(database_url: str) -> None:
    """A delete in the parent looks for children; an index must begin with a column of the key, tenant_id aside."""
    bare = rows_of(
        database_url,
        """
        SELECT k.conrelid::regclass::text, k.conname FROM pg_constraint k
        WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace AND NOT EXISTS (
            SELECT FROM pg_index i WHERE i.indrelid = k.conrelid AND (
                i.indkey[0] = k.conkey[array_upper(k.conkey, 1)]
                OR (i.indkey[0] = ANY (k.conkey) AND i.indkey[1] = ANY (k.conkey))))
        """,
    )
    assert bare == []


def test_down_to_nothing_and_up_again_gives_the_same_schema(database_url: str) -> None:
    before = catalog_of(database_url)
    migrate.downgrade(database_url, "base")
    assert rows_of(database_url, "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')") == [
        ("alembic_version",)
    ]
    assert rows_of(database_url, "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace") == []
    migrate.upgrade(database_url)
    assert catalog_of(database_url) == before


@pytest.mark.parametrize("revision", REVISIONS)
def test_each_migration_can_be_undone_and_done_again(empty_url: str, revision: str) -> None:
    index = REVISIONS.index(revision)
    if index:
        migrate.upgrade(empty_url, REVISIONS[index - 1])
    before = catalog_of(empty_url)
    migrate.upgrade(empty_url, revision)
    after = catalog_of(empty_url)
    migrate.downgrade(empty_url, "-1")
    assert catalog_of(empty_url) == before
    migrate.upgrade(empty_url, "+1")
    assert catalog_of(empty_url) == after


def test_the_default_tenant_and_the_builtin_adapters_are_there(database_url: str) -> None:
    assert rows_of(database_url, "SELECT id::text, slug, settings FROM tenants") == [
        ("00000000-0000-0000-0000-000000000001", "default", {"data_retention_days": 30, "max_concurrent_runs": 10})
    ]
    assert rows_of(database_url, "SELECT id, type, tenant_id, enabled FROM adapters ORDER BY id") == [
        (name, "builtin", None, True) for name in ("anthropic", "http", "mock", "openai")
    ]


def test_a_downgrade_keeps_a_default_tenant_that_was_worked_in(database_url: str) -> None:
    tenant = "00000000-0000-0000-0000-000000000001"
    rows_of(database_url, "INSERT INTO workflows (tenant_id, name) VALUES (%s, 'Kept') RETURNING id", tenant)
    migrate.downgrade(database_url, "0006")
    migrate.upgrade(database_url)
    assert rows_of(database_url, "SELECT name FROM workflows") == [("Kept",)]


def test_head_is_what_alembic_says(database_url: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(migrate.migrations_dir()))
    assert migrate.head() == ScriptDirectory.from_config(config).get_current_head()
    assert migrate.is_current(database_url)


def test_a_database_that_was_never_migrated_has_no_revision(empty_url: str) -> None:
    assert migrate.current(empty_url) is None
    assert not migrate.is_current(empty_url)


def test_a_url_with_the_short_scheme_is_taken(empty_url: str) -> None:
    migrate.upgrade(empty_url.replace("postgresql://", "postgres://"))
    assert migrate.is_current(empty_url)


def test_a_password_is_not_shown() -> None:
    assert shown_url("postgres://app:s3cret@db:5432/x") == "postgresql://app:…@db:5432/x"
    assert shown_url("host=db password=s3cret dbname=x") == "host=db password=… dbname=x"


def test_progress_tells_of_each_migration(empty_url: str) -> None:
    heard = []
    migrate.upgrade(empty_url, on_progress=lambda done, total, what: heard.append((done, total, what)))
    assert [(done, total) for done, total, _ in heard] == [(n, len(REVISIONS)) for n in range(1, len(REVISIONS) + 1)]
    assert heard[0][2].startswith("Tenants")


def test_four_programs_starting_at_once_migrate_once(empty_url: str) -> None:
    failures: list[Exception] = []

    def start() -> None:
        # A process each: Alembic's context belongs to a process, and so do the programs of this test.
        answer = subprocess.run(
            [sys.executable, "-c", "import sys; from app.storage.migrate import upgrade; upgrade(sys.argv[1])", empty_url],
            capture_output=True,
            text=True,
        )
        if answer.returncode:
            failures.append(RuntimeError(answer.stderr))

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert migrate.is_current(empty_url)


def test_a_migration_that_fails_leaves_everything_as_it_was(empty_url: str) -> None:
    migrate.upgrade(empty_url, "0002")
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE adapters (id int)")
    before = catalog_of(empty_url)
    with pytest.raises(Exception, match="adapters"):
        migrate.upgrade(empty_url)
    assert migrate.current(empty_url) == "0002"
    assert catalog_of(empty_url) == before


def test_stamp_moves_the_mark_and_nothing_else(database_url: str) -> None:
    before = catalog_of(database_url)
    migrate.stamp(database_url, "0003")
    assert migrate.current(database_url) == "0003"
    assert catalog_of(database_url) == before


def test_a_database_of_a_newer_program_is_refused_in_words(database_url: str) -> None:
    rows_of(database_url, "UPDATE alembic_version SET version_num = '9999' RETURNING 1")
    with pytest.raises(DatabaseNewer, match="9999"):
        migrate.upgrade(database_url)
