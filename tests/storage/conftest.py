"""A database, actors, and a definition with a bit of everything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import psycopg
import pytest

from app.domain.access import DEFAULT_TENANT_ID, Actor, Role
from app.domain.workflow import BlockGroup, Definition, Edge, Graph, Note, Position, Size, Step
from app.storage.database import Database
from app.storage.unit_of_work import UnitsOfWork


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    await database.connect()
    yield database
    await database.dispose()


@pytest.fixture
def unit_of_work(database: Database) -> UnitsOfWork:
    return UnitsOfWork(database)


@pytest.fixture
def admin(database_url: str) -> Actor:
    """A tenant_admin of the default tenant whose user row exists."""
    return actor_in(database_url, DEFAULT_TENANT_ID, "admin@example.org")


@pytest.fixture
def stranger(database_url: str) -> Actor:
    """A tenant_admin of another tenant."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        row = connection.execute("INSERT INTO tenants (name, slug) VALUES ('Other', 'other') RETURNING id::text").fetchone()
    return actor_in(database_url, row[0], "stranger@example.org")


def actor_in(database_url: str, tenant_id: str, email: str) -> Actor:
    user_id = str(uuid4())
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO users (id, tenant_id, email, role) VALUES (%s, %s, %s, 'tenant_admin')", (user_id, tenant_id, email)
        )
    return Actor(tenant_id=tenant_id, role=Role.TENANT_ADMIN, user_id=user_id, email=email)


def new_id() -> str:
    return str(uuid4())


def by_id(*elements):
    return {element.id: element for element in elements}


def sample(name: str = "Sample") -> Definition:
    """Two steps at the top, two in nested groups, edges, a note."""
    outer = BlockGroup(new_id(), "Each", "foreach", {"input_path": "$.items"}, position=Position(300, 0), size=Size(600, 400))
    inner = BlockGroup(new_id(), "Guard", "try_catch", {}, parent_group_id=outer.id, group_role="body", position=Position(340, 40))
    first = Step(new_id(), "First", "transform", {"output": {"items": [1, 2.5, 12345678901234567890123, None, True, "é"]}})
    loose = Step(new_id(), "Loose", "llm", {"prompt": "{{ input.text }}"}, Position(0, 200))
    risky = Step(new_id(), "Risky", "tool", {"adapter_id": "http"}, Position(360, 60), inner.id, "try")
    after = Step(new_id(), "After", "transform", {}, Position(700, 60), outer.id, "body")
    return Definition(
        name=name,
        description="For tests",
        input_schema={"type": "object"},
        graph=Graph(
            steps=by_id(first, loose, risky, after),
            edges=by_id(
                Edge(new_id(), first.id, risky.id, "$.items != null"),
                Edge(new_id(), first.id, loose.id),
                Edge(new_id(), risky.id, after.id),
            ),
            groups=by_id(outer, inner),
            notes=by_id(Note("n1", "remember", Position(1, 2))),
        ),
    )
