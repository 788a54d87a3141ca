"""The services on a database of their own, and people of every role."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from app.backend import Backend, make_services
from app.domain.access import Actor, Role
from app.domain.json_schema import SchemaChecker
from app.platform.settings import load_settings
from app.platform.vault import Vault
from app.services import Services
from app.services.credentials import VaultDoor
from app.storage.database import Database
from app.storage.unit_of_work import UnitsOfWork

MASTER_KEY = bytes(range(32))


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
def door() -> VaultDoor:
    return VaultDoor(lambda: Vault(MASTER_KEY))


@pytest.fixture
def services(unit_of_work: UnitsOfWork, door: VaultDoor) -> Services:
    return make_services(unit_of_work, SchemaChecker(), door)


@pytest.fixture
async def admin(services: Services) -> Actor:
    return await services.access.local_actor()


@pytest.fixture
async def backend(database_url: str, place: Any, admin: Actor) -> AsyncIterator[Backend]:
    # `admin` is there already, so this is no first start and no examples are added.
    backend = await Backend.open(load_settings(data_dir=place, database_url=database_url), role="run")
    yield backend
    await backend.close()


@pytest.fixture
def as_role(admin: Actor) -> Callable[[Role], Actor]:
    return lambda role: replace(admin, role=role)


@pytest.fixture
def audit(database_url: str) -> Callable[[], list[tuple[str, str]]]:
    """All audit entries as (action, resource type), oldest first, without the first user's."""

    def entries() -> list[tuple[str, str]]:
        with psycopg.connect(database_url, autocommit=True) as connection:
            rows = connection.execute("SELECT action, resource_type FROM audit_logs ORDER BY seq").fetchall()
        return [(action, kind) for action, kind in rows if kind != "user"]

    return entries


def transform(id: str = "a", name: str = "A", output: Any = 1) -> dict[str, Any]:
    return {"id": id, "name": name, "type": "transform", "config": {"output": output}}


def document(*steps: dict[str, Any], name: str = "Flow", edges: list[tuple[str, str]] | None = None, **more: Any) -> dict[str, Any]:
    joined = [{"id": f"{a}-{b}", "source_step_id": a, "target_step_id": b} for a, b in edges or []]
    return {"format": "orchestrion/1", "name": name, "steps": list(steps or [transform()]), "edges": joined, **more}
