"""The commands on webhooks. A secret is printed once, by what made it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli_output import instant, local, show, show_deleted, show_json, show_table, tell
from app.cli_session import UsageRefused, one_called, with_backend
from app.domain.errors import AppError
from app.domain.json_gate import receive
from app.domain.json_value import JsonRejected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.backend import Backend
    from app.domain.webhooks import DeliveryRow, NewWebhook, WebhookRow

webhooks = typer.Typer(help="Addresses that start runs when something is posted to them.", rich_markup_mode=None)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
NameOrId = Annotated[str, typer.Argument(help="A webhook's name or id.", metavar="NAME")]


class WebhookUnknown(AppError):
    """There is no webhook of this name; `orchestrion webhooks list` shows what there is."""

    code = "usage.webhook"


@webhooks.command("list")
def list_(as_json: AsJson = False) -> None:
    """Show the webhooks, never their secrets."""

    async def read(backend: Backend) -> tuple[str, list[WebhookRow]]:
        return await _base_url(backend), await backend.services.webhooks.list(backend.actor)

    base, rows = with_backend(read, quiet=as_json)
    if as_json:
        show_json([_document(row, base) for row in rows])
        return
    show_table(
        ["NAME", "WORKFLOW", "STATE", "RUNS", "LAST", "URL"],
        [
            (
                row.plan.name,
                row.workflow_name,
                "on" if row.enabled else "off",
                row.trigger_count,
                local(row.last_triggered_at),
                _url(base, row.id),
            )
            for row in rows
        ],
        when_empty="There is no webhook; `orchestrion webhooks create` makes one.",
    )


@webhooks.command("create")
def create(
    name: Annotated[str, typer.Argument(help="The webhook's name.", metavar="NAME")],
    workflow: Annotated[str, typer.Option(help="The workflow's name or id.", metavar="NAME")],
    mapping: Annotated[str | None, typer.Option(help='Run inputs and JSONPaths: {"email": "$.user.email"}.', metavar="JSON")] = None,
    signature: Annotated[str, typer.Option(help="timestamped or standard.", metavar="FORM")] = "timestamped",
    version: Annotated[int, typer.Option(help="A published version; 0 is the latest.", metavar="N")] = 0,
    respond_within: Annotated[int | None, typer.Option(help="Answer with the run's output if it ends by then.", metavar="MS")] = None,
    rate_limit: Annotated[int | None, typer.Option(help="Deliveries a minute.", metavar="N")] = None,
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    disabled: Annotated[bool, typer.Option("--disabled", help="Make it, but take nothing yet.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a webhook, and print its address and secret, which nothing prints again."""
    paths = _mapping(mapping)

    async def make(backend: Backend) -> tuple[str, NewWebhook]:
        from app.domain.webhooks import WebhookPlan

        services, actor = backend.services, backend.actor
        plan = WebhookPlan(
            workflow_id=await services.workflows.find(actor, workflow),
            name=name,
            workflow_version=version,
            description=description,
            signature=signature,  # type: ignore[arg-type]  # the use case checks it
            input_mapping=paths,
            respond_within_ms=respond_within,
            rate_limit=rate_limit,
        )
        return await _base_url(backend), await services.webhooks.create(actor, plan, enabled=not disabled)

    base, made = with_backend(make, quiet=as_json)
    _tell_secret(made, base, as_json=as_json)


@webhooks.command("rotate")
def rotate(
    webhook: NameOrId,
    overlap: Annotated[float, typer.Option(min=0, help="Take the old secret so much longer.", metavar="HOURS")] = 24.0,
    as_json: AsJson = False,
) -> None:
    """Give it a new secret, and print that once."""

    async def act(backend: Backend) -> tuple[str, NewWebhook]:
        row = await _found(backend, webhook)
        made = await backend.services.webhooks.rotate(backend.actor, row.id, overlap=timedelta(hours=overlap))
        return await _base_url(backend), made

    base, made = with_backend(act, quiet=as_json)
    _tell_secret(made, base, as_json=as_json)


@webhooks.command("enable")
def enable(webhook: NameOrId, as_json: AsJson = False) -> None:
    """Take deliveries."""
    _switch(webhook, on=True, as_json=as_json)


@webhooks.command("disable")
def disable(webhook: NameOrId, as_json: AsJson = False) -> None:
    """Refuse deliveries from now on."""
    _switch(webhook, on=False, as_json=as_json)


