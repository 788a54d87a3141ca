"""Webhooks and their deliveries as people see them, and the reply that a run may choose."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from app.domain.deliveries import SignatureForm
from app.domain.errors import AppError
from app.domain.json_value import Json

DeliveryVerdict = Literal["accepted", "duplicate", "refused"]
DEFAULT_RATE_LIMIT = 60_000
"""Deliveries a minute that one listener takes of one webhook."""
LONGEST_REPLY_MS = 120_000
MOST_HEADERS = 20
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", re.ASCII)
_HEADER_VALUE = re.compile(r"[\x20-\x7e\xa0-\xff\t]{0,2000}")
_NOT_OURS_TO_SET = frozenset(
    {
        "connection",
        "content-length",
        "date",
        "keep-alive",
        "proxy-authenticate",
        "server",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


class WebhookNotFound(AppError):
    """There is no such webhook; it may have been deleted."""

    code = "webhook.not_found"


class WebhookInvalid(AppError):
    """The webhook cannot be kept like this."""

    code = "webhook.invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookPlan:
    """What a person decides about a webhook.

    `input_mapping` names run inputs and JSONPaths into the payload; None: the payload is the input. `respond_within_ms`: the sender
    gets the run's output if it ends by then; None: an answer at once. `rate_limit` is deliveries a minute; None: 60,000.
    """

    workflow_id: str
    name: str
    workflow_version: int = 0
    description: str = ""
    signature: SignatureForm = "timestamped"
    input_mapping: Mapping[str, str] | None = None
    respond_within_ms: int | None = None
    rate_limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRow:
    """A webhook in a list: never its secret. `previous_valid_until`: the secret before the last rotation is taken until then."""

    id: str
    plan: WebhookPlan
    workflow_name: str
    enabled: bool
    trigger_count: int
    last_triggered_at: datetime | None
    previous_valid_until: datetime | None
    created_by: str | None
    created_at: datetime
    updated_at: datetime
    last_payload: Json = None


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One thing that arrived. `headers` and `payload` only where the signature held; a large payload is not kept.

    `run_id` is the run that it made or, for a duplicate, that of the message's first arrival. `took_ms` counts from its first byte until
    its run was written, or it was refused. Both numbers are None where they were not kept.
    """

    id: str
    message_id: str | None
    received_at: datetime
    verdict: DeliveryVerdict
    status_code: int | None
    reason: str | None
    run_id: str | None
    run_status: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    payload: Json = None
    body_bytes: int | None = None
    took_ms: int | None = None


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """A webhook just made, or with a new secret, which is told here and never again."""

    id: str
    secret: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What a run answers the sender of the delivery that started it."""

    status: int
    headers: Mapping[str, str]
    body: Json


def reply_of(output: Json) -> Reply:
    """The answer that a completed run's output asks for: an object in `respond` with `status`, `headers` and `body`; else the output.

    What cannot be sent (a status that is none, a header that could split the answer) is left out.
    """
    respond = output.get("respond") if isinstance(output, dict) else None
    if not isinstance(respond, dict):
        return Reply(200, {}, output)
    status = respond.get("status")
    fits = isinstance(status, int) and not isinstance(status, bool) and 200 <= status <= 599 and status not in (204, 304)
    given = respond.get("headers")
    headers: dict[str, str] = {}
    for name, value in given.items() if isinstance(given, dict) else ():
        sendable = isinstance(value, str) and _HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value)
        if sendable and name.lower() not in _NOT_OURS_TO_SET and len(headers) < MOST_HEADERS:
            headers[name] = str(value)
    return Reply(int(status) if fits and isinstance(status, int) else 200, headers, respond.get("body"))
