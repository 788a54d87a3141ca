"""Schedules and webhooks while processes are killed: each tick fires once, and what was answered with 2xx is there."""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from app import backend_triggers
from app.domain.access import DEFAULT_TENANT_ID
from app.domain.deliveries import sign
from app.domain.json_schema import SchemaChecker
from app.domain.webhooks import NewWebhook, WebhookPlan
from app.platform.keys import load_master_key
from app.platform.settings import load_settings
from app.platform.vault import Vault
from app.services.access import AccessUseCases
from app.services.credentials import VaultDoor
from app.services.webhooks import WebhookUseCases
from app.storage.database import Database
from app.storage.link import no_failpoint
from app.storage.notifications import Bell
from app.storage.unit_of_work import UnitsOfWork
from tests.e2e.durability.ground import Ground
from tests.e2e.durability.nursery import Child, Nursery
from tests.engine.workflows import step, workflow

pytestmark = pytest.mark.skipif(os.name != "posix", reason="processes are forked and killed")

WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Scale:
    schedules: int
    kills: int
    daemons: int = 3


FAST = pytest.param(Scale(1_000, 10), id="fast")
SOAK = pytest.param(Scale(10_000, 60), id="soak", marks=[pytest.mark.soak, pytest.mark.timeout(600)])


def one_step() -> dict:
    return workflow(step("only", output="{{ $ }}"), name="Ticked")