@webhooks.command("delete")
def delete(webhook: NameOrId, as_json: AsJson = False) -> None:
    """Remove a webhook; its runs and deliveries stay."""

    async def act(backend: Backend) -> WebhookRow:
        row = await _found(backend, webhook)
        await backend.services.webhooks.delete(backend.actor, row.id)
        return row

    row = with_backend(act, quiet=as_json)
    show_deleted(row.id, row.plan.name, as_json=as_json)


@webhooks.command("deliveries")
def deliveries(
    webhook: NameOrId,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.", metavar="N")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show what arrived, newest first."""

    async def read(backend: Backend) -> list[DeliveryRow]:
        row = await _found(backend, webhook)
        return list(await backend.services.webhooks.deliveries(backend.actor, row.id, limit=limit))

    rows = with_backend(read, quiet=as_json)
    if as_json:
        show_json(
            [
                {
                    "id": row.id,
                    "message_id": row.message_id,
                    "received_at": instant(row.received_at),
                    "verdict": row.verdict,
                    "status_code": row.status_code,
                    "reason": row.reason,
                    "run_id": row.run_id,
                    "run_status": row.run_status,
                    "body_bytes": row.body_bytes,
                    "took_ms": row.took_ms,
                }
                for row in rows
            ]
        )
        return
    show_table(
        ["TIME", "VERDICT", "ANSWER", "BYTES", "TOOK", "RUN", "STATUS", "MESSAGE", "REASON"],
        [
            (
                local(row.received_at),
                row.verdict,
                row.status_code,
                row.body_bytes,
                None if row.took_ms is None else f"{row.took_ms} ms",
                row.run_id,
                row.run_status,
                row.message_id,
                row.reason,
            )
            for row in rows
        ],
        when_empty="Nothing has arrived yet.",
    )


def _switch(webhook: str, *, on: bool, as_json: bool) -> None:
    async def act(backend: Backend) -> tuple[str, WebhookRow]:
        row = await _found(backend, webhook)
        await backend.services.webhooks.enable(backend.actor, row.id, on)
        return await _base_url(backend), await backend.services.webhooks.get(backend.actor, row.id)

    base, row = with_backend(act, quiet=as_json)
    if as_json:
        show_json(_document(row, base))
    else:
        show(f"“{row.plan.name}” is {'on' if row.enabled else 'off'}.")


async def _found(backend: Backend, name_or_id: str) -> WebhookRow:
    row = one_called(await backend.services.webhooks.list(backend.actor, limit=100_000), name_or_id, what="webhooks")
    if row is None:
        raise WebhookUnknown
    return row


async def _base_url(backend: Backend) -> str:
    """Where a listener is reached just now, else where one would be."""
    listeners = await backend.services.webhooks.listeners(backend.actor)
    if listeners:
        return listeners[0]
    from app.runtime.listen_address import parse_address

    return parse_address(backend.settings.listen, public_url=backend.settings.public_url).base_url


def _url(base: str, webhook_id: str) -> str:
    return f"{base}/webhooks/{webhook_id}"


def _document(row: WebhookRow, base: str) -> dict[str, Any]:
    plan = row.plan
    return {
        "id": row.id,
        "name": plan.name,
        "url": _url(base, row.id),
        "workflow_id": plan.workflow_id,
        "workflow": row.workflow_name,
        "workflow_version": plan.workflow_version,
        "description": plan.description,
        "enabled": row.enabled,
        "signature": plan.signature,
        "input_mapping": plan.input_mapping,
        "respond_within_ms": plan.respond_within_ms,
        "rate_limit": plan.rate_limit,
        "trigger_count": row.trigger_count,
        "last_triggered_at": instant(row.last_triggered_at),
        "previous_valid_until": instant(row.previous_valid_until),
    }


def _tell_secret(made: NewWebhook, base: str, *, as_json: bool) -> None:
    url = _url(base, made.id)
    if as_json:
        show_json({"id": made.id, "url": url, "secret": made.secret})
        return
    show(f"id      {made.id}")
    show(f"url     {url}")
    show(f"secret  {made.secret}")
    tell("Keep the secret now: it is not shown again.")


def _mapping(text: str | None) -> Mapping[str, str] | None:
    from app.domain.deliveries import check_mapping

    if text is None:
        return None
    try:
        value, _ = receive(text, duplicate_keys="refuse")
    except JsonRejected as error:
        raise UsageRefused(f"--mapping cannot be taken as JSON: {error}") from None
    return check_mapping(value)
