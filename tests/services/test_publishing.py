"""Publishing: the checklist, what follows from a version, versions compared, their notes, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from app.domain.access import Actor, PermissionDenied, Role
from app.domain.differences import Counts
from app.domain.edits import RemoveElements, Rename, SetConfig
from app.domain.errors import DefinitionInvalid, VersionNotFound
from app.domain.extraction import Extraction, extract
from app.services import Services
from app.services.publishing import Move, NoteTooLong
from tests.catalog import CATALOG
from tests.services.conftest import document, transform

Audit = Callable[[], list[tuple[str, str]]]
AsRole = Callable[[Role], Actor]


async def imported(services: Services, admin: Actor, *steps: dict[str, Any], name: str = "Flow", **more: Any) -> str:
    return await services.workflows.import_document(admin, document(*steps, name=name, **more))


async def change(services: Services, admin: Actor, workflow_id: str, output: object) -> None:
    opened = await services.workflows.open(admin, workflow_id)
    step = next(iter(opened.definition.graph.steps.values()))
    await services.editing.save(admin, workflow_id, [SetConfig(step.id, {**step.config, "output": output})], opened.revision)  # type: ignore[dict-item]


def trigger(database_url: str, table: str, workflow_id: str, version: int, name: str) -> None:
    more = "secret" if table == "webhooks" else "cron_expression"
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            f"INSERT INTO {table} (tenant_id, workflow_id, workflow_version, name, {more})"
            " SELECT tenant_id, id, %s, %s, '0 2 * * *' FROM workflows WHERE id = %s",
            (version, name, workflow_id),
        )


async def test_the_checklist_says_what_is_wrong_what_passed_and_what_changed(services: Services, admin: Actor) -> None:
    pinned = transform("b", "B", "{{ steps.nobody.output }}")
    pinned["config"]["pinned_output"] = 1
    workflow_id = await imported(services, admin, transform("a", "A"), pinned)
    definition = (await services.workflows.open(admin, workflow_id)).definition
    found = await services.publishing.checklist(admin, workflow_id, definition)
    assert [(problem.severity, problem.code, problem.place) for problem in found.problems] == [
        ("error", "not_upstream", "/config/output"),
        ("warning", "pinned", "/config/pinned_output"),
    ]
    assert (found.errors, found.latest, found.next, found.counts) == (1, 0, 1, Counts(added=2))
    assert "graph" in found.passed and "references" not in found.passed and "pins" not in found.passed


async def test_many_pins_are_one_finding(services: Services, admin: Actor) -> None:
    steps = [transform(f"s{i}", f"S{i}") for i in range(5)]
    for step in steps:
        step["config"]["pinned_output"] = 1
    workflow_id = await imported(services, admin, *steps)
    definition = (await services.workflows.open(admin, workflow_id)).definition
    [problem] = (await services.publishing.checklist(admin, workflow_id, definition)).problems
    assert problem.message.startswith("5 steps have a pinned output") and problem.message.endswith("and 2 more.")


async def test_a_secret_that_is_not_set_is_a_warning_at_its_field(services: Services, admin: Actor) -> None:
    config = {"adapter_id": "http", "url": "https://example.org", "headers": {"Authorization": "{{ secrets.REFUNDS_KEY }}"}}
    workflow_id = await imported(services, admin, {"id": "a", "name": "Refund", "type": "tool", "config": config})
    definition = (await services.workflows.open(admin, workflow_id)).definition
    [problem] = (await services.publishing.checklist(admin, workflow_id, definition)).problems
    assert (problem.code, problem.place) == ("secret_missing", "/config/headers/Authorization")
    await services.credentials.set(admin, "REFUNDS_KEY", "a value of it")
    assert (await services.publishing.checklist(admin, workflow_id, definition)).problems == ()


async def test_errors_block_publishing_in_the_service_too(services: Services, admin: Actor, audit: Audit) -> None:
    workflow_id = await imported(services, admin, transform("a", "A", "{{ steps.nobody.output }}"))
    before = audit()
    with pytest.raises(DefinitionInvalid):
        await services.publishing.publish(admin, workflow_id, "no")
    assert audit() == before
    assert await services.workflows.versions(admin, workflow_id) == []


async def test_each_version_keeps_how_many_elements_differ_from_the_one_before(services: Services, admin: Actor) -> None:
    workflow_id = await imported(services, admin, transform("a", "A"), transform("b", "B"), edges=[("a", "b")])
    await services.publishing.publish(admin, workflow_id, "first")
    opened = await services.workflows.open(admin, workflow_id)
    first, second = opened.definition.graph.steps
    await services.editing.save(admin, workflow_id, [Rename(first, "Z"), RemoveElements((second,))], opened.revision)
    await services.publishing.publish(admin, workflow_id, "second")
    rows = await services.workflows.versions(admin, workflow_id)
    assert [(row.version, row.changes) for row in rows] == [(2, Counts(changed=1, removed=1)), (1, None)]
    found = await services.publishing.compare(admin, workflow_id, 1, 2)
    assert found.counts == Counts(changed=1, removed=1)
    back = await services.publishing.compare(admin, workflow_id, 2, (await services.publishing.definition(admin, workflow_id, 1)))
    assert back.counts == Counts(added=1, changed=1)
    with pytest.raises(VersionNotFound):
        await services.publishing.compare(admin, workflow_id, 1, 9)


async def test_who_follows_is_listed_and_pinned_triggers_move_when_asked(
    services: Services, admin: Actor, database_url: str, audit: Audit
) -> None:
    workflow_id = await imported(services, admin, transform())
    await services.publishing.publish(admin, workflow_id)
    caller = await imported(
        services, admin, {"id": "c", "name": "Call", "type": "subflow", "config": {"workflow_id": "Flow"}}, name="Onboarding"
    )
    await services.publishing.publish(admin, caller)
    for table, version, name in (("webhooks", 0, "Hook"), ("schedules", 0, "Nightly"), ("schedules", 1, "Sweep")):
        trigger(database_url, table, workflow_id, version, name)
    definition = (await services.workflows.open(admin, workflow_id)).definition
    followers = (await services.publishing.checklist(admin, workflow_id, definition)).followers
    assert [(f.kind, f.name, f.version, f.follows_latest) for f in followers] == [
        ("webhook", "Hook", 0, True),
        ("schedule", "Nightly", 0, True),
        ("schedule", "Sweep", 1, False),
        ("workflow", "Onboarding", 0, True),
    ]
    await services.publishing.publish(admin, workflow_id, "next", moves=[Move(followers[2], 2)])
    after = (await services.publishing.checklist(admin, workflow_id, definition)).followers
    assert after[2].version == 2
    assert audit()[-2:] == [("publish", "workflow"), ("update", "schedule")]


async def test_publishing_an_older_version_again_leaves_the_draft_and_all_versions(services: Services, admin: Actor) -> None:
    workflow_id = await imported(services, admin, transform(output=1))
    await services.publishing.publish(admin, workflow_id, "one")
    await change(services, admin, workflow_id, 2)
    await services.publishing.publish(admin, workflow_id, "two")
    draft = await services.workflows.open(admin, workflow_id)
    assert await services.publishing.publish_again(admin, workflow_id, 1, "Back to v1") == 3
    after = await services.workflows.open(admin, workflow_id)
    assert (after.definition, after.revision, after.version) == (draft.definition, draft.revision, 3)
    assert not await services.publishing.compare(admin, workflow_id, 1, 3)
    assert [row.note for row in await services.workflows.versions(admin, workflow_id)] == ["Back to v1", "two", "one"]


async def test_a_note_is_changed_by_its_author_or_an_administrator_and_the_old_words_are_on_record(
    services: Services, admin: Actor, as_role: AsRole, database_url: str
) -> None:
    workflow_id = await imported(services, admin, transform())
    await services.publishing.publish(admin, workflow_id, "frist")
    await services.publishing.set_note(as_role(Role.BUILDER), workflow_id, 1, "first")
    stranger = replace(as_role(Role.BUILDER), user_id=None)
    for actor in (stranger, as_role(Role.OPERATOR)):
        with pytest.raises(PermissionDenied):
            await services.publishing.set_note(actor, workflow_id, 1, "mine")
    with pytest.raises(NoteTooLong):
        await services.publishing.set_note(admin, workflow_id, 1, "x" * 10_001)
    with pytest.raises(VersionNotFound):
        await services.publishing.set_note(admin, workflow_id, 2, "mine")
    await services.publishing.set_note(admin, workflow_id, 1, "first")  # the same words: nothing to record
    assert [row.note for row in await services.workflows.versions(admin, workflow_id)] == ["first"]
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT metadata FROM audit_logs WHERE metadata ? 'old_note'").fetchall()
    assert rows == [({"version": 1, "old_note": "frist", "note": "first"},)]


async def test_roles_that_may_only_look_see_versions_and_differences_but_publish_nothing(
    services: Services, admin: Actor, as_role: AsRole
) -> None:
    workflow_id = await imported(services, admin, transform())
    await services.publishing.publish(admin, workflow_id, "one")
    viewer = as_role(Role.VIEWER)
    definition = await services.publishing.definition(viewer, workflow_id, 1)
    assert not await services.publishing.compare(viewer, workflow_id, 1, definition)
    assert (await services.publishing.statistics(viewer, workflow_id, 1)).runs == 0
    for refused in (services.publishing.publish(viewer, workflow_id), services.publishing.publish_again(viewer, workflow_id, 1)):
        with pytest.raises(PermissionDenied):
            await refused


async def test_a_versions_statistics_are_of_its_production_runs(services: Services, admin: Actor, database_url: str) -> None:
    workflow_id = await imported(services, admin, transform())
    await services.publishing.publish(admin, workflow_id)
    for status, took in (("completed", 2), ("completed", 4), ("failed", 1)):
        run_id = await services.runs.start(admin, workflow_id, None)
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(
                "UPDATE runs SET status = %s, started_at = now() - %s, completed_at = now() WHERE id = %s",
                (status, timedelta(seconds=took), run_id),
            )
    await services.runs.start(admin, workflow_id, None, "test")
    found = await services.publishing.statistics(admin, workflow_id, 1)
    assert (found.runs, found.ended, found.completed) == (3, 3, 2)
    assert found.p95_s == pytest.approx(3.9, abs=0.05)
    definition = (await services.workflows.open(admin, workflow_id)).definition
    assert (await services.publishing.checklist(admin, workflow_id, definition)).under_way == 0


async def test_a_selection_that_was_taken_out_is_kept_published_and_called(services: Services, admin: Actor, database_url: str) -> None:
    workflow_id = await imported(
        services, admin, transform("a", "A"), transform("b", "B"), transform("c", "C"), edges=[("a", "b"), ("b", "c")]
    )
    opened = await services.workflows.open(admin, workflow_id)
    graph = opened.definition.graph
    chosen = [step.id for step in graph.steps.values() if step.name in ("A", "B")]

    def taken_out(child: str) -> Extraction:
        return extract(graph, CATALOG, chosen, name="Part", workflow_id=child, new_id=lambda _kind: str(uuid4()))

    child = await services.workflows.keep(admin, taken_out("later").definition)
    extraction = taken_out(child)
    await services.editing.save(admin, workflow_id, [extraction.edit], opened.revision)
    called = (await services.workflows.open(admin, child)).definition.graph
    assert {step.name for step in called.steps.values()} == {"A", "B"}
    assert not set(called.steps) & set(graph.steps)  # ids of its own: an undo in the caller needs the old ones
    missing = [problem.code for problem in (await services.workflows.open(admin, workflow_id)).problems]
    assert missing == ["missing_subflow"]
    definition = (await services.workflows.open(admin, workflow_id)).definition
    checked = await services.publishing.checklist(admin, workflow_id, definition)
    assert (checked.unpublished, checked.problems[0].message) == (
        {extraction.step.id: child},
        f"What {extraction.step.name} calls has no published version.",
    )
    await services.publishing.publish(admin, child, "Extracted")
    assert (await services.workflows.open(admin, workflow_id)).problems == ()
    followers = (await services.publishing.checklist(admin, child, await services.publishing.definition(admin, child, 0))).followers
    assert followers == ()  # drafts do not follow: only what is published calls it
    await services.publishing.publish(admin, workflow_id)
    followers = (await services.publishing.checklist(admin, child, await services.publishing.definition(admin, child, 0))).followers
    assert [(follower.kind, follower.name) for follower in followers] == [("workflow", "Flow")]
