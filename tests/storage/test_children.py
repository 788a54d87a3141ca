"""Child runs: made once for a parent and path, under the claim of the root."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from app.domain.json_schema import SchemaChecker
from app.domain.json_value import Json
from app.engine.ports import ChildRequest, ClaimedRun, FenceLost, RunEnd, StepError
from app.storage.children import PostgresChildren, child_id
from app.storage.journal import PostgresJournal
from tests.storage.runs_world import DEFINITION, TENANT, World, step

STRICT: dict[str, Json] = {**DEFINITION, "input_schema": {"type": "object", "required": ["n"]}}


@pytest.fixture
def world(database_url: str) -> World:
    return World(database_url)


@pytest.fixture
async def journal(world: World) -> AsyncIterator[PostgresJournal]:
    async with PostgresJournal(world.url) as journal:
        yield journal


@pytest.fixture
def children(journal: PostgresJournal) -> PostgresChildren:
    return PostgresChildren(journal.reading, SchemaChecker())


def parent_of(world: World, **columns: Any) -> ClaimedRun:
    handle = world.claimed(world.workflow(name="Parent"), **columns)
    return ClaimedRun(handle, DEFINITION, None, columns.get("mode", "production"), {"id": handle.run_id})


async def test_a_child_is_made_once_and_found_again(world: World, journal: PostgresJournal, children: PostgresChildren) -> None:
    parent = parent_of(world, triggered_by="webhook", priority=3)
    workflow = world.workflow(versions=(DEFINITION, STRICT))
    request = ChildRequest(workflow, None, None)
    first = await children.open_child(parent, "/sub", request, {"n": 1})
    row = world.run(child_id(parent.handle.run_id, "/sub"))
    assert (row["status"], row["workflow_version"], row["triggered_by"], row["parent_path"]) == ("running", 2, "subflow", "/sub")
    assert (str(row["root_run_id"]), str(row["parent_run_id"]), row["priority"]) == (parent.handle.run_id, parent.handle.run_id, 3)
    assert first.ended is None
    assert first.claimed.handle.claim_id == parent.handle.run_id
    assert (first.claimed.definition, first.claimed.input, first.claimed.depth) == (STRICT, {"n": 1}, 1)
    assert first.claimed.run["workflow_version"] == 2
    await journal.write(first.claimed.handle, [step("/a", output=1)])

    world.rows("INSERT INTO workflow_versions (workflow_id, version, definition) VALUES (%s, 3, '{}')", workflow)
    again = await children.open_child(parent, "/sub", request, {"other": "input"})
    assert (again.claimed.handle, again.claimed.definition, again.claimed.input) == (first.claimed.handle, STRICT, {"n": 1})
    assert again.claimed.run == first.claimed.run

    await journal.write(first.claimed.handle, [RunEnd("completed", output={"done": True})])
    ended = await children.open_child(parent, "/sub", request, {"n": 1})
    assert ended.ended == RunEnd("completed", {"done": True}, None)


async def test_a_failed_child_keeps_its_error(world: World, journal: PostgresJournal, children: PostgresChildren) -> None:
    parent = parent_of(world)
    request = ChildRequest(world.workflow(), 1, None)
    child = await children.open_child(parent, "/sub", request, None)
    error = {"type": "HttpError", "message": "No."}
    await journal.write(child.claimed.handle, [RunEnd("failed", error=error)])
    assert (await children.open_child(parent, "/sub", request, None)).ended == RunEnd("failed", None, error)


async def test_a_child_of_a_child_stands_under_the_same_claim(world: World, children: PostgresChildren) -> None:
    parent = parent_of(world)
    request = ChildRequest(world.workflow(), None, None)
    child = (await children.open_child(parent, "/sub", request, None)).claimed
    grandchild = (await children.open_child(child, "/sub", request, None)).claimed
    assert grandchild.handle.claim_id == parent.handle.run_id
    assert grandchild.depth == 2
    assert str(world.run(grandchild.handle.run_id)["root_run_id"]) == parent.handle.run_id
    with pytest.raises(StepError, match="deeper than 16"):
        await children.open_child(replace(grandchild, depth=16), "/more", request, None)


async def test_a_child_nobody_waits_for_is_an_ordinary_pending_run(world: World, children: PostgresChildren) -> None:
    parent = parent_of(world, triggered_by="schedule", mode="test")
    request = ChildRequest(world.workflow(), None, None, wait=False)
    child = await children.open_child(parent, "/sub", request, [1])
    row = world.run(child.claimed.handle.run_id)
    assert (row["status"], row["root_run_id"], row["triggered_by"], row["started_at"]) == ("pending", None, "schedule", None)
    assert (str(row["parent_run_id"]), row["mode"], row["input"]) == (parent.handle.run_id, "test", [1])


async def test_a_workflow_may_be_named(world: World, children: PostgresChildren) -> None:
    parent = parent_of(world)
    stranger = world.tenant()
    world.workflow(name="Helper", tenant=stranger)
    world.workflow(name="Helper")
    newest = world.workflow(name="Helper")
    gone = world.workflow(name="Helper")
    world.rows("UPDATE workflows SET deleted_at = now() WHERE id = %s", gone)
    child = await children.open_child(parent, "/sub", ChildRequest("Helper", 0, None), None)
    assert child.claimed.handle.workflow_id == newest
    assert child.claimed.handle.tenant_id == TENANT


@pytest.mark.parametrize(
    ("name", "version", "input", "sentence"),
    [
        ("Nobody", None, {"n": 1}, "no workflow “Nobody”"),
        ("Draft", None, {"n": 1}, "no published version"),
        ("Strict", 9, {"n": 1}, "no version 9"),
        ("Strict", None, {"m": 1}, "does not fit"),
    ],
)
async def test_what_cannot_be_run_is_a_subflow_error(
    world: World, children: PostgresChildren, name: str, version: int | None, input: Json, sentence: str
) -> None:
    parent = parent_of(world)
    world.workflow(name="Draft", versions=())
    world.workflow(name="Strict", versions=(STRICT,))
    with pytest.raises(StepError, match=sentence) as caught:
        await children.open_child(parent, "/sub", ChildRequest(name, version, None, step="Sub"), input)
    failure = caught.value.failure
    assert (failure.type, failure.step, failure.path, failure.retryable) == ("SubflowError", "Sub", "/sub", False)
    assert world.one("SELECT count(*) FROM runs") == 1


async def test_another_tenant_s_workflow_is_not_found(world: World, children: PostgresChildren) -> None:
    theirs = world.workflow(name="Theirs", tenant=world.tenant())
    with pytest.raises(StepError, match="no workflow"):
        await children.open_child(parent_of(world), "/sub", ChildRequest(theirs, None, None), None)


async def test_a_parent_that_lost_its_fence_makes_no_child(world: World, children: PostgresChildren) -> None:
    parent = parent_of(world)
    world.rows("UPDATE runs SET fence = 5")
    with pytest.raises(FenceLost):
        await children.open_child(parent, "/sub", ChildRequest(world.workflow(), None, None), None)
    assert world.one("SELECT count(*) FROM runs") == 1


async def test_many_children_of_one_map_are_each_made_once(world: World, children: PostgresChildren) -> None:
    parent = parent_of(world)
    request = ChildRequest(world.workflow(), None, None)
    paths = [f"/map[{number // 2}]" for number in range(100)]
    opened = await asyncio.gather(*(children.open_child(parent, path, request, None) for path in paths))
    assert len({child.claimed.handle.run_id for child in opened}) == 50
    assert world.one("SELECT count(*) FROM runs WHERE root_run_id IS NOT NULL") == 50
