"""The ground under test: a database with published workflows, runs put into it, and what can be seen from outside."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from uuid import NAMESPACE_URL, uuid4, uuid5

import psycopg

from app.domain.access import DEFAULT_TENANT_ID
from app.domain.definition_file import read_definition, with_ids
from app.domain.workflow import definition_to_json
from app.platform.local_postgres import LocalPostgres
from app.platform.settings import load_settings
from app.storage.migrate import upgrade
from tests.conftest import short_directory
from tests.e2e.durability.workflows import Doc
from tests.engine.workflows import INPUT

MOST_RUNS = 1000


@dataclass(frozen=True, slots=True)
class Sight:
    """What one look at the database shows of the runs that are under way: when which place was completed, and who has which run."""

    completed: Mapping[str, float]
    owners: Mapping[str, str]


class Ground:
    """A data directory with the program's own PostgreSQL in it, as durable as the program makes it."""

    def __init__(self) -> None:
        self.directory = short_directory()
        settings = load_settings(data_dir=self.directory)
        settings.ensure_data_dir()
        self.server = LocalPostgres(settings.postgres_dir)
        self.workflows: dict[str, str] = {}
        self.runs: dict[str, str] = {}
        """The workflow's name of each run that was queued."""
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None

    def __enter__(self) -> Self:
        self.url = self.server.start()
        upgrade(self.url)
        self.ask("UPDATE tenants SET settings = settings || %s", [json.dumps({"max_concurrent_runs": MOST_RUNS})])
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._let_go()
        self.server.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def ask(self, query: str, values: Any = ()) -> list[tuple[Any, ...]]:
        """The rows of a query, on a connection that is made again when it broke."""
        try:
            return self._asked(query, values)
        except psycopg.OperationalError:
            self._let_go()
            return self._asked(query, values)

    def _asked(self, query: str, values: Any) -> list[tuple[Any, ...]]:
        if self._connection is None:
            self._connection = psycopg.connect(self.url, autocommit=True)
        cursor = self._connection.execute(query, values)
        return cursor.fetchall() if cursor.description else []

    def answers(self) -> bool:
        """Whether the database does, just now."""
        try:
            return self.ask("SELECT 1") == [(1,)]
        except psycopg.OperationalError:
            return False

    def publish(self, documents: Iterable[Doc]) -> None:
        """Keep each as version 1 of a workflow of its name."""
        for document in documents:
            definition = with_ids(
                read_definition(document), lambda kind, id, name=document["name"]: str(uuid5(NAMESPACE_URL, f"{name} {kind} {id}"))
            )
            id = self.workflows[document["name"]] = str(uuid4())
            self.ask(
                "INSERT INTO workflows (id, tenant_id, name, status, version) VALUES (%s, %s, %s, 'published', 2)",
                [id, DEFAULT_TENANT_ID, document["name"]],
            )
            self.ask(
                "INSERT INTO workflow_versions (tenant_id, workflow_id, version, definition) VALUES (%s, %s, 1, %s)",
                [DEFAULT_TENANT_ID, id, json.dumps(definition_to_json(definition))],
            )

    def queue(self, name: str, count: int = 1, *, input: Any = INPUT) -> list[str]:
        """Pending runs of a published workflow, as any trigger leaves them; their ids."""
        made = self.ask(
            "WITH made AS (INSERT INTO runs (tenant_id, workflow_id, workflow_version, input)"
            " SELECT %s, %s, 1, %s FROM generate_series(1, %s) RETURNING id)"
            " SELECT id::text, pg_notify('orchestrion', json_build_object('t', %s::text, 'k', 'due', 'id', id)::text) FROM made",
            [DEFAULT_TENANT_ID, self.workflows[name], json.dumps(input), count, DEFAULT_TENANT_ID],
        )
        ids = [id for id, _ in made]
        self.runs.update(dict.fromkeys(ids, name))
        return ids

    def open_runs(self) -> int:
        """How many runs have not ended."""
        return int(self.ask("SELECT count(*) FROM runs WHERE status IN ('pending', 'running')")[0][0])

    def look(self) -> Sight:
        completed = self.ask(
            "SELECT s.run_id || ':' || s.path, extract(epoch FROM s.completed_at)::float8 FROM step_runs s JOIN runs r ON r.id = s.run_id"
            " WHERE r.status = 'running' AND s.status = 'completed'"
        )
        owners = self.ask("SELECT id::text, owner FROM runs WHERE status = 'running' AND owner IS NOT NULL")
        return Sight(dict(completed), dict(owners))

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
