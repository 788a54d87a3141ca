"""The doorbell: NOTIFY says that something changed, with ids only; whoever hears it reads the rows."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Select, func, select

from app.domain.json_value import dumps

CHANNEL = "orchestrion"

BellKind = Literal["run", "cancel", "due", "answer", "workflow", "editing", "secret", "schedule", "webhook"]
"""run: a run or its journal changed. cancel: someone asked to cancel it. due: workers may find a run to claim. answer: someone
answered where a run paused. editing: someone opened or closed the workflow. The others: a row of that kind changed."""


def ring(tenant_id: str, kind: BellKind, id: str) -> Select[tuple[None]]:
    """The statement that rings when its transaction commits; equal rings of one transaction are one."""
    return select(func.pg_notify(CHANNEL, dumps({"t": tenant_id, "k": kind, "id": id})))
