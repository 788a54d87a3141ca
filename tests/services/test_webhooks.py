"""Webhooks on a real database: sealed secrets, rotation, and what a delivery leaves behind, once."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.access import PermissionDenied, Role
from app.domain.deliveries import MappingInvalid, sign
from app.domain.errors import VersionNotFound
from app.domain.json_schema import SchemaChecker
from app.domain.webhooks import NewWebhook, WebhookInvalid, WebhookNotFound, WebhookPlan
from app.services.receiving import Answer, Receiving
from app.services.webhooks import WebhookUseCases
from app.storage.deliveries import PostgresDeliveries
from tests.services.test_schedules import WITH_SCHEMA
from tests.storage.conftest import actor_in
from tests.storage.runs_world import World, eventually


@pytest.fixture
def world(database_url: str) -> World:
    return World(database_url)


@pytest.fixture
def plan(world: World) -> WebhookPlan:
    return WebhookPlan(workflow_id=world.workflow(versions=[WITH_SCHEMA]), name="Orders", input_mapping={"name": "$.user.name"})


@pytest.fixture
def webhooks(unit_of_work, door) -> WebhookUseCases:
    return WebhookUseCases(unit_of_work, SchemaChecker(), door)


@pytest.fixture
async def receiving(database_url: str, door) -> AsyncIterator[Receiving]:
    async with PostgresDeliveries(database_url) as deliveries:
        yield Receiving(deliveries, SchemaChecker(), door)


async def post(receiving: Receiving, hook: NewWebhook, body: object, *, form="timestamped", id="m-1", secret: str | None = None) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = sign(form, secret or hook.secret, raw, timestamp=int(time.time()), message_id=id)
    return await receiving.receive(hook.id, {name.lower(): value for name, value in headers.items()}, raw)


ADA = {"user": {"name": "Ada"}}


async def test_a_secret_is_told_once_and_kept_sealed(webhooks, admin, plan, world) -> None:
    made = await webhooks.create(admin, plan)
    kept = world.one("SELECT secret FROM webhooks")
    assert made.secret.startswith("whsec_")
    assert made.secret not in kept and len(kept) <= 255
    assert made.secret not in repr(await webhooks.get(admin, made.id))
    assert made.secret not in json.dumps(world.rows("SELECT metadata FROM audit_logs"))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"name": ""}, WebhookInvalid),
        ({"signature": "md5"}, WebhookInvalid),
        ({"input_mapping": {"a": "nope"}}, MappingInvalid),
        ({"respond_within_ms": 0}, WebhookInvalid),
        ({"rate_limit": 0}, WebhookInvalid),
        ({"workflow_version": 4}, VersionNotFound),
    ],
)
async def test_what_cannot_work_is_refused(webhooks, admin, plan, world, change, error) -> None:
    with pytest.raises(error):
        await webhooks.create(admin, replace(plan, **change))
    assert world.one("SELECT count(*) FROM webhooks") == 0


async def test_roles_and_tenants(webhooks, admin, plan, database_url, world) -> None:
    made = await webhooks.create(admin, plan)
    operator = replace(admin, role=Role.OPERATOR)
    assert [row.id for row in await webhooks.list(operator)] == [made.id]
    for refused in (webhooks.create(operator, plan), webhooks.rotate(operator, made.id), webhooks.enable(operator, made.id, False)):
        with pytest.raises(PermissionDenied):
            await refused
    stranger = actor_in(database_url, world.tenant(), "stranger@example.org")
    assert await webhooks.list(stranger) == []
    for reached in (webhooks.get, webhooks.rotate, webhooks.delete, webhooks.deliveries):
        with pytest.raises(WebhookNotFound):
            await reached(stranger, made.id)


@pytest.mark.parametrize("form", ["timestamped", "standard"])
async def test_a_delivery_is_a_run_with_the_mapped_input(webhooks, receiving, admin, plan, world, form) -> None:
    hook = await webhooks.create(admin, replace(plan, signature=form))
    answer = await post(receiving, hook, ADA, form=form)
    assert (answer.status, answer.body["status"]) == (202, "pending")
    run = world.run(answer.body["run_id"])
    assert (run["input"], run["triggered_by"], run["mode"], str(run["webhook_id"])) == ({"name": "Ada"}, "webhook", "production", hook.id)
    row = await webhooks.get(admin, hook.id)
    assert (row.trigger_count, row.last_payload) == (1, ADA)
    assert row.last_triggered_at is not None
    (delivery,) = await webhooks.deliveries(admin, hook.id)
    assert (delivery.verdict, delivery.run_id, delivery.payload, delivery.message_id) == ("accepted", answer.body["run_id"], ADA, "m-1")
    assert not any("signature" in name for name in delivery.headers)
    assert world.one("SELECT count(*) FROM audit_logs WHERE action = 'execute' AND resource_id = %s", run["id"]) == 1


@pytest.mark.parametrize("times", [pytest.param(200, id="fast"), pytest.param(1_000, id="soak", marks=pytest.mark.soak)])
async def test_one_message_is_one_run_though_it_comes_many_times_over_two_listeners(
    webhooks, receiving, admin, plan, world, database_url, door, times: int
) -> None:
    hook = await webhooks.create(admin, plan)
    async with PostgresDeliveries(database_url) as deliveries:
        other = Receiving(deliveries, SchemaChecker(), door)
        answers = await asyncio.gather(*(post((receiving, other)[number % 2], hook, ADA, id="same") for number in range(times)))
    assert {answer.status for answer in answers} == {202}
    assert len({answer.body["run_id"] for answer in answers}) == 1
    assert sum("duplicate" not in answer.body for answer in answers) == 1
    assert world.one("SELECT count(*) FROM runs") == 1
    assert world.one("SELECT trigger_count FROM webhooks") == 1


async def test_the_same_signed_text_without_an_id_is_a_replay(webhooks, receiving, admin, plan, world) -> None:
    hook = await webhooks.create(admin, plan)
    raw = json.dumps(ADA).encode()
    headers = {name.lower(): value for name, value in sign("timestamped", hook.secret, raw, timestamp=int(time.time())).items()}
    first, again = [await receiving.receive(hook.id, headers, raw) for _ in range(2)]
    assert first.body["run_id"] == again.body["run_id"]
    assert world.one("SELECT count(*) FROM runs") == 1


async def test_strangers_learn_nothing(webhooks, receiving, admin, plan, world) -> None:
    hook = await webhooks.create(admin, plan)
    deleted = await webhooks.create(admin, replace(plan, name="gone"))
    await webhooks.delete(admin, deleted.id)
    wrong = await post(receiving, hook, ADA, secret="whsec_" + "A" * 44)
    unknown = await post(receiving, NewWebhook("5f86b8d0-5964-420f-a409-2eb6b02e96a3", hook.secret), ADA)
    nonsense = await post(receiving, NewWebhook("'; DROP TABLE runs", hook.secret), ADA)
    gone = await post(receiving, deleted, ADA)
    assert wrong == unknown == nonsense == gone == Answer(401, {"error": "The signature does not fit."})
    assert world.one("SELECT count(*) FROM runs") == 0


async def test_what_does_not_fit_is_refused_with_what_is_wrong_and_noted(webhooks, receiving, admin, plan, world) -> None:
    hook = await webhooks.create(admin, plan)
    unfit = await post(receiving, hook, {"user": {}}, id="a")
    assert unfit.status == 422 and "/name" in unfit.body["problems"][0]
    broken = await post(receiving, hook, b'{"user": ', id="b")
    assert broken.status == 400 and "JSON" in broken.body["error"]
    await webhooks.enable(admin, hook.id, False)
    receiving.forget(hook.id)
    off = await post(receiving, hook, ADA, id="c")
    assert off.status == 409
    await asyncio.sleep(0.1)
    rows = await webhooks.deliveries(admin, hook.id)
    assert sorted((row.verdict, row.status_code) for row in rows) == [("refused", 400), ("refused", 409), ("refused", 422)]
    assert world.one("SELECT count(*) FROM runs") == 0


async def test_a_delivery_tells_its_size_and_how_long_it_took_whatever_became_of_it(webhooks, receiving, admin, plan, world) -> None:
    hook = await webhooks.create(admin, plan)
    for secret, body in ((hook.secret, ADA), (hook.secret, ADA), ("whsec_" + "A" * 44, ADA), (hook.secret, {"user": {"age": 36}})):
        raw = json.dumps(body).encode()
        headers = sign("timestamped", secret, raw, timestamp=int(time.time()), message_id=f"m-{len(raw)}")
        given = {name.lower(): value for name, value in headers.items()}
        await receiving.receive(hook.id, given, raw, begun_at=time.perf_counter() - 2)
    await eventually(lambda: world.one("SELECT count(*) FROM webhook_deliveries") == 4)
    rows = await webhooks.deliveries(admin, hook.id)
    sizes = sorted((row.verdict, row.status_code, row.body_bytes) for row in rows)
    large, small = len(json.dumps(ADA)), len(json.dumps({"user": {"age": 36}}))
    assert sizes == [("accepted", 202, large), ("duplicate", 202, large), ("refused", 401, large), ("refused", 422, small)]
    first, again = (next(row for row in rows if row.verdict == verdict) for verdict in ("accepted", "duplicate"))
    assert again.run_id == first.run_id is not None and again.run_status == "pending"
    assert all(2_000 <= row.took_ms < 4_000 for row in rows), [row.took_ms for row in rows]


async def test_a_webhook_that_changed_a_moment_ago_is_judged_anew(webhooks, receiving, admin, plan, world) -> None:
    """The listener still knows it as it was, and the statement that writes does not take its word."""
    hook = await webhooks.create(admin, plan)
    assert (await post(receiving, hook, ADA, id="1")).status == 202
    await webhooks.change(admin, hook.id, replace(plan, input_mapping={"name": "$.customer"}))
    answer = await post(receiving, hook, {"customer": "Bob", "user": {"name": "Ada"}}, id="2")
    assert world.run(answer.body["run_id"])["input"] == {"name": "Bob"}
    await webhooks.enable(admin, hook.id, False)
    assert (await post(receiving, hook, {"customer": "Bob"}, id="3")).status == 409
    await webhooks.delete(admin, hook.id)
    receiving.forget(hook.id)
    assert (await post(receiving, hook, {"customer": "Bob"}, id="4")).status == 401
    assert world.one("SELECT count(*) FROM runs") == 2


async def test_a_new_secret_and_the_one_before_are_both_taken_until_the_overlap_ends(webhooks, receiving, admin, plan, world) -> None:
    hook = await webhooks.create(admin, plan)
    again = await webhooks.rotate(admin, hook.id, overlap=timedelta(seconds=1.2))
    assert (await post(receiving, hook, ADA, id="old")).status == 202
    assert (await post(receiving, again, ADA, id="new")).status == 202
    await asyncio.sleep(1.4)
    assert (await post(receiving, hook, ADA, id="late")).status == 401
    assert (await post(receiving, again, ADA, id="fine")).status == 202
    third = await webhooks.rotate(admin, hook.id, overlap=timedelta())
    assert (await post(receiving, again, ADA, id="cut")).status in (401, 202)  # known for at most 5 s, or until the bell rings
    receiving.forget(hook.id)
    assert (await post(receiving, again, ADA, id="cut 2")).status == 401
    assert (await post(receiving, third, ADA, id="last")).status == 202


async def test_a_secret_without_overlap_makes_no_run_even_where_the_listener_still_knows_it(
    webhooks, receiving, admin, plan, world
) -> None:
    hook = await webhooks.create(admin, plan)
    assert (await post(receiving, hook, ADA, id="1")).status == 202
    await webhooks.rotate(admin, hook.id, overlap=timedelta())
    assert (await post(receiving, hook, ADA, id="2")).status == 401
    assert world.one("SELECT count(*) FROM runs") == 1


async def test_too_many_are_told_when_to_come_again(webhooks, receiving, admin, plan) -> None:
    hook = await webhooks.create(admin, replace(plan, rate_limit=12))
    answers = [await post(receiving, hook, ADA, id=f"{number}") for number in range(4)]
    assert [answer.status for answer in answers] == [202, 202, 429, 429]
    assert int(answers[-1].headers["Retry-After"]) in range(1, 6)


async def test_the_sender_may_wait_for_the_run_and_gets_what_it_chose(webhooks, receiving, admin, plan, world) -> None:
    hook = await webhooks.create(admin, replace(plan, respond_within_ms=5_000))
    asked = asyncio.create_task(post(receiving, hook, ADA))
    while not world.rows("SELECT id FROM runs"):
        await asyncio.sleep(0.02)
    run_id = str(world.one("SELECT id FROM runs"))
    output = {"respond": {"status": 201, "headers": {"X-Order": "7"}, "body": {"ok": True}}}
    world.rows("UPDATE runs SET status = 'completed', output = %s WHERE id = %s", json.dumps(output), run_id)
    receiving.hear(run_id)
    answer = await asked
    assert (answer.status, answer.body, answer.headers) == (201, {"ok": True}, {"X-Order": "7", "X-Run-Id": run_id})


async def test_a_run_that_takes_too_long_is_answered_at_the_deadline(webhooks, receiving, admin, plan) -> None:
    hook = await webhooks.create(admin, replace(plan, respond_within_ms=200))
    start = time.monotonic()
    answer = await post(receiving, hook, ADA)
    assert answer.status == 202 and 0.15 < time.monotonic() - start < 3


async def test_a_trial_of_a_mapping_keeps_nothing(webhooks, admin, plan, world) -> None:
    trial = await webhooks.try_mapping(admin, plan.workflow_id, {"name": "$.who", "n": "$.list[*]"}, {"list": [1, 2]})
    assert trial.input == {"name": None, "n": [1, 2]}
    assert len(trial.notes) == 1 and len(trial.problems) == 1
    assert world.one("SELECT count(*) FROM runs") == 0
