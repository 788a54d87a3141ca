"""Drafts are saved whole and never lose a race; versions never change; tenants see only their own."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.access import Permission
from app.domain.errors import VersionNotFound, WorkflowConflict, WorkflowNotFound
from app.domain.json_value import canonical
from app.domain.workflow import BlockGroup, Edge, Graph, Position, Step, definition_to_json
from app.storage.errors import AlreadyExists, NotStorable, StillReferenced
from app.storage.runs import NewRun
from tests.storage.catalog import rows_of
from tests.storage.conftest import by_id, new_id, sample

EDIT = Permission.WORKFLOW_EDIT
VIEW = Permission.WORKFLOW_VIEW


async def created(unit_of_work, actor, definition) -> str:
    async with unit_of_work(actor, EDIT) as uow:
        workflow_id = await uow.workflows.create(definition)
        uow.audit("create", "workflow", workflow_id)
    return workflow_id


async def saved(unit_of_work, actor, workflow_id, definition, base_revision) -> int:
    async with unit_of_work(actor, EDIT) as uow:
        revision = await uow.workflows.save(workflow_id, definition, base_revision=base_revision)
        uow.audit("update", "workflow", workflow_id, revision=revision)
    return revision


async def loaded(unit_of_work, actor, workflow_id):
    async with unit_of_work(actor, VIEW) as uow:
        return await uow.workflows.get(workflow_id)


async def published(unit_of_work, actor, workflow_id, note=None):
    async with unit_of_work(actor, Permission.WORKFLOW_PUBLISH) as uow:
        version = await uow.workflows.publish(await uow.workflows.get(workflow_id, lock=True), note=note)
        uow.audit("publish", "workflow", workflow_id, version=version.version)
    return version


def document(definition) -> bytes:
    return canonical(definition_to_json(definition))


def with_graph(definition, **parts):
    return definition.with_graph(replace(definition.graph, **parts))


async def test_a_created_workflow_is_read_back_as_it_was(unit_of_work, admin) -> None:
    definition = sample()
    workflow_id = await created(unit_of_work, admin, definition)
    draft = await loaded(unit_of_work, admin, workflow_id)
    assert document(draft.definition) == document(definition)
    assert list(draft.definition.graph.steps) == list(definition.graph.steps)
    assert (draft.revision, draft.version, draft.status) == (1, 1, "draft")


async def test_a_save_changes_what_differs_and_nothing_else(unit_of_work, admin, database_url) -> None:
    definition = sample()
    workflow_id = await created(unit_of_work, admin, definition)
    before = dict(rows_of(database_url, "SELECT name, xmin::text FROM steps"))
    moved = replace(next(iter(definition.graph.steps.values())), position=Position(77, 88))
    changed = with_graph(definition, steps={**definition.graph.steps, moved.id: moved})
    assert await saved(unit_of_work, admin, workflow_id, changed, 1) == 2
    after = dict(rows_of(database_url, "SELECT name, xmin::text FROM steps"))
    assert {name for name in after if after[name] != before[name]} == {"First"}
    assert document((await loaded(unit_of_work, admin, workflow_id)).definition) == document(changed)


async def test_a_save_adds_and_removes_steps_edges_and_groups(unit_of_work, admin) -> None:
    definition = sample()
    workflow_id = await created(unit_of_work, admin, definition)
    outer, inner = definition.graph.groups.values()
    first, loose, risky, after = definition.graph.steps.values()
    extra = BlockGroup(new_id(), "Extra", "parallel")
    lifted = replace(after, block_group_id=extra.id)
    fresh = Step(new_id(), "Fresh", "transform")
    steps = by_id(fresh, first, lifted)
    edges = by_id(Edge(new_id(), first.id, after.id), Edge(new_id(), fresh.id, first.id))
    changed = definition.with_graph(Graph(steps, edges, by_id(extra), {}))
    await saved(unit_of_work, admin, workflow_id, changed, 1)
    draft = await loaded(unit_of_work, admin, workflow_id)
    assert document(draft.definition) == document(changed)
    assert [step.name for step in draft.definition.graph.steps.values()] == ["Fresh", "First", "After"]


async def test_two_edges_may_swap_their_ends(unit_of_work, admin) -> None:
    definition = sample()
    workflow_id = await created(unit_of_work, admin, definition)
    a, b, c = definition.graph.edges.values()
    swapped = by_id(replace(a, target_step_id=b.target_step_id), replace(b, target_step_id=a.target_step_id), c)
    changed = with_graph(definition, edges=swapped)
    await saved(unit_of_work, admin, workflow_id, changed, 1)
    assert document((await loaded(unit_of_work, admin, workflow_id)).definition) == document(changed)


async def test_a_group_that_comes_back_is_the_same_group(unit_of_work, admin) -> None:
    definition = sample()
    workflow_id = await created(unit_of_work, admin, definition)
    bare = definition.with_graph(Graph(steps=by_id(next(iter(definition.graph.steps.values())))))
    await saved(unit_of_work, admin, workflow_id, bare, 1)
    await saved(unit_of_work, admin, workflow_id, definition, 2)
    assert document((await loaded(unit_of_work, admin, workflow_id)).definition) == document(definition)


async def test_true_and_one_are_different_configs(unit_of_work, admin) -> None:
    step = Step(new_id(), "Only", "transform", {"output": True})
    definition = sample().with_graph(Graph(steps=by_id(step)))
    workflow_id = await created(unit_of_work, admin, definition)
    changed = definition.with_graph(Graph(steps=by_id(replace(step, config={"output": 1}))))
    await saved(unit_of_work, admin, workflow_id, changed, 1)
    draft = await loaded(unit_of_work, admin, workflow_id)
    assert draft.definition.graph.steps[step.id].config["output"] is not True


async def test_the_second_of_two_saves_from_one_revision_is_refused_whole(unit_of_work, admin) -> None:
    definition = sample()
    workflow_id = await created(unit_of_work, admin, definition)
    await saved(unit_of_work, admin, workflow_id, replace(definition, name="Mine"), 1)
    with pytest.raises(WorkflowConflict) as refused:
        await saved(unit_of_work, admin, workflow_id, replace(definition, name="Theirs"), 1)
    assert (refused.value.opened, refused.value.current) == (1, 2)
    assert (await loaded(unit_of_work, admin, workflow_id)).definition.name == "Mine"


async def test_no_racing_save_is_lost(unit_of_work, admin) -> None:
    definition = sample()
    workflow_id = await created(unit_of_work, admin, definition)

    async def add_steps(who: str) -> int:
        made = 0
        while made < 10:
            draft = await loaded(unit_of_work, admin, workflow_id)
            step = Step(new_id(), f"{who} {made}", "transform")
            wanted = with_graph(draft.definition, steps={**draft.definition.graph.steps, step.id: step})
            try:
                await saved(unit_of_work, admin, workflow_id, wanted, draft.revision)
            except WorkflowConflict:
                continue
            made += 1
        return made

    await asyncio.gather(*(add_steps(who) for who in "ABCD"))
    draft = await loaded(unit_of_work, admin, workflow_id)
    assert len(draft.definition.graph.steps) == 4 + 40
    assert draft.revision == 41


async def test_a_save_that_fails_leaves_the_draft_as_it_was(unit_of_work, admin) -> None:
    definition = sample()
    workflow_id = await created(unit_of_work, admin, definition)
    dangling = Edge(new_id(), next(iter(definition.graph.steps)), new_id())
    broken = with_graph(replace(definition, name="Broken"), edges={**definition.graph.edges, dangling.id: dangling})
    with pytest.raises(StillReferenced):
        await saved(unit_of_work, admin, workflow_id, broken, 1)
    draft = await loaded(unit_of_work, admin, workflow_id)
    assert (draft.revision, draft.definition.name) == (1, "Sample")


async def test_an_id_of_another_workflow_is_refused(unit_of_work, admin) -> None:
    definition = sample()
    await created(unit_of_work, admin, definition)
    with pytest.raises(AlreadyExists):
        await created(unit_of_work, admin, definition)
    group = next(iter(definition.graph.groups.values()))
    with pytest.raises(AlreadyExists):
        await created(unit_of_work, admin, sample().with_graph(Graph(groups=by_id(group))))


async def test_ids_of_other_workflows_are_known_and_its_own_are_free(unit_of_work, admin) -> None:
    definition = sample()
    workflow_id = await created(unit_of_work, admin, definition)
    graph = definition.graph
    own = [next(iter(graph.steps)), next(iter(graph.edges)), next(iter(graph.groups))]
    async with unit_of_work(admin, VIEW) as uow:
        assert await uow.workflows.taken_ids([*own, new_id()], workflow_id=new_id()) == set(own)
        assert await uow.workflows.taken_ids(own, workflow_id=workflow_id) == set()
        assert await uow.workflows.taken_ids([], workflow_id=workflow_id) == set()


async def test_two_imports_of_one_name_at_once_make_one_workflow(unit_of_work, admin) -> None:
    async def keep() -> str:
        async with unit_of_work(admin, EDIT) as uow:
            found = await uow.workflows.hold_name("Sample")
            workflow_id = found[0] if found else await uow.workflows.create(sample())
            uow.audit("create", "workflow", workflow_id)
        return workflow_id

    assert len(set(await asyncio.gather(*(keep() for _ in range(5))))) == 1


async def test_a_name_too_long_for_its_column_is_a_sentence(unit_of_work, admin) -> None:
    with pytest.raises(NotStorable, match="255"):
        await created(unit_of_work, admin, sample("x" * 300))


async def test_lists_filter_search_and_page(unit_of_work, admin) -> None:
    ids = [await created(unit_of_work, admin, replace(sample(f"Flow {n}"), description="50% done" if n == 1 else "")) for n in range(5)]
    await published(unit_of_work, admin, ids[3])
    async with unit_of_work(admin, VIEW) as uow:
        assert [row.name for row in await uow.workflows.list()] == ["Flow 3", "Flow 4", "Flow 2", "Flow 1", "Flow 0"]
        assert [row.name for row in await uow.workflows.list(limit=2, offset=1)] == ["Flow 4", "Flow 2"]
        assert [row.name for row in await uow.workflows.list(search="FLOW 2")] == ["Flow 2"]
        assert [row.name for row in await uow.workflows.list(search="50%")] == ["Flow 1"]
        assert [row.name for row in await uow.workflows.list(search="%")] == ["Flow 1"]
        (row,) = await uow.workflows.list(status="published")
        assert (row.id, row.version, row.step_count, row.last_run_id) == (ids[3], 1, 4, None)
        assert (await uow.workflows.count(), await uow.workflows.count(status="draft")) == (5, 4)
        assert await uow.workflows.called("Flow 2") == await uow.workflows.called(ids[2]) == [ids[2]]
        assert await uow.workflows.called("Flow") == await uow.workflows.called(new_id()) == []
        assert await uow.workflows.callable() == {ids[3], "Flow 3"}


async def test_a_list_shows_the_last_run(unit_of_work, admin) -> None:
    workflow_id = await created(unit_of_work, admin, sample())
    async with unit_of_work(admin, Permission.RUN_START) as uow:
        for _ in range(2):
            last = await uow.runs.add(NewRun(workflow_id=workflow_id, workflow_version=1, mode="test", input={}, definition={}))
            uow.audit("execute", "run", last)
    async with unit_of_work(admin, VIEW) as uow:
        (row,) = await uow.workflows.list()
    assert row.last_run_status == "pending"
    assert row.last_run_at is not None


async def test_versions_count_from_one_and_never_change(unit_of_work, admin, database_url) -> None:
    definition = sample()
    workflow_id = await created(unit_of_work, admin, definition)
    first = await published(unit_of_work, admin, workflow_id, "the first")
    await saved(unit_of_work, admin, workflow_id, replace(definition, name="Later"), 1)
    second = await published(unit_of_work, admin, workflow_id)
    assert (first.version, second.version) == (1, 2)
    async with unit_of_work(admin, VIEW) as uow:
        assert canonical((await uow.workflows.version(workflow_id, 1)).document) == document(definition)
        assert (await uow.workflows.version(workflow_id)).document["name"] == "Later"
        assert (await uow.workflows.version(workflow_id, 0)).version == 2
        versions = await uow.workflows.versions(workflow_id)
        assert [(row.version, row.note, row.published_by) for row in versions] == [
            (2, None, "admin@example.org"),
            (1, "the first", "admin@example.org"),
        ]
        with pytest.raises(VersionNotFound):
            await uow.workflows.version(workflow_id, 3)
    draft = await loaded(unit_of_work, admin, workflow_id)
    assert (draft.status, draft.version, draft.published_at) == ("published", 3, second.published_at)
    with pytest.raises(psycopg.errors.RestrictViolation):
        rows_of(database_url, "UPDATE workflow_versions SET definition = '{}' RETURNING 1")


async def test_publishing_what_someone_changed_meanwhile_is_refused(unit_of_work, admin) -> None:
    definition = sample()
    workflow_id = await created(unit_of_work, admin, definition)
    stale = await loaded(unit_of_work, admin, workflow_id)
    await saved(unit_of_work, admin, workflow_id, replace(definition, name="Later"), 1)
    with pytest.raises(WorkflowConflict):
        async with unit_of_work(admin, Permission.WORKFLOW_PUBLISH) as uow:
            await uow.workflows.publish(stale)


async def test_a_deleted_workflow_is_gone_until_it_is_restored(unit_of_work, admin) -> None:
    workflow_id = await created(unit_of_work, admin, sample())
    async with unit_of_work(admin, Permission.WORKFLOW_DELETE) as uow:
        await uow.workflows.delete(workflow_id)
        uow.audit("delete", "workflow", workflow_id)
    async with unit_of_work(admin, VIEW) as uow:
        assert await uow.workflows.list() == []
        assert [row.id for row in await uow.workflows.list(deleted=True)] == [workflow_id]
        assert await uow.workflows.called("Sample") == await uow.workflows.called(workflow_id) == []
        assert await uow.workflows.callable() == frozenset()
        for read in (uow.workflows.get, uow.workflows.version):
            with pytest.raises(WorkflowNotFound):
                await read(workflow_id)
    async with unit_of_work(admin, Permission.WORKFLOW_DELETE) as uow:
        await uow.workflows.restore(workflow_id)
        uow.audit("restore", "workflow", workflow_id)
    assert (await loaded(unit_of_work, admin, workflow_id)).deleted_at is None


async def test_a_purge_takes_runs_in_batches_then_everything(unit_of_work, admin, database_url) -> None:
    workflow_id = await created(unit_of_work, admin, sample())
    await published(unit_of_work, admin, workflow_id)
    rows_of(
        database_url,
        "INSERT INTO runs (tenant_id, workflow_id, workflow_version, status)"
        " SELECT tenant_id, id, 1, 'completed' FROM workflows, generate_series(1, 5) RETURNING 1",
    )
    rows_of(
        database_url,
        "INSERT INTO schedules (tenant_id, workflow_id, name, cron_expression, last_run_id)"
        " SELECT tenant_id, workflow_id, 's', '* * * * *', id FROM runs LIMIT 1 RETURNING 1",
    )
    with pytest.raises(StillReferenced):
        async with unit_of_work(admin, Permission.WORKFLOW_PURGE) as uow:
            await uow.workflows.purge(workflow_id)
    batches = []
    while not batches or batches[-1]:
        async with unit_of_work(admin, Permission.WORKFLOW_PURGE) as uow:
            batches.append(await uow.workflows.purge_runs(workflow_id, limit=2))
            uow.audit("purge", "workflow", workflow_id, runs=batches[-1])
    assert batches == [2, 2, 1, 0]
    async with unit_of_work(admin, Permission.WORKFLOW_PURGE) as uow:
        await uow.workflows.purge(workflow_id)
        uow.audit("purge", "workflow", workflow_id)
    for table in ("workflows", "workflow_versions", "steps", "edges", "block_groups", "schedules"):
        assert rows_of(database_url, f"SELECT count(*) FROM {table}") == [(0,)], table


async def test_another_tenant_sees_and_changes_nothing(unit_of_work, admin, stranger) -> None:
    definition = sample()
    workflow_id = await created(unit_of_work, admin, definition)
    version = await published(unit_of_work, admin, workflow_id)
    async with unit_of_work(stranger, Permission.WORKFLOW_PURGE) as uow:
        mine = uow.workflows
        assert (await mine.list(), await mine.count()) == ([], 0)
        assert await mine.called("Sample") == await mine.called(workflow_id) == await mine.hold_name("Sample") == []
        assert (await mine.versions(workflow_id), await mine.callable()) == ([], frozenset())
        assert await mine.taken_ids(list(definition.graph.steps), workflow_id=new_id()) == set()
        assert await mine.purge_runs(workflow_id) == 0
        uow.audit("purge", "workflow", workflow_id)
        for refused in (
            mine.get(workflow_id),
            mine.version(workflow_id, version.version),
            mine.save(workflow_id, definition, base_revision=1),
            mine.delete(workflow_id),
            mine.restore(workflow_id),
            mine.purge(workflow_id),
        ):
            with pytest.raises(WorkflowNotFound):
                await refused
    assert document((await loaded(unit_of_work, admin, workflow_id)).definition) == document(definition)


async def test_a_text_that_is_no_id_finds_nothing(unit_of_work, admin) -> None:
    async with unit_of_work(admin, VIEW) as uow:
        with pytest.raises(WorkflowNotFound):
            await uow.workflows.get("no-such-id")


def graphs() -> st.SearchStrategy[Graph]:
    """Small graphs over a fixed stock of ids, so that two of them overlap in every way."""
    stock = [f"00000000-0000-4000-8000-{n:012}" for n in range(12)]
    groups, steps, edges = stock[:3], stock[3:8], stock[8:]

    @st.composite
    def build(draw) -> Graph:
        chosen = draw(st.permutations(draw(st.lists(st.sampled_from(groups), unique=True))))
        group_rows = [
            BlockGroup(id, f"g{id[-2:]}", "foreach", parent_group_id=draw(st.sampled_from([None, *chosen[:n]])))
            for n, id in enumerate(chosen)
        ]
        draw(st.randoms()).shuffle(group_rows)
        step_rows = [
            Step(
                id,
                draw(st.text("ab", min_size=1, max_size=2)),
                "transform",
                {"output": draw(st.sampled_from([1, True, None, {"a": []}]))},
                Position(draw(st.integers(-5, 5)), 0),
                draw(st.sampled_from([None, *chosen])),
            )
            for id in draw(st.permutations(draw(st.lists(st.sampled_from(steps), unique=True))))
        ]
        ends = draw(st.permutations([(a.id, b.id) for a in step_rows for b in step_rows if a.id != b.id]))
        names = draw(st.permutations(edges))
        edge_rows = [Edge(id, *pair, draw(st.sampled_from([None, "true"]))) for id, pair in zip(names, ends)]
        return Graph(by_id(*step_rows), by_id(*edge_rows), by_id(*group_rows), {})

    return build()


async def test_any_graph_can_be_saved_over_any_other(unit_of_work, admin) -> None:
    workflow_id = await created(unit_of_work, admin, sample().with_graph(Graph()))
    revision = 1
    found = []

    @settings(max_examples=120, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(graphs())
    def collect(graph: Graph) -> None:
        found.append(graph)

    collect()
    for graph in found:
        definition = sample().with_graph(graph)
        revision = await saved(unit_of_work, admin, workflow_id, definition, revision)
        draft = await loaded(unit_of_work, admin, workflow_id)
        assert document(draft.definition) == document(definition)
        assert list(draft.definition.graph.steps) == list(graph.steps)
