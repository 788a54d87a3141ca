"""Finding over all workflows: steps by name, and where secrets, adapters and workflows are used."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from app.domain.access import Actor, PermissionDenied, Role
from app.domain.edits import RemoveElements
from app.domain.errors import WorkflowNotFound
from app.domain.usage import Subject
from app.services import Services
from tests.services.conftest import document, transform


def http(id: str, name: str, **config: Any) -> dict[str, Any]:
    return {
        "id": id,
        "name": name,
        "type": "tool",
        "config": {"adapter_id": "http", "method": "GET", "url": "https://example.org", **config},
    }


def call(id: str, name: str, workflow: str) -> dict[str, Any]:
    return {"id": id, "name": name, "type": "subflow", "config": {"workflow_id": workflow}}


async def imported(services: Services, admin: Actor, *steps: dict[str, Any], name: str, publish: bool = False) -> str:
    workflow_id = await services.workflows.import_document(admin, document(*steps, name=name))
    if publish:
        await services.workflows.publish(admin, workflow_id)
    return workflow_id


def told(uses: Any) -> list[tuple[str, str, str, bool, int]]:
    return [(use.workflow, use.name, use.place, use.in_draft, use.version) for use in uses]


async def without_its_last_step(services: Services, admin: Actor, workflow_id: str) -> None:
    opened = await services.workflows.open(admin, workflow_id)
    await services.editing.save(admin, workflow_id, [RemoveElements((list(opened.definition.graph.steps)[-1],))], opened.revision)


async def test_a_secret_is_found_in_drafts_and_latest_versions_with_its_field(services: Services, admin: Actor) -> None:
    headers = {"Authorization": "Bearer {{ secrets.API_KEY }}", "X": "{{ size(secrets.API_KEY) }}"}
    both = await imported(services, admin, transform(), http("u", "Use", headers=headers), name="Both", publish=True)
    gone = await imported(
        services, admin, transform(), http("u", "Used once", url="https://x.org/{{ secrets.API_KEY }}"), name="Gone", publish=True
    )
    await without_its_last_step(services, admin, gone)
    await imported(services, admin, http("n", "Other", headers={"a": "{{ secrets.API_KEY_2 }} secrets.API_KEY"}), name="Near miss")
    await imported(services, admin, http("t", "Text", headers={"a": "{{ secrets.API_KEY"}), name="Unreadable")
    uses = await services.finding.uses(admin, Subject("secret", "API_KEY"))
    assert told(uses) == [
        ("Both", "Use", "/config/headers/X", True, 1),
        ("Both", "Use", "/config/headers/Authorization", True, 1),
        ("Gone", "Used once", "/config/url", False, 1),
        ("Unreadable", "Text", "/config/headers/a", True, 0),
    ]
    assert uses[0].workflow_id == both


async def test_an_adapter_is_found_as_tool_provider_and_map(services: Services, admin: Actor) -> None:
    steps = [
        http("t", "Tool"),
        {"id": "l", "name": "Model", "type": "llm", "config": {"provider": "mock", "model": "m", "prompt": "http"}},
        {"id": "m", "name": "Each", "type": "map", "config": {"adapter_id": "http", "url": "https://example.org", "method": "GET"}},
    ]
    await imported(services, admin, *steps, name="Flow")
    assert told(await services.finding.uses(admin, Subject("adapter", "http"))) == [
        ("Flow", "Tool", "/config/adapter_id", True, 0),
        ("Flow", "Each", "/config/adapter_id", True, 0),
    ]
    assert [use.place for use in await services.finding.uses(admin, Subject("adapter", "mock"))] == ["/config/provider"]


async def test_a_workflow_is_found_by_id_and_name_with_what_starts_it(services: Services, admin: Actor, database_url: str) -> None:
    called = await imported(services, admin, name="Called", publish=True)
    await imported(services, admin, call("c", "By name", "Called"), name="A")
    await imported(services, admin, {"id": "m", "name": "By id", "type": "map", "config": {"workflow_id": called}}, name="B", publish=True)
    deleted = await imported(services, admin, call("c", "Deleted", called), name="C")
    await services.workflows.delete(admin, deleted)
    with psycopg.connect(database_url, autocommit=True) as connection:
        for table, more in (("schedules", "cron_expression"), ("webhooks", "secret")):
            connection.execute(
                f"INSERT INTO {table} (tenant_id, workflow_id, workflow_version, name, {more})"
                " SELECT tenant_id, id, 0, 'Every night', '0 2 * * *' FROM workflows WHERE id = %s",
                (called,),
            )
    uses = await services.finding.uses(admin, Subject("workflow", called))
    assert told(uses[:2]) == [("A", "By name", "/config/workflow_id", True, 0), ("B", "By id", "/config/workflow_id", True, 1)]
    assert [(use.kind, use.name) for use in uses[2:]] == [("schedule", "Every night"), ("webhook", "Every night")]


async def test_an_adapter_whose_defaults_name_a_secret_is_told(services: Services, admin: Actor, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "UPDATE adapters SET config = %s WHERE id = 'http'", (psycopg.types.json.Jsonb({"headers": {"k": "{{ secrets.DEEP }}"}}),)
        )
    uses = await services.finding.uses(admin, Subject("secret", "DEEP"))
    assert [(use.kind, use.id, use.place) for use in uses] == [("adapter", "http", "/config/headers/k")]


async def test_what_nothing_uses_has_no_uses(services: Services, admin: Actor) -> None:
    await imported(services, admin, name="Flow", publish=True)
    assert await services.finding.uses(admin, Subject("secret", "NOBODY")) == []
    with pytest.raises(WorkflowNotFound):
        await services.finding.uses(admin, Subject("workflow", "not-there"))


async def test_another_tenant_s_workflows_are_not_looked_at(services: Services, admin: Actor) -> None:
    from dataclasses import replace

    await imported(services, admin, http("u", "Use", url="https://x.org/{{ secrets.K }}"), name="Mine")
    stranger = replace(admin, tenant_id="00000000-0000-0000-0000-0000000000ff")
    assert await services.finding.uses(stranger, Subject("secret", "K")) == []
    assert await services.finding.steps(stranger, "Use") == []


async def test_steps_are_found_by_name_those_that_begin_so_first(services: Services, admin: Actor) -> None:
    here = await imported(services, admin, transform("a", "Reply 100 %"), name="Here")
    await imported(services, admin, transform("a", "Send reply"), http("b", "Reply now"), name="There")
    found = await services.finding.steps(admin, "reply")
    assert [(hit.name, hit.workflow) for hit in found] == [("Reply 100 %", "Here"), ("Reply now", "There"), ("Send reply", "There")]
    assert found[1].adapter_id == "http"
    assert [hit.name for hit in await services.finding.steps(admin, "reply", but=here, limit=1)] == ["Reply now"]
    assert [hit.name for hit in await services.finding.steps(admin, "0 %")] == ["Reply 100 %"]
    assert await services.finding.steps(admin, "  ") == ()


@pytest.mark.parametrize("role", list(Role))
async def test_everyone_who_sees_workflows_may_ask(services: Services, admin: Actor, as_role: Callable[[Role], Actor], role: Role) -> None:
    await imported(services, admin, http("u", "Use"), name="Flow")
    try:
        assert len(await services.finding.uses(as_role(role), Subject("adapter", "http"))) == 1
    except PermissionDenied:
        pytest.fail("a viewer sees workflows")


async def test_a_thousand_workflows_answer_within_a_second(services: Services, admin: Actor, database_url: str) -> None:
    steps = [transform(f"t{at}", f"Make {at}", {"text": "x" * 400}) for at in range(18)]
    first = await imported(services, admin, *steps, http("u", "Use", headers={"a": "{{ secrets.K }}"}), name="Flow 0", publish=True)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO workflows (tenant_id, name, status) SELECT tenant_id, 'Flow ' || n, 'published'"
            " FROM workflows, generate_series(1, 999) n WHERE id = %s",
            (first,),
        )
        connection.execute(
            "INSERT INTO steps (tenant_id, workflow_id, name, type, config, ordinal)"
            " SELECT w.tenant_id, w.id, s.name, s.type, s.config, s.ordinal FROM workflows w, steps s"
            " WHERE s.workflow_id = %(first)s AND w.id <> %(first)s",
            {"first": first},
        )
        connection.execute(
            "INSERT INTO workflow_versions (tenant_id, workflow_id, version, definition)"
            " SELECT w.tenant_id, w.id, 1, v.definition FROM workflows w, workflow_versions v"
            " WHERE v.workflow_id = %(first)s AND w.id <> %(first)s",
            {"first": first},
        )
        connection.execute("ANALYZE")
    for subject, most in ((Subject("secret", "K"), 1.5), (Subject("adapter", "mock"), 1.5), (Subject("workflow", first), 1.5)):
        begin = time.perf_counter()
        uses = await services.finding.uses(admin, subject)
        took = time.perf_counter() - begin
        assert took < most, (subject, took)
        assert len(uses) == (1999 if subject.kind == "secret" else 0)
    begin = time.perf_counter()
    assert len(await services.finding.steps(admin, "use", limit=20)) == 20
    assert time.perf_counter() - begin < 0.5
