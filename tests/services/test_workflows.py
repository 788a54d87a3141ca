"""Workflows as use cases: kept, opened, published, exported, deleted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import psycopg
import pytest

from app.domain.access import Actor, PermissionDenied, Role
from app.domain.edits import MoveElements, Rename, SetConfig, SetDetails
from app.domain.errors import DefinitionInvalid, EditRefused, VersionNotFound, WorkflowConflict, WorkflowNotFound
from app.domain.routes import Route, route_edit
from app.domain.workflow import Details, Position, definition_to_json
from app.services import Services
from app.services.errors import NameAmbiguous
from app.storage.errors import StillReferenced
from tests.services.conftest import document, transform

Audit = Callable[[], list[tuple[str, str]]]


async def test_a_new_workflow_is_an_empty_draft_on_record(services: Services, admin: Actor, audit: Audit) -> None:
    id = await services.workflows.create(admin, "Mine", description="why")
    opened = await services.workflows.open(admin, id)
    assert (opened.definition.name, opened.definition.description, opened.version, opened.status) == ("Mine", "why", 0, "draft")
    assert audit() == [("create", "workflow")]


async def test_a_name_that_is_none_is_refused(services: Services, admin: Actor, audit: Audit) -> None:
    for name in ("", "   ", "x" * 256):
        with pytest.raises(DefinitionInvalid):
            await services.workflows.create(admin, name)
    assert audit() == []


async def test_importing_gives_ids_that_are_uuids_and_references_follow(services: Services, admin: Actor, audit: Audit) -> None:
    group = {"id": "g", "name": "Each", "type": "foreach", "config": {"input_path": "$.items"}}
    inside = transform("in", "Inside") | {"block_group_id": "g", "group_role": "body"}
    source = document(transform("a", "A"), inside, edges=[("a", "in")], block_groups=[group], notes=[{"id": "n", "text": "hi"}])
    opened = await services.workflows.open(admin, await services.workflows.import_document(admin, source))
    graph = opened.definition.graph
    for id in (*graph.steps, *graph.edges, *graph.groups, *graph.notes):
        assert str(UUID(id)) == id
    by_name = {step.name: step for step in graph.steps.values()}
    (edge,) = graph.edges.values()
    (group_id,) = graph.groups
    assert (edge.source_step_id, edge.target_step_id) == (by_name["A"].id, by_name["Inside"].id)
    assert by_name["Inside"].block_group_id == group_id
    assert audit() == [("create", "workflow")]


async def test_the_routes_of_edges_are_kept_and_follow_their_new_ids(services: Services, admin: Actor) -> None:
    source = document(transform("a", "A"), transform("b", "B"), edges=[("a", "b")])
    (edge_id,) = (edge["id"] for edge in source["edges"])
    source["settings"] = {"edge_routes": {edge_id: {"t": 0.35, "x": 12, "y": -40}}}
    id = await services.workflows.import_document(admin, source)
    opened = await services.workflows.open(admin, id)
    (edge,) = opened.definition.graph.edges
    assert opened.definition.settings["edge_routes"] == {edge: {"t": 0.35, "x": 12, "y": -40}}
    edit = route_edit(opened.definition.graph, edge, Route(0.5, 3, 4))
    await services.editing.save(admin, id, [edit], opened.revision)
    assert (await services.workflows.open(admin, id)).definition.settings["edge_routes"] == {edge: {"t": 0.5, "x": 3, "y": 4}}


async def test_what_follows_what_is_counted_over_other_workflows(services: Services, admin: Actor) -> None:
    call = {"id": "call", "name": "Call", "type": "tool", "config": {"adapter_id": "http", "url": "https://example.com"}}
    mine = ""
    for name in ("One", "Two", "Three"):
        steps = (transform("a", "A"), call, transform("c", "C"))
        mine = await services.workflows.import_document(
            admin, document(*steps, name=name, edges=[("a", "call"), ("call", "c"), ("a", "c")])
        )
    found = await services.workflows.habits(admin, besides=mine)
    assert {(each.before, each.after): each.workflows for each in found} == {
        ("transform", "tool http"): 2,
        ("tool http", "transform"): 2,
        ("transform", "transform"): 2,
    }
    await services.workflows.delete(admin, mine)
    assert {each.workflows for each in await services.workflows.habits(admin)} == {2}


async def test_importing_the_same_file_again_keeps_the_draft_and_its_ids(services: Services, admin: Actor, audit: Audit) -> None:
    first = await services.workflows.import_document(admin, document(), keep_as_draft=True)
    before = await services.workflows.open(admin, first)
    again = await services.workflows.import_document(admin, document(), keep_as_draft=True)
    assert again == first
    assert (await services.workflows.open(admin, first)) == before
    changed = await services.workflows.import_document(admin, document(transform("a", "A", 2)), keep_as_draft=True)
    after = await services.workflows.open(admin, changed)
    assert changed == first
    assert list(after.definition.graph.steps) == list(before.definition.graph.steps)
    assert after.revision == before.revision + 1
    assert audit() == [("create", "workflow"), ("update", "workflow")]


async def test_without_being_asked_an_import_makes_a_workflow_of_its_own(services: Services, admin: Actor) -> None:
    first = await services.workflows.import_document(admin, document())
    second = await services.workflows.import_document(admin, document())
    assert first != second
    with pytest.raises(NameAmbiguous) as refused:
        await services.workflows.find(admin, "Flow")
    assert set(refused.value.ids) == {first, second}
    with pytest.raises(NameAmbiguous):
        await services.workflows.import_document(admin, document(), keep_as_draft=True)
    assert await services.workflows.find(admin, first) == first


async def test_an_export_comes_back_as_a_workflow_of_its_own(services: Services, admin: Actor) -> None:
    first = await services.workflows.import_document(admin, document(transform("a", "A"), transform("b", "B"), edges=[("a", "b")]))
    exported = await services.workflows.export(admin, first)
    second = await services.workflows.import_document(admin, exported)
    copy = await services.workflows.export(admin, second)
    assert {step["id"] for step in copy["steps"]}.isdisjoint(step["id"] for step in exported["steps"])
    assert [step["name"] for step in copy["steps"]] == ["A", "B"]


async def test_ids_that_are_free_uuids_are_kept(services: Services, admin: Actor) -> None:
    id = "6f0b1c7e-9d6f-4c67-9a53-2f5a4f0d7c11"
    opened = await services.workflows.open(admin, await services.workflows.import_document(admin, document(transform(id, "A"))))
    assert list(opened.definition.graph.steps) == [id]


async def test_ids_of_another_tenant_are_replaced_unseen(services: Services, admin: Actor, database_url: str) -> None:
    id = "6f0b1c7e-9d6f-4c67-9a53-2f5a4f0d7c11"
    with psycopg.connect(database_url, autocommit=True) as connection:
        row = connection.execute("INSERT INTO tenants (name, slug) VALUES ('Other', 'other') RETURNING id::text").fetchone()
    assert row is not None
    other = Actor(row[0], Role.TENANT_ADMIN)
    await services.workflows.import_document(other, document(transform(id, "A")))
    mine = await services.workflows.open(admin, await services.workflows.import_document(admin, document(transform(id, "A"))))
    assert list(mine.definition.graph.steps) != [id]


@pytest.mark.parametrize(
    "broken",
    [
        [],
        {"name": 5},
        document(transform("a", "A"), colour="red"),
        document(transform("a", "A"), edges=[("a", "zz")]),
        document(transform("a", "A"), edges=[("a", "a")]),
        document(transform("a", "A"), transform("b", "B"), edges=[("a", "b"), ("b", "a")]),
        document(block_groups=[{"id": "g", "name": "G", "type": "nope", "config": {}}]),
        document(block_groups=[{"id": "g", "name": "G", "type": "foreach", "config": {}, "parent_group_id": "g"}]),
    ],
)
async def test_what_could_not_be_drawn_is_refused_and_nothing_is_kept(
    services: Services, admin: Actor, audit: Audit, broken: object
) -> None:
    with pytest.raises(DefinitionInvalid):
        await services.workflows.import_document(admin, broken)  # type: ignore[arg-type]
    assert await services.workflows.list(admin) == []
    assert audit() == []


async def test_a_draft_may_have_errors_that_wait_but_cannot_be_published(services: Services, admin: Actor, audit: Audit) -> None:
    id = await services.workflows.import_document(admin, document({"id": "a", "name": "A", "type": "tool", "config": {"adapter_id": "no"}}))
    assert [problem.code for problem in (await services.workflows.open(admin, id)).problems] == ["unknown_adapter"]
    with pytest.raises(DefinitionInvalid):
        await services.workflows.publish(admin, id)
    assert audit() == [("create", "workflow")]
    with pytest.raises(VersionNotFound):
        await services.workflows.version(admin, id)


async def test_a_version_never_changes(services: Services, admin: Actor, audit: Audit) -> None:
    id = await services.workflows.import_document(admin, document(), keep_as_draft=True)
    assert await services.workflows.publish(admin, id, "first") == 1
    await services.workflows.import_document(admin, document(transform("a", "A", 2)), keep_as_draft=True)
    assert await services.workflows.publish(admin, id) == 2
    versions = await services.workflows.versions(admin, id)
    assert [(row.version, row.note, row.published_by) for row in versions] == [(2, None, admin.email), (1, "first", admin.email)]
    outputs = [(await services.workflows.export(admin, id, version=number))["steps"][0]["config"]["output"] for number in (1, 2, 0)]
    assert outputs == [1, 2, 2]
    assert (await services.workflows.open(admin, id)).version == 2
    assert audit() == [("create", "workflow"), ("publish", "workflow"), ("update", "workflow"), ("publish", "workflow")]


async def test_a_missing_subflow_is_a_problem_until_it_is_published(services: Services, admin: Actor) -> None:
    child = await services.workflows.import_document(admin, document(name="Child"))
    caller = document({"id": "s", "name": "S", "type": "subflow", "config": {"workflow_id": "Child"}}, name="Parent")
    parent = await services.workflows.import_document(admin, caller)
    assert [problem.code for problem in (await services.workflows.open(admin, parent)).problems] == ["missing_subflow"]
    await services.workflows.publish(admin, child)
    assert (await services.workflows.open(admin, parent)).problems == ()


async def test_details_are_changed_under_the_same_guard_as_the_drawing(services: Services, admin: Actor) -> None:
    id = await services.workflows.create(admin)
    opened = await services.workflows.open(admin, id)
    details = replace(opened.definition.graph.details, name="Named", description="D", input_schema={"type": "object"}, output_schema=True)
    after = await services.editing.save(admin, id, [SetDetails(details)], opened.revision)
    again = await services.workflows.open(admin, id)
    assert (again.revision, again.definition.graph.details) == (after, details)
    assert (again.definition.name, again.definition.input_schema) == ("Named", {"type": "object"})
    with pytest.raises(WorkflowConflict):
        await services.editing.save(admin, id, [SetDetails(replace(details, name="Late"))], opened.revision)
    for refused in ({"settings": {"run_timeout_ms": -1}}, {"name": " "}, {"name": "x" * 256}, {"description": "a\x00b"}):
        with pytest.raises(EditRefused):
            await services.editing.save(admin, id, [SetDetails(replace(details, **refused))], after)
    assert (await services.workflows.open(admin, id)).definition.graph.details == details


async def test_edits_are_saved_all_or_none(services: Services, admin: Actor, audit: Audit) -> None:
    id = await services.workflows.import_document(admin, document(transform("a", "A"), transform("b", "B")))
    opened = await services.workflows.open(admin, id)
    a, b = opened.definition.graph.steps
    revision = await services.editing.save(admin, id, [Rename(a, "First"), MoveElements(((b, Position(10, 20)),))], opened.revision)
    saved = await services.workflows.open(admin, id)
    assert (saved.revision, saved.definition.graph.steps[a].name, saved.definition.graph.steps[b].position.x) == (revision, "First", 10)
    with pytest.raises(EditRefused):
        await services.editing.save(admin, id, [Rename(a, "Second"), Rename("gone", "X")], revision)
    with pytest.raises(WorkflowConflict):
        await services.editing.save(admin, id, [Rename(a, "Second")], opened.revision)
    assert definition_to_json((await services.workflows.open(admin, id)).definition) == definition_to_json(saved.definition)
    assert await services.editing.save(admin, id, [], revision) == revision
    assert audit() == [("create", "workflow"), ("update", "workflow")]


@pytest.mark.parametrize("text", ["a\0b", "half \ud83d of a character"])
async def test_text_that_no_database_keeps_is_refused_in_an_edit_and_mended_in_an_import(
    services: Services, admin: Actor, text: str
) -> None:
    id = await services.workflows.import_document(admin, document(transform("a", "A", text), description=text))
    opened = await services.workflows.open(admin, id)
    (step,) = opened.definition.graph.steps.values()
    assert opened.definition.description == str(step.config["output"]) == text.replace("\0", "\ufffd").replace("\ud83d", "\ufffd")
    for edit in (Rename(step.id, text), SetConfig(step.id, {"output": [text]})):
        with pytest.raises(EditRefused):
            await services.editing.save(admin, id, [edit], opened.revision)


async def test_a_deleted_workflow_comes_back_whole(services: Services, admin: Actor, audit: Audit) -> None:
    id = await services.workflows.import_document(admin, document())
    await services.workflows.delete(admin, id)
    assert await services.workflows.list(admin) == []
    assert [row.id for row in await services.workflows.list(admin, deleted=True)] == [id]
    with pytest.raises(WorkflowNotFound):
        await services.workflows.open(admin, id)
    with pytest.raises(WorkflowNotFound):
        await services.workflows.find(admin, "Flow")
    await services.workflows.restore(admin, id)
    assert len((await services.workflows.open(admin, id)).definition.graph.steps) == 1
    assert audit() == [("create", "workflow"), ("delete", "workflow"), ("update", "workflow")]


async def test_a_hard_delete_takes_ended_runs_along_and_waits_for_others(services: Services, admin: Actor, audit: Audit) -> None:
    id = await services.workflows.import_document(admin, document())
    run = await services.runs.start(admin, id, {}, "test")
    with pytest.raises(StillReferenced):
        await services.workflows.purge(admin, id)
    await services.runs.cancel(admin, run)
    assert await services.workflows.purge(admin, id) == 1
    assert await services.workflows.count(admin, deleted=True) == await services.workflows.count(admin) == 0
    assert audit()[-1] == ("delete", "workflow")


async def test_what_is_not_there_is_told(services: Services, admin: Actor) -> None:
    gone = "00000000-0000-4000-8000-000000000000"
    for call in (
        services.workflows.open(admin, gone),
        services.workflows.open(admin, "no uuid"),
        services.workflows.find(admin, "nothing"),
        services.workflows.publish(admin, gone),
        services.workflows.export(admin, gone),
        services.workflows.delete(admin, gone),
        services.workflows.restore(admin, gone),
        services.editing.save(admin, gone, [Rename("a", "b")], 1),
    ):
        with pytest.raises(WorkflowNotFound):
            await call


async def test_each_role_may_do_what_the_table_says(
    services: Services, admin: Actor, as_role: Callable[[Role], Actor], audit: Audit
) -> None:
    id = await services.workflows.import_document(admin, document())
    entries = audit()
    viewer, operator, builder = as_role(Role.VIEWER), as_role(Role.OPERATOR), as_role(Role.BUILDER)
    await services.workflows.open(viewer, id)
    for call in (
        services.workflows.create(operator),
        services.workflows.import_document(operator, document()),
        services.editing.save(operator, id, [SetDetails(Details("X"))], 1),
        services.editing.save(operator, id, [Rename("a", "b")], 1),
        services.workflows.publish(operator, id),
        services.workflows.delete(operator, id),
        services.workflows.restore(operator, id),
        services.workflows.purge(builder, id),
    ):
        with pytest.raises(PermissionDenied):
            await call
    assert audit() == entries
    await services.workflows.publish(builder, id)
