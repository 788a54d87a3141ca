"""Use cases: one public coroutine is one permission and one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.services.access import AccessUseCases
    from app.services.credentials import CredentialUseCases
    from app.services.editing import EditingUseCases
    from app.services.finding import FindingUseCases
    from app.services.presence import PresenceUseCases
    from app.services.publishing import PublishingUseCases
    from app.services.records import RecordUseCases
    from app.services.runs import RunUseCases
    from app.services.schedules import ScheduleUseCases
    from app.services.session import SessionUseCases
    from app.services.webhooks import WebhookUseCases
    from app.services.workflows import WorkflowUseCases


@dataclass(frozen=True, slots=True)
class Services:
    """Everything the program can be asked to do. Each coroutine takes the actor first."""

    workflows: WorkflowUseCases
    editing: EditingUseCases
    presence: PresenceUseCases
    publishing: PublishingUseCases
    runs: RunUseCases
    credentials: CredentialUseCases
    access: AccessUseCases
    session: SessionUseCases
    records: RecordUseCases
    finding: FindingUseCases
    schedules: ScheduleUseCases
    webhooks: WebhookUseCases
