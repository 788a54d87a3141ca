"""What the tables themselves hold together: tenants, groups of old versions, journal keys, the seed's own statements."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import psycopg
import pytest

from tests.storage.conftest import new_id

TENANT = "00000000-0000-0000-0000-000000000001"


@pytest.fixture(scope="module")
def outside(postgres_server) -> Iterator[psycopg.Connection]:
    """A connection of another program to a database that all tests here share: each is rolled back."""
    with psycopg.connect(postgres_server.url("postgres"), autocommit=True) as server:
        server.execute("CREATE DATABASE schema_tests TEMPLATE migrated")
        with psycopg.connect(postgres_server.url("schema_tests"), autocommit=True) as connection:
            yield connection
        server.execute("DROP DATABASE schema_tests WITH (FORCE)")


@pytest.fixture
def sql(outside) -> Iterator[Callable[..., list[tuple]]]:
    """Runs one statement and gives its rows; one that is refused leaves the others as they were."""

    def run(statement: str, *values: object) -> list[tuple]:
        with outside.transaction():
            cursor = outside.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    with outside.transaction(force_rollback=True):
        yield run


@pytest.fixture
def workflow(sql) -> str:
    return sql("INSERT INTO workflows (tenant_id, name) VALUES (%s, 'W') RETURNING id::text", TENANT)[0][0]


@pytest.fixture
def other_tenant(sql) -> str:
    return sql("INSERT INTO tenants (name, slug) VALUES ('Other', 'other') RETURNING id::text")[0][0]


@pytest.fixture
def run(sql, workflow) -> str:
    return sql("INSERT INTO runs (tenant_id, workflow_id, workflow_version) VALUES (%s, %s, 1) RETURNING id::text", TENANT, workflow)[0][0]


def add_step(sql, workflow, **values) -> str:
    names = ["workflow_id", "name", "type", *values]
    marks = ", ".join(["%s"] * len(names))
    return sql(f"INSERT INTO steps ({', '.join(names)}) VALUES ({marks}) RETURNING id::text", workflow, "S", "llm", *values.values())[0][0]


def test_rows_written_by_the_seeds_columns_alone_get_their_tenant(sql, workflow, run) -> None:
    first, second = add_step(sql, workflow), add_step(sql, workflow)
    group = sql("INSERT INTO block_groups (workflow_id, name, type) VALUES (%s, 'G', 'foreach') RETURNING id", workflow)[0][0]
    sql("INSERT INTO edges (workflow_id, source_step_id, target_step_id) VALUES (%s, %s, %s)", workflow, first, second)
    sql("INSERT INTO workflow_versions (workflow_id, version, definition) VALUES (%s, 1, '{}')", workflow)
    sql("INSERT INTO step_runs (run_id, step_id, step_name) VALUES (%s, %s, 'S')", run, first)
    sql("INSERT INTO block_group_runs (run_id, block_group_id) VALUES (%s, %s)", run, group)
    for table in ("steps", "edges", "block_groups", "workflow_versions", "step_runs", "block_group_runs"):
        assert sql(f"SELECT DISTINCT tenant_id::text FROM {table}") == [(TENANT,)], table


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO steps (workflow_id, name, type) VALUES (%s, 'S', 'llm')",
        "INSERT INTO block_groups (workflow_id, name, type) VALUES (%s, 'G', 'foreach')",
        "INSERT INTO workflow_versions (workflow_id, version, definition) VALUES (%s, 1, '{}')",
        "INSERT INTO step_runs (run_id, step_id, step_name) VALUES (%s, uuid_generate_v4(), 'S')",
        "INSERT INTO block_group_runs (run_id, block_group_id) VALUES (%s, uuid_generate_v4())",
    ],
)
def test_a_row_without_its_parent_is_a_foreign_key_violation(sql, statement) -> None:
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        sql(statement, new_id())


def test_no_row_can_lean_on_another_tenants(sql, workflow, run, other_tenant) -> None:
    foreign = sql("INSERT INTO workflows (tenant_id, name) VALUES (%s, 'F') RETURNING id::text", other_tenant)[0][0]
    foreign_step = add_step(sql, foreign)
    own_step = add_step(sql, workflow)
    foreign_run = sql(
        "INSERT INTO runs (tenant_id, workflow_id, workflow_version) VALUES (%s, %s, 1) RETURNING id::text", other_tenant, foreign
    )[0][0]
    for statement, values in (
        ("INSERT INTO steps (tenant_id, workflow_id, name, type) VALUES (%s, %s, 'S', 'llm')", (TENANT, foreign)),
        ("INSERT INTO edges (workflow_id, source_step_id, target_step_id) VALUES (%s, %s, %s)", (workflow, own_step, foreign_step)),
        ("INSERT INTO runs (tenant_id, workflow_id, workflow_version) VALUES (%s, %s, 1)", (TENANT, foreign)),
        ("UPDATE runs SET parent_run_id = %s WHERE id = %s", (foreign_run, run)),
        ("INSERT INTO step_runs (tenant_id, run_id, step_id, step_name) VALUES (%s, %s, uuid_generate_v4(), 'S')", (TENANT, foreign_run)),
        ("INSERT INTO schedules (tenant_id, workflow_id, name, cron_expression) VALUES (%s, %s, 's', '* * * * *')", (TENANT, foreign)),
        ("INSERT INTO webhooks (tenant_id, workflow_id, name, secret) VALUES (%s, %s, 'w', 'x')", (TENANT, foreign)),
    ):
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            sql(statement, *values)


def test_an_edge_cannot_join_steps_of_two_workflows(sql, workflow) -> None:
    second = sql("INSERT INTO workflows (tenant_id, name) VALUES (%s, 'V') RETURNING id::text", TENANT)[0][0]
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        sql(
            "INSERT INTO edges (workflow_id, source_step_id, target_step_id) VALUES (%s, %s, %s)",
            workflow,
            add_step(sql, workflow),
            add_step(sql, second),
        )


def test_a_group_that_goes_lets_go_of_its_steps(sql, workflow) -> None:
    group = sql("INSERT INTO block_groups (workflow_id, name, type) VALUES (%s, 'G', 'foreach') RETURNING id", workflow)[0][0]
    step = add_step(sql, workflow, block_group_id=group, group_role="body")
    sql("DELETE FROM block_groups WHERE id = %s", group)
    assert sql("SELECT block_group_id, tenant_id::text FROM steps WHERE id = %s", step) == [(None, TENANT)]


def test_a_run_of_a_version_keeps_its_journal_when_the_draft_lost_the_group(sql, workflow) -> None:
    group = new_id()
    definition = json.dumps({"block_groups": [{"id": group.upper(), "name": "Each", "type": "foreach", "config": {"input_path": "$"}}]})
    sql("INSERT INTO workflow_versions (workflow_id, version, definition) VALUES (%s, 1, %s)", workflow, definition)
    run = sql("INSERT INTO runs (tenant_id, workflow_id, workflow_version) VALUES (%s, %s, 1) RETURNING id", TENANT, workflow)[0][0]
    for turn in range(2):
        sql("INSERT INTO block_group_runs (run_id, block_group_id, path) VALUES (%s, %s, %s)", run, group, f"/each[{turn}]")
    assert sql("SELECT count(*) FROM block_group_runs") == [(2,)]
    assert sql("SELECT id::text, name, type, config, deleted_at IS NOT NULL FROM block_groups") == [
        (group, "Each", "foreach", {"input_path": "$"}, True)
    ]


def test_a_test_run_keeps_its_journal_by_its_own_snapshot(sql, workflow) -> None:
    group = new_id()
    snapshot = json.dumps({"block_groups": [{"id": group, "name": "Guard", "type": "try_catch"}]})
    run = sql(
        "INSERT INTO runs (tenant_id, workflow_id, workflow_version, mode, definition) VALUES (%s, %s, 1, 'test', %s) RETURNING id",
        TENANT,
        workflow,
        snapshot,
    )[0][0]
    sql("INSERT INTO block_group_runs (tenant_id, run_id, block_group_id, path) VALUES (%s, %s, %s, '/guard')", TENANT, run, group)
    assert sql("SELECT name FROM block_groups") == [("Guard",)]


def test_a_group_that_no_definition_knows_is_refused(sql, run) -> None:
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        sql("INSERT INTO block_group_runs (run_id, block_group_id) VALUES (%s, %s)", run, new_id())


def test_one_attempt_and_one_completion_at_a_place(sql, run) -> None:
    insert = "INSERT INTO step_runs (run_id, step_id, step_name, path, attempt, status) VALUES (%s, uuid_generate_v4(), 'S', %s, %s, %s)"
    sql(insert, run, "/a", 1, "failed")
    sql(insert, run, "/a", 2, "completed")
    for attempt, status in ((1, "running"), (3, "completed")):
        with pytest.raises(psycopg.errors.UniqueViolation):
            sql(insert, run, "/a", attempt, status)
    sql(insert, run, None, 1, "completed")
    sql(insert, run, None, 1, "completed")


def test_children_go_with_the_run_that_owns_them_and_others_stay(sql, workflow, run) -> None:
    insert = (
        "INSERT INTO runs (tenant_id, workflow_id, workflow_version, parent_run_id, root_run_id, resumed_from)"
        " VALUES (%s, %s, 1, %s, %s, %s) RETURNING id"
    )
    owned = sql(insert, TENANT, workflow, run, run, None)[0][0]
    detached = sql(insert, TENANT, workflow, run, None, run)[0][0]
    sql("DELETE FROM runs WHERE id = %s", run)
    assert sql("SELECT id, parent_run_id, resumed_from, tenant_id::text FROM runs") == [(detached, None, None, TENANT)]
    assert owned != detached


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE runs SET status = 'done'",
        "UPDATE runs SET mode = 'dry'",
        "UPDATE runs SET triggered_by = 'magic'",
        "UPDATE workflows SET status = 'archived'",
        "INSERT INTO tenants (name, slug) VALUES ('x', 'not safe')",
        "INSERT INTO users (id, tenant_id, email, role) SELECT uuid_generate_v4(), id, 'a@b', 'root' FROM tenants",
        "INSERT INTO adapters (id, name, type) VALUES ('x', 'X', 'magic')",
        "INSERT INTO step_runs (run_id, step_id, step_name, status) SELECT id, uuid_generate_v4(), 'S', 'done' FROM runs",
        "INSERT INTO block_groups (workflow_id, name, type) SELECT id, 'G', 'until' FROM workflows",
    ],
)
def test_a_word_the_column_does_not_know_is_refused(sql, run, statement) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        sql(statement)


def test_a_step_type_of_a_later_version_is_kept(sql, workflow) -> None:
    add_step(sql, workflow)
    sql("UPDATE steps SET type = 'quantum'")


def test_an_update_moves_updated_at(sql, workflow) -> None:
    sql("UPDATE workflows SET updated_at = '2000-01-01'")
    assert sql("SELECT updated_at > now() - interval '1 minute' FROM workflows") == [(True,)]


def test_the_seeds_statements_run_as_they_are_written(sql, workflow, run) -> None:
    add_step(sql, workflow)
    sql(
        "INSERT INTO schedules (tenant_id, workflow_id, name, cron_expression, next_run_at) VALUES (%s, %s, 's', '* * * * *', now())",
        TENANT,
        workflow,
    )
    sql("INSERT INTO step_runs (run_id, step_id, step_name) VALUES (%s, uuid_generate_v4(), 'S')", run)
    listed = "SELECT * FROM workflows WHERE tenant_id = %s AND deleted_at IS NULL ORDER BY updated_at DESC LIMIT %s OFFSET %s"
    assert len(sql(listed, TENANT, 10, 0)) == 1
    assert len(sql("SELECT * FROM workflows WHERE id = %s AND tenant_id = %s", workflow, TENANT)) == 1
    assert len(sql("SELECT * FROM steps WHERE workflow_id = %s ORDER BY created_at", workflow)) == 1
    assert sql("SELECT * FROM edges WHERE workflow_id = %s", workflow) == []
    together = (
        "SELECT r.*, json_agg(sr.*) AS step_runs FROM runs r LEFT JOIN step_runs sr ON sr.run_id = r.id WHERE r.id = %s GROUP BY r.id"
    )
    assert sql(together, run)[0][-1][0]["step_name"] == "S"
    assert len(sql("SELECT * FROM schedules WHERE status = 'active' AND next_run_at <= NOW() ORDER BY next_run_at")) == 1
    counted = "SELECT status, COUNT(*) as count FROM runs WHERE tenant_id = %s AND created_at >= %s GROUP BY status"
    assert sql(counted, TENANT, "2000-01-01") == [("pending", 1)]
    sql("UPDATE workflows SET deleted_at = NOW() WHERE id = %s", workflow)
    assert sql("SELECT * FROM workflows WHERE deleted_at IS NULL") == []
    sql("DELETE FROM runs")
    sql("DELETE FROM schedules")
    sql("DELETE FROM workflows WHERE id = %s", workflow)
    assert sql("SELECT * FROM steps") == []
