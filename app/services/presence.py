"""Being there: a window that has a workflow open says so, sees who else has, and what they saved."""

from __future__ import annotations

from app.domain.access import Actor, Permission
from app.domain.errors import WorkflowNotFound
from app.domain.presence import Newer, Sight
from app.storage.unit_of_work import UnitsOfWork


class PresenceUseCases:
    def __init__(self, unit_of_work: UnitsOfWork) -> None:
        self._unit_of_work = unit_of_work

    async def look(self, actor: Actor, workflow_id: str, session_id: str, revision: int) -> Sight:
        """Say that this window is there; who else is, and the draft if it is newer than `revision`.

        Raises:
            WorkflowNotFound: it was deleted meanwhile.
        """
        async with self._unit_of_work(actor, Permission.WORKFLOW_VIEW) as uow:
            now = await uow.presence.revision(workflow_id)
            if now is None:
                raise WorkflowNotFound
            await uow.presence.beat(workflow_id, session_id)
            others = await uow.presence.others(workflow_id, session_id)
            if now == revision:
                return Sight(others)
            draft = await uow.workflows.get(workflow_id)
            saved_by, saved_at, is_mine = await uow.presence.last_save(workflow_id)
        return Sight(others, Newer(draft.definition, draft.revision, saved_by, saved_at, is_mine))

    async def leave(self, actor: Actor, workflow_id: str, session_id: str) -> None:
        """The window has closed it."""
        async with self._unit_of_work(actor, Permission.WORKFLOW_VIEW) as uow:
            await uow.presence.leave(workflow_id, session_id)