@pytest.mark.parametrize("scale", [FAST, SOAK])
async def test_schedules_due_at_once_fire_once_while_daemons_are_killed(
    scale: Scale, record_property: Callable[[str, object], None], tmp_path: Path
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    with Ground() as ground:
        ground.publish([one_step()])
        async with Nursery(tmp_path / "log") as nursery:

            async def fork() -> Child:
                given = {"DATA_DIR": str(ground.directory), "DATABASE_URL": ground.url, "WORKER_CONCURRENCY": "20"}
                return await nursery.fork(environment={f"ORCHESTRION_{name}": value for name, value in given.items()})

            daemons = [await fork() for _ in range(scale.daemons)]
            await asyncio.sleep(1.5)
            ground.ask(
                "INSERT INTO schedules (tenant_id, workflow_id, name, cron_expression, next_run_at)"
                " SELECT %s, %s, 'n' || n, '0 0 1 1 *', date_trunc('second', clock_timestamp()) + interval '3 seconds'"
                " FROM generate_series(1, %s) AS n",
                [DEFAULT_TENANT_ID, ground.workflows["Ticked"], scale.schedules],
            )
            ((until,),) = ground.ask("SELECT extract(epoch FROM min(next_run_at) - clock_timestamp())::float8 FROM schedules")
            await asyncio.sleep(max(0.0, until))
            for _ in range(scale.kills):
                await asyncio.sleep(dice.uniform(0.0, 0.15))
                victim = dice.choice(daemons)
                await victim.kill()
                daemons[daemons.index(victim)] = await fork()
            await _all_made(ground, scale.schedules)
            await asyncio.sleep(1.0)
            twice, runs, ticks, counted, late_s = ground.ask(
                "SELECT (SELECT count(*) FROM (SELECT schedule_id FROM runs GROUP BY schedule_id HAVING count(*) > 1) AS d),"
                " (SELECT count(*) FROM runs WHERE schedule_id IS NOT NULL),"
                " (SELECT count(*) FROM schedule_ticks WHERE outcome = 'run'),"
                " (SELECT count(*) FROM schedules WHERE run_count = 1 AND last_run_id IS NOT NULL AND next_run_at > now()),"
                " (SELECT extract(epoch FROM max(created_at) - min(scheduled_for))::float8 FROM runs)"
            )[0]
            figures = f"{scale.schedules:,} due at once, {scale.daemons} daemons, {scale.kills} kills, seed {seed}: {runs:,} runs, {twice} twice, {scale.schedules - runs} lost, the last made {late_s:.1f} s after its time"
            record_property("figures", f"schedules: {figures}")
            print(figures)
            assert (twice, runs, ticks, counted) == (0, scale.schedules, scale.schedules, scale.schedules)
            assert late_s <= WITHIN_S


async def _all_made(ground: Ground, number: int) -> None:
    until = time.monotonic() + 60
    while ground.ask("SELECT count(*) FROM runs WHERE schedule_id IS NOT NULL") != [(number,)]:
        assert time.monotonic() < until, "ticks were lost"
        await asyncio.sleep(0.1)


class Hook:
    """A webhook on a ground, and a sender that counts what it was promised."""

    def __init__(self, made: NewWebhook, port: int) -> None:
        self.made, self.port = made, port
        self.promised: dict[str, str] = {}
        self.sent = 0

    async def keep_posting(self) -> None:
        while True:
            try:
                await self._post_on_one_connection()
            except (OSError, asyncio.IncompleteReadError, TimeoutError):
                await asyncio.sleep(0.005)

    async def _post_on_one_connection(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            while True:
                message_id, body = str(uuid4()), json.dumps({"n": self.sent}).encode()
                self.sent += 1
                signed = sign("timestamped", self.made.secret, body, timestamp=int(time.time()), message_id=message_id)
                lines = "".join(f"{name}: {value}\r\n" for name, value in signed.items())
                head = f"POST /webhooks/{self.made.id} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n{lines}\r\n"
                writer.write(head.encode() + body)
                async with asyncio.timeout(5):
                    answer = (await reader.readuntil(b"\r\n\r\n")).decode()
                    length = next(int(line[15:]) for line in answer.split("\r\n") if line.lower().startswith("content-length:"))
                    given = json.loads(await reader.readexactly(length))
                if answer.startswith("HTTP/1.1 2"):
                    self.promised[message_id] = given["run_id"]
        finally:
            writer.close()


def free_port(dice: random.Random) -> int:
    """Below the range that connections are made from: a sender that finds nobody there must not connect to itself."""
    while True:
        port = dice.randint(20_000, 30_000)
        with socket.socket() as free:
            try:
                free.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


async def webhook_on(ground: Ground) -> NewWebhook:
    settings = load_settings(data_dir=ground.directory, database_url=ground.url)
    database = Database(ground.url)
    await database.connect()
    unit_of_work = UnitsOfWork(database)
    admin = await AccessUseCases(unit_of_work).local_actor()
    door = VaultDoor(lambda: Vault(load_master_key(settings)[0]))
    made = await WebhookUseCases(unit_of_work, SchemaChecker(), door).create(
        admin, WebhookPlan(workflow_id=ground.workflows["Ticked"], name="Hook", rate_limit=1_000_000)
    )
    await database.dispose()
    return made


@pytest.mark.parametrize(
    "kills", [pytest.param(12, id="fast"), pytest.param(500, id="soak", marks=[pytest.mark.soak, pytest.mark.timeout(1800)])]
)
async def test_what_was_answered_with_2xx_is_there_whenever_the_listener_dies(
    kills: int, record_property: Callable[[str, object], None], tmp_path: Path
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    with Ground() as ground:
        ground.publish([one_step()])
        ground.ask("UPDATE tenants SET settings = settings || '{\"max_concurrent_runs\": 2}'")
        port = free_port(dice)
        hook = Hook(await webhook_on(ground), port)
        senders = [asyncio.create_task(hook.keep_posting()) for _ in range(4)]
        async with Nursery(tmp_path / "log") as nursery:
            for kill in range(kills):
                place = ("", "deliver.before_commit", "deliver.after_commit")[kill % 3]
                given = {"DATA_DIR": str(ground.directory), "DATABASE_URL": ground.url, "LISTEN": f"127.0.0.1:{port}"}
                given["FAILPOINT"] = f"{place}:{dice.randint(1, 20)}:kill" if place else ""
                child = await nursery.fork(environment={f"ORCHESTRION_{name}": value for name, value in given.items()})
                if place:
                    await asyncio.wait_for(child.ended, 20)
                else:
                    await asyncio.sleep(dice.uniform(0.3, 0.7))
                    await child.kill()
        for sender in senders:
            sender.cancel()
        await asyncio.gather(*senders, return_exceptions=True)
        kept = {key: str(run_id) for key, run_id in ground.ask("SELECT idempotency_key, id FROM runs WHERE webhook_id IS NOT NULL")}
        lost = [message_id for message_id, run_id in hook.promised.items() if kept.get(message_id) != run_id]
        figures = f"{kills} kills of the listener, seed {seed}: {hook.sent:,} sent, {len(hook.promised):,} answered with 2xx, {len(lost)} of them lost"
        record_property("figures", f"webhooks: {figures}")
        print(figures)
        assert len(hook.promised) >= kills
        assert lost == []


async def test_a_database_that_dies_while_they_start_is_waited_for_by_schedules_and_webhooks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend_triggers, "AGAIN_S", 0.5)
    with Ground() as ground:
        ground.publish([one_step()])
        database = Database(ground.url)
        await database.connect()
        units = UnitsOfWork(database)
        door = VaultDoor(lambda: Vault(bytes(32)))
        actor = await AccessUseCases(units).local_actor()
        webhooks = WebhookUseCases(units, SchemaChecker(), door)
        await webhooks.create(actor, WebhookPlan(workflow_id=ground.workflows["Ticked"], name="orders"))
        ground.ask(
            "INSERT INTO schedules (tenant_id, workflow_id, name, cron_expression, timezone, next_run_at)"
            " SELECT tenant_id, id, 'due', '0 0 1 1 *', 'UTC', now() FROM workflows WHERE name = 'Ticked' RETURNING 1"
        )
        await asyncio.to_thread(ground.server.kill)
        async with asyncio.timeout(60):
            room = await backend_triggers.TriggerRoom.open(
                ground.url, Bell(ground.url), listen="127.0.0.1:0", public_url=None, listens="when_needed",
                webhooks=webhooks, actor=actor, schemas=SchemaChecker(), door=door, failpoint=no_failpoint,
            )  # fmt: skip
            assert not room.state.is_listening
            await asyncio.to_thread(ground.server.start)
            while ground.ask("SELECT count(*) FROM runs WHERE schedule_id IS NOT NULL") != [(1,)] or not room.state.is_listening:
                await asyncio.sleep(0.05)
            await room.close()
        await database.dispose()
